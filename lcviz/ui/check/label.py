"""Label the points of a check, one after another, by keyboard."""

import zlib
from collections.abc import Sequence
from html import escape
from time import monotonic
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from lcviz.assessment.folder import Check
from lcviz.assessment.journal import RESOLUTION, Entry
from lcviz.assessment.surroundings import KINDS, SIDE, surroundings
from lcviz.legends import Scheme
from lcviz.study import Study
from lcviz.ui.check.checks import go_to, is_shared
from lcviz.ui.check.examples import show_examples
from lcviz.ui.choices import pressed
from lcviz.ui.scale_pictures import picture_figure
from lcviz.ui.states import artefact_states, as_markdown

KEYS: Final = "1234567890QWETYOPADFGHJKLVBNM"
"""One a class, in the legend's order; U, S and Z do other things, C and R are Streamlit's."""
AT_FIRST_S: Final = 0.25
"""So soon after a point appears nobody has looked at it: the key was meant for the one before."""
_NEAR: Final = 21
_PICTURE: Final = 384
_SHOWN: Final = "check-shown"
MODES: Final = {
    "all": "I label every point",
    "share": "We share the points",
    "settle": "Settle disagreements",
}


@st.fragment
def label_points(study: Study, check: Check) -> None:
    """Show the next point and take its label; each is on the disk before the next is shown."""
    with artefact_states():
        table = _sample(check)
        scheme = check.scheme(check.record.label_scheme)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            person = _who()
            mode = _mode(check)
        if not person:
            st.caption("Each label is kept with the name of who gave it.")
            return
        entries = check.journal.entries()
        waiting = _waiting(check, table, entries, person, mode)
        _show_progress(table, entries, waiting, person, mode)
        if not waiting:
            _all_done(check, mode, len(table))
            return
        point = waiting[0]
        row = table[table.sample_id == point].iloc[0]
        _show_surroundings(check, int(table.index[table.sample_id == point][0]), row)
        if mode == "settle":
            said = [f"{e.labeller}: {e.label}" for e in entries if e.sample_id == point]
            st.markdown(as_markdown("They said: " + "; ".join(said)))
        _show_buttons(check, scheme, point, RESOLUTION if mode == "settle" else person, entries)
        show_examples(study, scheme)


def _sample(check: Check) -> pd.DataFrame:
    """The points, read once a session: they are written once."""
    known = st.session_state.get("check-sample")
    if isinstance(known, tuple) and known[0] == str(check.folder):
        table: pd.DataFrame = known[1]
        return table
    table = check.sample().table
    st.session_state["check-sample"] = (str(check.folder), table)
    return table


def _who() -> str:
    known = st.session_state.get("check-labeller", "")
    name = st.text_input("Your name or initials", known, key="check-who", width=240, max_chars=40)
    st.session_state["check-labeller"] = name.strip()
    return "" if name.strip() == RESOLUTION else name.strip()


def _mode(check: Check) -> str:
    if not is_shared(check):
        return "all"
    return str(
        st.segmented_control(
            "Who labels what?",
            list(MODES),
            format_func=lambda mode: MODES[mode],
            default="share",
            required=True,
            key="check-mode",
            help="Points that several people label show how far they agree.",
        )
    )


def _waiting(
    check: Check, table: pd.DataFrame, entries: Sequence[Entry], person: str, mode: str
) -> list[int]:
    """Points still to be labelled, in the sample's random order; skipped ones last."""
    if mode == "settle":
        labels = check.journal.labels()
        open_ = set(labels.sample_id[labels.disagree.astype(bool)])
    else:
        mine = {e.sample_id for e in entries if mode == "share" or e.labeller == person}
        open_ = set(table.sample_id) - mine
    order = [int(i) for i in table.sample_id if i in open_]
    if mode == "share" and order:
        # Everybody begins elsewhere, so that two people seldom look at the same point.
        start = zlib.crc32(person.encode()) % len(table)
        first = set(table.sample_id.iloc[start:])
        order.sort(key=lambda i: i not in first)
    skipped = st.session_state.setdefault(f"skipped-{check.name}", {})
    return sorted(order, key=lambda i: skipped.get(i, 0))


def _show_progress(
    table: pd.DataFrame, entries: Sequence[Entry], waiting: list[int], person: str, mode: str
) -> None:
    if mode == "settle":
        st.html(f'<div class="lcviz-progress">{len(waiting)} points to settle</div>')
        return
    done, total = len(table) - len(waiting), len(table)
    whose = "by all" if mode == "share" else f"by {escape(person)}"
    st.html(
        f'<div class="lcviz-progress"><span><i style="width:{100 * done / total:.1f}%"></i></span>'
        f"{done} of {total} points labelled {whose}</div>"
    )


def _all_done(check: Check, mode: str, total: int) -> None:
    if mode == "settle":
        st.success("Nobody disagrees on any point.", icon=":material/check_circle:")
    else:
        st.success(f"All {total} points are labelled.", icon=":material/check_circle:")
    if pressed(
        "See what the map is worth",
        key="check-to-know",
        type="primary",
        icon=":material/query_stats:",
    ):
        go_to(check.name, "know")
        st.rerun()


def _show_surroundings(check: Check, index: int, row: pd.Series) -> None:
    pictures = surroundings(check.surroundings, index)
    if pictures is None:
        st.info(
            "No image was at hand when the sample was drawn: label outside, below, or draw again "
            "with one.",
            icon=":material/hide_image:",
        )
    else:
        figures = []
        for side, where in ((_NEAR, "near"), (SIDE, "around")):
            cut = (SIDE - side) // 2
            for kind, picture in zip(KINDS, pictures, strict=True):
                part = picture[cut : cut + side, cut : cut + side]
                note = f"{side} x {side} pixels of the image"
                drawn = outlined(part, check.record.pixel)
                figures.append(picture_figure(drawn, f"{kind}, {where}", note))
        st.html(f'<div class="lcviz-pictures lcviz-surroundings">{"".join(figures)}</div>')
    st.caption(
        f"The outlined square is the pixel that you label: what covers most of it? Point "
        f"{row.sample_id}, longitude {row.longitude:.5f}°, latitude {row.latitude:.5f}°."
    )


def outlined(picture: npt.NDArray[np.uint8], side: float) -> npt.NDArray[np.uint8]:
    """A picture made larger, with a frame around its middle.

    Args:
        picture: (n, n, 3), n odd.
        side: of the frame, in pixels of the picture.

    Returns:
        (m, m, 3) uint8, m near 384: white frame, dark outside, to be seen on any ground.
    """
    times = max(1, _PICTURE // len(picture))
    large = picture.repeat(times, axis=0).repeat(times, axis=1)
    half = max(side * times / 2, 3)
    low = max(round(len(large) / 2 - half) - 1, 2)
    high = len(large) - low
    for width, colour in ((2, 20), (1, 255)):
        a, b = low - width, high + width
        for frame in (large[a:low, a:b], large[high:b, a:b], large[a:b, a:low], large[a:b, high:b]):
            frame[:] = colour
    return large


def _show_buttons(
    check: Check, scheme: Scheme, point: int, person: str, entries: Sequence[Entry]
) -> None:
    unsure = bool(st.session_state.get("check-unsure"))
    note = st.session_state.get(f"check-note-{point}", "")
    if st.session_state.get(_SHOWN, (None,))[0] != (check.name, point):
        st.session_state[_SHOWN] = ((check.name, point), monotonic())
    with st.container(horizontal=True, key="check-classes"):
        for shortcut, (code, each) in zip(KEYS, scheme.classes.items(), strict=False):
            st.button(
                each.name,
                key=f"check-class-{code}",
                shortcut=shortcut,
                on_click=_label,
                args=(check, Entry(point, person, each.name, not unsure, note)),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Unsure" if not unsure else "Unsure: on, press again to take it back",
            key="check-unsure-button",
            shortcut="U",
            icon=":material/help:",
            type="primary" if unsure else "secondary",
            on_click=_toggle_unsure,
            help="Marks the next label as unsure. It counts; a report can leave it out.",
        )
        st.button(
            "Skip",
            key="check-skip",
            shortcut="S",
            icon=":material/skip_next:",
            on_click=_skip,
            args=(check, point),
            help="It comes again at the end.",
        )
        mine = [e for e in entries if e.labeller == person]
        st.button(
            "Undo",
            key="check-undo",
            shortcut="Z",
            icon=":material/undo:",
            disabled=not mine,
            on_click=_undo,
            args=(check, mine[-1] if mine else None),
        )
        st.text_input("Note", key=f"check-note-{point}", width=280)


def _label(check: Check, entry: Entry) -> None:
    if monotonic() - st.session_state[_SHOWN][1] < AT_FIRST_S:
        return
    with artefact_states():
        check.journal.write(entry)
        st.session_state["check-unsure"] = False


def _toggle_unsure() -> None:
    st.session_state["check-unsure"] = not st.session_state.get("check-unsure")


def _skip(check: Check, point: int) -> None:
    skipped = st.session_state.setdefault(f"skipped-{check.name}", {})
    skipped[point] = max(0, *skipped.values()) + 1 if skipped else 1


def _undo(check: Check, last: Entry | None) -> None:
    if last is not None:
        with artefact_states():
            check.journal.write(Entry(last.sample_id, last.labeller, None))
            st.session_state.setdefault(f"skipped-{check.name}", {})[last.sample_id] = -1

"""What a raster is taken for, and the questions that settle it."""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz.errors import RasterError
from lcviz.rasters import guard
from lcviz.rasters.guard import Finding
from lcviz.rasters.layouts import BY_KEY
from lcviz.rasters.maps import SIDE
from lcviz.rasters.preview import preview
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.rasters.subject import RasterSubject
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.pictures import picture_tag
from lcviz.ui.states import as_markdown

Answers = dict[str, str]
"""Topic of a question of the guard -> key of the answer."""

_LOOK: Final = "raster-look"
_ANSWERS: Final = "raster-answers"


def forget_look() -> None:
    """Let go of what was seen of the last raster."""
    st.session_state.pop(_LOOK, None)


def stamp_of(path: Path) -> str:
    """Changes when the file does."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ""  # told by `open_raster`
    return f"{status.st_mtime_ns}-{status.st_size}"


@dataclass(frozen=True, eq=False)
class _Look:
    """What was seen of a file."""

    key: str
    subject: RasterSubject


def look_at(
    path: Path, folder: Path | None, notes: tuple[str, ...], row: DeltaGenerator
) -> RasterSubject | None:
    """Say what a raster is taken for, and ask if that is unsure; None until that is settled.

    Args:
        path: of the raster.
        folder: it must lie in it.
        notes: what was done to make it.
        row: beside whose widgets it folds, once the raster has been asked about.

    Raises:
        RasterError: it cannot be used.
    """
    answers = _answers(stamp_of(path))
    try:
        subject = _seen(path, folder, answers)
    except RasterError:
        if answers:
            st.button(
                "Ask again",
                icon=":material/undo:",
                on_click=_forget_answers,
                args=(stamp_of(path),),
            )
        raise
    finding = subject.finding
    if finding.certain and session_files().knows(subject.key):
        warned = len(finding.warnings)
        label = "How it was read" + (f" ({warned} to be known)" if warned else "")
        with row, st.popover(label, icon=":material/image_search:"):
            _tell_look(subject, notes, answers)
    else:
        _tell_look(subject, notes, answers)
    if finding.certain:
        return subject
    _ask(finding, answers, subject.stamp)
    return None


def _tell_look(subject: RasterSubject, notes: tuple[str, ...], answers: Answers) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="small", key="raster-read-as"):
        picture = picture_tag(_thumbnail(subject.stretched), "The image", lossless=False)
        st.html(f'<div class="lcviz-thumbnail">{picture}</div>', width="content")
        with st.container(gap="small", width="stretch"):
            st.markdown(f"**Taken for:** {as_markdown(subject.finding.statement)}")
            st.caption(as_markdown(" ".join((f"{subject.about}.", *notes))))
            if answers:
                said = "; ".join(_said(topic, answers[topic]) for topic in answers)
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.caption(f"You said: {as_markdown(said)}", width="content")
                    st.button(
                        "Ask again",
                        icon=":material/undo:",
                        type="tertiary",
                        on_click=_forget_answers,
                        args=(subject.stamp,),
                    )
    for warning in subject.finding.warnings:
        st.warning(as_markdown(warning), icon=":material/warning:")


def _thumbnail(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Every n-th pixel of a picture, for a width of 96 on a sharp screen."""
    step = max(1, max(picture.shape[:2]) // 256)
    return np.ascontiguousarray(picture[::step, ::step])


def _ask(finding: Finding, answers: Answers, stamp: str) -> None:
    """Ask one thing; the answer is kept and the page drawn anew."""
    labels = {choice.key: choice.label for choice in finding.questions}
    answer = st.radio(
        as_markdown(f"It cannot be told for certain. {finding.question}"),
        list(labels),
        index=None,
        format_func=lambda key: as_markdown(labels[key]),
        key=f"ask-{finding.topic}-{stamp}",
    )
    if finding.topic == "order":
        other = st.text_input(
            "Or name the bands in their order, - for what is none",
            placeholder="B2, B3, B4, B8, B5, B6, B7, B8A, B11, B12",
            key=f"name-{finding.topic}-{stamp}",
        )
        answer = other.strip() or answer
    if answer is None:
        st.caption("Nothing is predicted before this is answered.")
        return
    answers[finding.topic] = answer
    st.rerun()


def _said(topic: str, answer: str) -> str:
    layout = BY_KEY.get(answer)
    if topic == "order" and layout:
        return layout.statement
    return f"{topic} {answer}"


def _answers(stamp: str) -> Answers:
    """What was answered about a file, kept for the session."""
    kept: dict[str, Answers] = st.session_state.setdefault(_ANSWERS, {})
    return kept.setdefault(stamp, {})


def _forget_answers(stamp: str) -> None:
    st.session_state.get(_ANSWERS, {}).pop(stamp, None)
    for key in [k for k in st.session_state if str(k).startswith(("ask-", "name-"))]:
        if str(key).endswith(stamp):
            del st.session_state[key]


def _seen(path: Path, folder: Path | None, answers: Answers) -> RasterSubject:
    """Look at a file once for each answer: names, tags, values, and a small picture."""
    stamp = stamp_of(path)
    key = f"{path} {stamp} {sorted(answers.items())}"
    look = st.session_state.get(_LOOK)
    if isinstance(look, _Look) and look.key == key:
        return look.subject
    with open_raster(path, folder) as raster:
        finding = guard.inspect(raster, answers)
        bar = st.empty()
        seen = preview(
            raster,
            finding.units,
            SIDE,
            lambda fraction: _tell(bar, fraction) if raster.height > 4 * SIDE else None,
        )
        bar.empty()
        subject = RasterSubject(
            path=raster.path,
            folder=folder,
            stamp=stamp,
            geobox=raster.geobox,
            finding=finding,
            picture=seen.picture,
            stretched=seen.stretched,
            about=_about(raster),
            units=finding.units,
        )
    st.session_state[_LOOK] = _Look(key, subject)
    return subject


def _tell(bar: DeltaGenerator, fraction: float) -> None:
    bar.progress(fraction, "Reading a preview ...")


def _about(raster: InputRaster) -> str:
    parts = [
        f"{raster.height:,} x {raster.width:,} pixels",
        f"{raster.count} bands, {raster.dtype}",
    ]
    area = raster.pixel_area_m2
    if area is not None:
        total = area * raster.height * raster.width / 1e6
        parts += [f"pixel of {sqrt(area):.3g} m", f"{total:,.{1 if total < 100 else 0}f} km²"]
    if raster.geobox.crs is not None:
        code = raster.geobox.crs.to_epsg()
        parts.append(f"EPSG:{code}" if code else "a CRS of its own")
    return " · ".join(parts)

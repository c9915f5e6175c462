"""What the labels say of the map."""

import hashlib
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from lcviz import __version__
from lcviz.assessment import findings, report
from lcviz.assessment.findings import Findings
from lcviz.assessment.folder import Check
from lcviz.assessment.report import class_numbers, class_table, figures, map_table
from lcviz.assessment.words import (
    assisted_sentence,
    difference_sentence,
    interim_sentence,
    overall_sentence,
    promise_sentence,
)
from lcviz.figures.interval_dots import interval_dots, size_of
from lcviz.study import Study
from lcviz.study.check_records import keep_check
from lcviz.ui.charts import show_downloads
from lcviz.ui.choices import pressed
from lcviz.ui.states import artefact_states, as_markdown


def show_findings(study: Study, check: Check) -> None:
    """The answer in one sentence, then the evidence.

    Raises:
        LcvizError: no label can be used, or a file of the check is damaged.
    """
    if not check.journal.entries():
        st.info("No point has a label yet.", icon=":material/hourglass_empty:")
        return
    found = _found(check, _stamp(check.journal.file))
    first = check.record.drawn_for
    main = found.maps[first]
    st.markdown(f"#### {overall_sentence(main)}")
    if main.interim:
        st.warning(interim_sentence(main), icon=":material/hourglass_bottom:")
    promise = check.record.maps[first].promise
    if promise is not None and main.assessment is not None:
        st.markdown(promise_sentence(promise, main.assessment.overall))
    if found.assisted is not None:
        st.markdown(assisted_sentence(found.assisted))
    if main.assessment is None:
        return
    ink = "#E7ECE8" if st.context.theme.type == "dark" else "#1B2420"
    for figure in figures(main):
        dots, title, mark = figure
        width, height = size_of(dots, mark)
        # As a picture: Streamlit takes SVG out of HTML.
        svg = b64encode(interval_dots(*figure, ink).encode()).decode()
        st.html(
            f'<img class="lcviz-intervals" width="{width}" height="{height}" '
            f'alt="{escape(title)} by class, with intervals" '
            f'src="data:image/svg+xml;base64,{svg}">'
        )
    table = class_table(main)
    st.dataframe(table, hide_index=True, width="stretch")
    numbers = class_numbers(main)
    name = f"{check.record.drawn_for}-accuracy"
    show_downloads(numbers, name, "Accuracies and areas by class.", table)
    said = (
        "User's accuracy: share of what is mapped as a class that is it. Producer's: share of a "
        "class on the ground that is mapped as it. Area: of the class on the ground, the map's "
        "errors taken out. Intervals hold 95%."
    )
    if main.hectares is None:
        said += " The map does not say how much ground its pixels cover: shares are of pixels."
    st.caption(said)
    _show_maps(check, found)
    _show_agreement(found)
    for remark in main.remarks:
        st.caption(as_markdown(remark))
    _hand_over(study, check, found)


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _found(check: Check, stamp: tuple[int, int]) -> Findings:
    """Computed once for the labels as they are."""
    key = (str(check.folder), stamp, check.record.label_scheme)
    known = st.session_state.get("check-findings")
    if isinstance(known, tuple) and known[0] == key:
        kept: Findings = known[1]
        return kept
    with st.spinner("Comparing the maps with the labels ..."):
        scheme = check.scheme(check.record.label_scheme)
        found = findings.find(check, check.labelled(), "label", scheme)
    st.session_state["check-findings"] = (key, found)
    return found


def _show_maps(check: Check, found: Findings) -> None:
    if len(found.maps) < 2:
        return
    st.subheader("All maps on the same points", anchor=False)
    st.dataframe(map_table(check, found), hide_index=True, width="content")
    first = check.record.maps[check.record.drawn_for].title
    for name, each in found.differences.items():
        st.markdown(f"- {difference_sentence(first, check.record.maps[name].title, each)}")
    st.caption(
        "Differences are of paired points, each with its own 95% interval; with many maps, one in "
        "twenty differs by chance."
    )


def _show_agreement(found: Findings) -> None:
    for each in found.agreements:
        kappa = "" if each.kappa is None else f", kappa {each.kappa:.2f}"
        st.markdown(
            as_markdown(
                f"{each.first} and {each.second} agree on {each.agree} of {each.points} points"
                f"{kappa}."
            )
        )


def _hand_over(study: Study, check: Check, found: Findings) -> None:
    st.subheader("Hand it over", anchor=False)
    points = check.labelled()
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            lambda: report.report(check, found, points.table, points.design),
            f"{check.record.drawn_for}-check.html",
            "text/html",
            key="check-report",
            on_click="ignore",
            icon=":material/description:",
        )
    main = found.maps[check.record.drawn_for]
    if main.interim or not any(each.model for each in check.record.maps.values()):
        return
    agreed = st.checkbox(
        "I agree that accuracies, numbers of points and model names (no places, no people) are "
        "kept with the study, to show how good its forecasts are",
        key="check-consent",
    )
    if pressed("Keep the result with the study", key="check-keep", disabled=not agreed):
        with artefact_states():
            keep_check(study, _receipt(check, found))
            st.success("It is kept in receipts/checks.jsonl of the study.")


def _receipt(check: Check, found: Findings) -> dict[str, Any]:
    """What is kept with the study."""
    maps = {}
    for name, each in found.maps.items():
        if each.assessment is None:
            continue
        overall, promise = each.assessment.overall, check.record.maps[name].promise
        maps[name] = {
            "weights": check.record.maps[name].model.get("LCVIZ_WEIGHTS", ""),
            "promised": None if promise is None else promise.accuracy,
            "promised_low": None if promise is None else promise.low,
            "promised_high": None if promise is None else promise.high,
            "measured": overall.estimate,
            "low": overall.low,
            "high": overall.high,
            "n": overall.n,
        }
    first = found.maps[check.record.drawn_for]
    return {
        "schema": 1,
        # Its name is the address at which it is labelled.
        "check": hashlib.blake2b(check.name.encode(), digest_size=8).hexdigest(),
        "began": check.record.began,
        "design": first.basis,
        "label_scheme": check.record.label_scheme,
        "drawn_for": check.record.drawn_for,
        "maps": maps,
        "lcviz": __version__,
    }

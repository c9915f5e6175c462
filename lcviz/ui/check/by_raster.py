"""Labels from a raster of the same ground: at the points of the sample, or of all pixels."""

from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.folder import Check
from lcviz.assessment.reference import entries_of, measure_by_raster, support
from lcviz.assessment.report import class_table
from lcviz.assessment.returned import refuse_other_scheme
from lcviz.assessment.words import overall_sentence
from lcviz.legends import Scheme
from lcviz.ui.check.draw import bar
from lcviz.ui.check.source import choose_scheme, choose_server_map, uploaded
from lcviz.ui.choices import pressed
from lcviz.ui.states import as_markdown

_FROM: Final = {"upload": "Upload", "server": "Server file"}


def label_by_raster(check: Check) -> None:
    """Take labels from a raster, or compare the whole map with it.

    Raises:
        LcvizError: the raster cannot be used.
    """
    source = st.segmented_control(
        "Raster of labels",
        list(_FROM),
        format_func=lambda name: _FROM[name],
        default="upload",
        required=True,
        key="check-reference-from",
    )
    if source == "upload":
        file = uploaded("reference", "A GeoTIFF of classes: a land register, a global product")
    else:
        file = choose_server_map("check-reference-file")
    if file is None:
        return
    scheme = choose_scheme(
        "Its numbers mean", "reference-scheme", check.record.label_scheme, check.scheme
    )
    if scheme is None:
        return
    map_scheme = check.scheme(check.record.map_scheme)
    with (
        open_class_map(check.map_file(check.record.drawn_for), map_scheme) as of_map,
        open_class_map(file, scheme) as labels,
    ):
        st.caption(
            f"{support(of_map, labels)} Errors of the raster count as the map's: use one that was "
            "made by looking, not by another model."
        )
        entries = entries_of(check.sample(), labels, file.stem)
        with st.container(horizontal=True):
            take = pressed(
                f"Take its labels at {len(entries)} points",
                key="check-reference-take",
                type="primary",
                disabled=not entries,
            )
            whole = pressed("Compare all pixels", key="check-reference-all")
        if not entries:
            st.warning(
                "It has no label at any point. Does it lie on the map, and does the legend fit?",
                icon=":material/warning:",
            )
        if whole:
            with bar("Comparing all pixels") as tell:
                found = measure_by_raster(of_map, labels, tell)
            st.markdown(overall_sentence(found))
            st.dataframe(class_table(found), hide_index=True, width="stretch")
            for remark in found.remarks:
                st.caption(as_markdown(remark))
    if take:
        _keep(check, scheme, file, len(check.sample().table) - len(entries))
        check.journal.write(*entries)
        st.success(f"{len(entries)} labels are kept, as given by {as_markdown(file.stem)}.")


def _keep(check: Check, scheme: Scheme, file: Path, without: int) -> None:
    refuse_other_scheme(check, scheme, file.name)
    check.label_as(scheme)
    if without:
        st.warning(
            f"{without} points have no label in it: they stay open.", icon=":material/warning:"
        )

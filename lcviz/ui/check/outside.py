"""Label elsewhere: points go out to QGIS and the like, and come back."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.assessment.folder import Check
from lcviz.assessment.points import read_points, write_points
from lcviz.assessment.returned import ForeignPointsError, labels_of, look_at
from lcviz.ui.check.source import choose_scheme, uploaded
from lcviz.ui.choices import pressed
from lcviz.ui.states import as_markdown

FORMATS: Final = {
    "GeoPackage": (".gpkg", "application/geopackage+sqlite3"),
    "GeoJSON": (".geojson", "application/geo+json"),
    "CSV": (".csv", "text/csv"),
    "Shapefile": (".shp", "application/zip"),
}


def label_outside(check: Check) -> None:
    """Offer the points as files, and take them back with labels.

    Raises:
        LcvizError: the file cannot be used.
    """
    with st.container(horizontal=True, gap="small"):
        for title, (suffix, mime) in FORMATS.items():
            st.download_button(
                title,
                _file(check, suffix),
                f"{check.record.drawn_for}-points{'.zip' if suffix == '.shp' else suffix}",
                mime,
                key=f"check-out-{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )
    st.caption(
        "Fill the column `label` with names or codes of the classes, in QGIS, AcATaMa, Collect "
        "Earth Online or a spreadsheet; other columns may be added. Hide `map_class` and "
        "`stratum` while you label, or they will lead you."
    )
    file = uploaded("labelled", "Labelled points: .gpkg, .geojson, .csv, or a .zip of a Shapefile")
    if file is None:
        return
    points = read_points(file)
    for remark in points.remarks:
        st.caption(as_markdown(remark))
    own = [c for c in points.table.columns if c not in ("longitude", "latitude", "row", "column")]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Column of the labels",
            own,
            index=own.index("label") if "label" in own else None,
            key="check-column",
            width=240,
        )
        scheme = choose_scheme(
            "Labels are", "labelled-scheme", check.record.label_scheme, check.scheme
        )
    if column is None or scheme is None:
        return
    try:
        entries, remarks = labels_of(check, points, column, scheme, file.stem)
    except ForeignPointsError as error:
        st.warning(as_markdown(str(error)), icon=":material/warning:")
        st.markdown(look_at(check, points, column, scheme))
        return
    for remark in remarks:
        st.warning(as_markdown(remark), icon=":material/warning:")
    n = len(entries)
    if n and pressed(f"Take these {n} labels", key="check-take", type="primary"):
        check.label_as(scheme)
        check.journal.write(*entries)
        st.success(f"{n} labels are kept, as given by {as_markdown(file.stem)}.")


def _file(check: Check, suffix: str) -> Callable[[], bytes]:
    def make() -> bytes:
        points = check.labelled()
        table = points.table.drop(columns=["disagree", "labellers", "ground"], errors="ignore")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "points" / f"points{suffix}"
            file.parent.mkdir()
            write_points(file, table, points.design)
            if suffix != ".shp":
                return file.read_bytes()
            return Path(shutil.make_archive(f"{folder}/points", "zip", file.parent)).read_bytes()

    return make

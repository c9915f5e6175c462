"""What a person takes home of a prediction: maps as GeoTIFF, areas as CSV."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from lcviz.figures.exports import csv
from lcviz.rasters.geotiff import write_cog
from lcviz.rasters.maps import VOTE
from lcviz.rasters.subject import Subject
from lcviz.study import Study
from lcviz.ui.predict.run import Prediction

MOST_BYTES: Final = 300_000_000
"""A larger file is not handed to a browser, since it would pass through the server's memory."""


def show_downloads(study: Study, subject: Subject, prediction: Prediction, name: str) -> None:
    """Offer the files of one of the maps."""
    st.subheader("Take it home", anchor=False)
    shown = prediction.maps[name].prediction
    start = f"{stem(subject)}_{name}"
    with st.container(horizontal=True, gap="small"):
        for label, path, kind in (
            ("Class map", shown.classes, "classes"),
            ("Probabilities", shown.probabilities, "probabilities"),
        ):
            if path is not None and path.stat().st_size <= MOST_BYTES:
                _download(label, partial(_cog, path), f"{start}_{kind}.tif", "image/tiff")
        _download("Areas", lambda: csv(shown.areas), f"{start}_areas.csv", "text/csv")
    said = (
        "Cloud-Optimised GeoTIFF with class names, colours and tags that say which model, which "
        "version and what input"
    )
    said += (
        ", at the input's place." if subject.geobox.crs is not None else "; it has no georeference."
    )
    sizes = [p.stat().st_size for p in (shown.classes, shown.probabilities) if p is not None]
    if max(sizes) > MOST_BYTES and name != VOTE:
        said += (
            " The probabilities are too large for a browser. The same without the app: "
            f"`python -m precompute predict --study {study.path} --model {name} IN.tif OUT.tif`"
        )
    st.caption(said)


def _download(label: str, data: Callable[[], str | bytes], file_name: str, mime: str) -> None:
    st.download_button(
        label,
        data,
        file_name,
        mime,
        key=f"download-{label}",
        on_click="ignore",
        icon=":material/download:",
    )


def download_table(table: pd.DataFrame, name: str) -> None:
    """Offer the shares of each class by model as CSV."""
    st.download_button(
        "CSV",
        lambda: csv(table),
        f"{name}.csv",
        "text/csv",
        key=f"download-{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help="Share of each class by model, per cent",
    )


def _cog(path: Path) -> bytes:
    target = path.with_name(f"{path.stem}.cog.tif")
    if not target.is_file():
        write_cog(path, target)
    return target.read_bytes()


def stem(subject: Subject) -> str:
    """Start of the names of files about a subject."""
    return Path(subject.name).stem

"""Figures and tables with what it takes to save them."""

import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz.figures.exports import csv, latex
from lcviz.figures.style import TOOLBAR
from lcviz.figures.widths import COLUMN_MM, PAGE_MM
from lcviz.study.source import PAPER_SOURCE, SYNTHETIC, source_in_words
from lcviz.ui.studies import open_study

_FORMATS: Final = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_WIDTHS: Final = {
    1: f"One column of a paper, {COLUMN_MM:.0f} mm",
    2: f"Two columns, {PAGE_MM:.0f} mm",
}
_HEAD_START: Final = 0.06


def saved_name(what: str) -> str:
    """Name of a saved file without its ending: `lcviz_demo_continents`, of the open study."""
    return "_".join(["lcviz", Path(st.session_state["study"]).name, what])


def show_figure(
    figure: go.Figure,
    name: str,
    caption: str = "",
    *,
    saved_caption: str = "",
    to_save: Callable[[], go.Figure] | None = None,
    of_paper: bool = False,
    **settings: Any,
) -> DeltaGenerator:
    """Show a figure as wide as there is room, below it its caption and a menu that saves it.

    Returns:
        The row that the menu is in, for what else saves something of the figure.

    Args:
        figure: the figure.
        name: what it shows, for the saved file; the element's key too, unless `settings` have one.
        caption: Markdown; goes with the saved file, too.
        saved_caption: goes with the saved file instead, without what can be done on a page only.
        to_save: makes the figure as it is saved, where that is another: for a light ground,
            without what is picked on the page.
        of_paper: whether it shows what the paper published, whatever the open study is.
        **settings: passed on to `st.plotly_chart`.
    """
    key = settings.pop("key", f"figure-{name}")
    st.plotly_chart(figure, width="stretch", config=TOOLBAR, key=key, **settings)
    if caption:
        st.caption(caption)
    return offer_figure(
        to_save or (lambda: figure), name, saved_caption or caption, key, of_paper=of_paper
    )


def offer_figure(
    draw: Callable[[], go.Figure], name: str, caption: str, key: str, *, of_paper: bool = False
) -> DeltaGenerator:
    """A menu that saves a figure; arguments and what is returned as for `show_figure`."""
    source, note = _source(of_paper)
    row = st.container(horizontal=True, gap="small")
    with row, st.popover("Save figure", icon=":material/download:", type="tertiary"):
        for columns, width in _WIDTHS.items():
            st.caption(width)
            with st.container(horizontal=True, gap="small"):
                for file_format, mime in _FORMATS.items():
                    file_name = saved_name(name) + ("-wide" if columns == 2 else "")
                    st.download_button(
                        file_format.upper(),
                        partial(
                            _figure_file,
                            draw,
                            file_format,
                            columns,
                            name,
                            caption,
                            source,
                            note,
                        ),
                        f"{file_name}.{file_format}",
                        mime,
                        key=f"{key}-{file_format}-{columns}",
                        on_click="ignore",
                        help=f"Save as {file_name}.{file_format}",
                    )
        st.caption("On white, fonts within; caption and source are in the file's metadata.")
    return row


def draw_first() -> None:
    """Let the browser draw what was sent so far before it is sent more.

    What arrives together it draws together: a figure that answers a click would wait for all that
    follows. The rest is there no later for it (benchmarks/generalization.py).
    """
    time.sleep(_HEAD_START)


def show_downloads(
    table: pd.DataFrame,
    name: str,
    caption: str,
    cells: pd.DataFrame | None = None,
    *,
    of_paper: bool = False,
) -> None:
    """Two small buttons that save a table as CSV and as LaTeX.

    Args:
        table: the numbers.
        name: what it holds, for the files' names.
        caption: of the table in LaTeX, which adds that a synthetic study is one.
        cells: the table as it is to stand in LaTeX, if otherwise than in CSV.
        of_paper: whether it holds what the paper published, whatever the open study is.
    """
    _, note = _source(of_paper)
    said = f"{caption.removesuffix('.')}. {note}." if note else caption
    # Written only once a button is pressed.
    files: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "CSV": (lambda: csv(table), f"{saved_name(name)}.csv", "text/csv"),
        "LaTeX": (
            lambda: latex(table if cells is None else cells, said),
            f"{saved_name(name)}.tex",
            "text/x-tex",
        ),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (data, file_name, mime) in files.items():
            st.download_button(
                label,
                data,
                file_name,
                mime,
                key=f"{name}-{label}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=f"Save this table as {file_name}",
            )


def without_markdown(text: str) -> str:
    """A caption as plain text: no bold, no icons, of links the words."""
    text = re.sub(r":material/\w+:\s*", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*|`|\\(?=[^A-Za-z0-9\s])", "", text)


def _source(of_paper: bool) -> tuple[str, str]:
    """Where the numbers come from, and what stands in a figure of them."""
    if of_paper:
        return PAPER_SOURCE, ""
    study = open_study()
    return source_in_words(study), SYNTHETIC if study.is_demo else ""


def _figure_file(
    draw: Callable[[], go.Figure],
    file_format: str,
    columns: int,
    name: str,
    caption: str,
    source: str,
    note: str,
) -> bytes:
    from lcviz.figures.saving.files import About, figure_file  # noqa: PLC0415 - Matplotlib is slow

    about = About(name.replace("-", " ").capitalize(), without_markdown(caption), source, note)
    return figure_file(draw(), file_format, about, columns=columns)

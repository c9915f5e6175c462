"""Figures and tables with what it takes to save them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, cast

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lcviz.figures.exports import csv, latex
from lcviz.figures.style import toolbar
from lcviz.ui.choices import choose, current_choice

_FORMATS: Final = ("svg", "png")
_HEAD_START: Final = 0.06


def saved_name(what: str) -> str:
    """Name of a saved file without its ending: `lcviz_demo_continents`, of the open study."""
    return "_".join(["lcviz", Path(st.session_state["study"]).name, what])


def show_figure(figure: go.Figure, name: str, **settings: Any) -> None:
    """Show a figure as wide as there is room; its camera button saves it as `name`.

    Args:
        figure: the figure.
        name: what it shows, for the saved file; the element's key too, unless `settings` have one.
        **settings: passed on to `st.plotly_chart`.
    """
    file_format = cast(Literal["svg", "png"], current_choice("figures", _FORMATS, _FORMATS[0]))
    settings = {"key": f"figure-{name}"} | settings
    st.plotly_chart(
        figure, width="stretch", config=toolbar(saved_name(name), file_format), **settings
    )


def draw_first() -> None:
    """Let the browser draw what was sent so far before it is sent more.

    What arrives together it draws together: a figure that answers a click would wait for all that
    follows. The rest is there no later for it (benchmarks/generalization.py).
    """
    time.sleep(_HEAD_START)


def choose_file_format() -> None:
    """Choose what the camera button of every figure saves."""
    choose(
        st.segmented_control,
        "Figures are saved as",
        _FORMATS,
        name="figures",
        format_func=str.upper,
        required=True,
        help="By the camera button that each figure shows when you point at it.",
    )


def show_downloads(
    table: pd.DataFrame, name: str, caption: str, cells: pd.DataFrame | None = None
) -> None:
    """Two small buttons that save a table as CSV and as LaTeX.

    Args:
        table: the numbers.
        name: what it holds, for the files' names.
        caption: of the table in LaTeX.
        cells: the table as it is to stand in LaTeX, if otherwise than in CSV.
    """
    # Written only once a button is pressed.
    files: dict[str, tuple[Callable[[], bytes], str, str]] = {
        "CSV": (lambda: csv(table), f"{saved_name(name)}.csv", "text/csv"),
        "LaTeX": (
            lambda: latex(table if cells is None else cells, caption),
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

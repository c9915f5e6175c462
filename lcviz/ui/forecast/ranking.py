"""The models ranked for an image: dots with intervals where they can be believed, and a table."""

from collections.abc import Collection
from typing import Final

import pandas as pd
import streamlit as st

from lcviz.figures.forecasts import forecast_figure
from lcviz.forecast.ranking import default_model, table_for_people
from lcviz.taxonomy import KINDS
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose, pick

_FIGURE: Final = "transfer-forecasts"
_SHORT: Final = {"like": "Yes", "partly": "Partly", "not": "No"}


def choose_model(ranking: pd.DataFrame) -> str:
    """Choose one of the ranked models."""
    labels = {row.experiment: _option(row) for row in ranking.itertuples()}
    return choose(
        st.selectbox,
        "Model",
        list(labels),
        name="model",
        default=default_model(ranking),
        format_func=labels.get,
        width=300,
    )


def show_forecasts(ranking: pd.DataFrame, chosen: str, axis: str) -> None:
    """Show the forecasts that can be believed; a click on a dot picks its model.

    Args:
        ranking: as `transfer_ranking` gives it.
        chosen: experiment that is picked.
        axis: `continent` or `season`.
    """
    show_figure(
        forecast_figure(ranking, chosen),
        f"forecasts-{axis}s",
        key=_FIGURE,
        selection_mode="points",
        on_select=_pick_clicked,
    )


def can_be_shown(ranking: pd.DataFrame) -> bool:
    """Whether there is a forecast whose numbers can be believed."""
    return bool((ranking.trusted & ranking.forecast.notna()).any())


def show_table(ranking: pd.DataFrame, name: str, axis: str, verdicts: Collection[str] = ()) -> None:
    """Show the ranking as a table.

    Args:
        ranking: as `transfer_ranking` gives it.
        name: of the image, for people.
        axis: `continent` or `season`.
        verdicts: kinds of models whose verdicts mean something.
    """
    table = table_for_people(ranking)
    said = ranking.verdict.map(_SHORT).where(ranking.kind.isin(list(verdicts)))
    if said.notna().any():
        table["Like its training?"] = said
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height="content",
        placeholder="",
        column_config={
            **dict.fromkeys(("Forecast", "80 % from", "80 % to", "Measured"), share),
            "Outside": st.column_config.NumberColumn(
                format="percent",
                help="Share of the image outside the model's area of applicability",
            ),
            "At home": st.column_config.NumberColumn(
                format="percent", help="Measured on the model's own held-out scenes"
            ),
            "n pixels": st.column_config.NumberColumn(
                format="localized", help="Labelled pixels that the measured accuracy rests on"
            ),
        },
    )
    st.caption(_caption(ranking, said.notna().any()))
    show_downloads(
        ranking.drop(columns=["label"]),
        f"forecasts-{axis}s",
        f"Models ranked by forecast accuracy for {name}, with 80 % intervals.",
        cells=table,
    )


def _caption(ranking: pd.DataFrame, with_verdicts: bool) -> str:
    said = []
    if can_be_shown(ranking):
        said.append(
            "Forecast: expected accuracy with its 80 % interval. A click on a dot picks its model."
        )
    kinds = set(ranking.kind[~ranking.trusted & ranking.forecast.notna()])
    untrusted = [words for kind, words in KINDS.items() if kind in kinds]
    if untrusted:
        said.append(
            f"Ranked only ({', '.join(untrusted)}): these forecasts are not shown to be better "
            "than a plain guess, so that their numbers are left out."
        )
    if ranking.measured.notna().any():
        scenes = int(ranking.measured_scenes.max())
        said.append(
            "Measured: agreement with the MODIS labels over "
            + ("the whole scene" if scenes == 1 else f"the scenes (mean of up to {scenes})")
            + ", which the forecast never saw."
        )
    said.append(
        "Outside: share of the image outside the model's area of applicability"
        + (
            "; like its training: the verdict, by fixed rules (see below)."
            if with_verdicts
            else "."
        )
        if ranking.outside.notna().any()
        else "Without imagery it cannot be said how much of the image is like the training."
    )
    return " ".join(said)


def _option(row: object) -> str:
    rank = getattr(row, "rank", None)
    label = str(getattr(row, "label", ""))
    return label if rank is None or pd.isna(rank) else f"{int(rank)}. {label}"


def _pick_clicked() -> None:
    points = st.session_state[_FIGURE].selection.points
    if points and points[0].get("customdata"):
        pick("model", str(points[0]["customdata"][0]))

"""The models ranked for an image: a row each with its interval and the way to Predict."""

from collections.abc import Collection
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.figures.forecasts import forecast_figure
from lcviz.forecast.answer import can_be_shown
from lcviz.forecast.ranking import PLACES, default_model, table_for_people
from lcviz.forecast.words import PLURALS
from lcviz.study import Study
from lcviz.taxonomy import KINDS, Kind
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose, pick
from lcviz.ui.states import as_markdown
from lcviz.ui.studies import study_link
from lcviz.words import listed, percent

_FIGURE: Final = "transfer-forecasts"
_SHORT: Final = {"like": "Yes", "partly": "Partly", "not": "No"}


def choose_model(ranking: pd.DataFrame) -> str:
    """Choose the model that is looked at more closely."""
    labels = dict(zip(ranking.experiment, ranking.label, strict=True))
    return choose(
        st.selectbox,
        "Look closer at the model",
        list(labels),
        name="model",
        default=default_model(ranking),
        format_func=labels.get,
        width=300,
    )


def show_ranked(study: Study, ranking: pd.DataFrame, axis: str, image: dict[str, str]) -> None:
    """Show the models that have a forecast, best first, each with a link to predict with it.

    Args:
        study: the open study.
        ranking: as `image_ranking` gives it.
        axis: `continent` or `season`.
        image: what Predict is asked for to show the same image.
    """
    ranked = ranking[ranking["rank"].notna()]
    if ranked.empty:
        return
    numbers = can_be_shown(ranking)
    st.html(_head(numbers))
    predictable = study.experiments()
    with st.container(key="transfer-rows", gap=None):
        for row in ranked.itertuples():
            with st.container(
                key=f"transfer-row-{row.experiment}", horizontal=True, vertical_alignment="center"
            ):
                st.html(_row(row, numbers), width="stretch")
                with st.container(key=f"transfer-link-{row.experiment}", width="content"):
                    if row.experiment in predictable:
                        study_link(
                            "pages/predict.py",
                            f"Predict with {as_markdown(row.label)}",
                            ":material/play_circle:",
                            **image,
                            model=row.experiment,
                        )
    st.caption(_about_rows(ranked, axis, numbers))


def _head(numbers: bool) -> str:
    cells = ["", "Model"]
    cells += ["0 to 100%", "Forecast"] if numbers else []
    cells += ["At home", "Outside"]
    kind = "" if numbers else " order"
    spans = "".join(f"<span>{escape(cell)}</span>" for cell in cells)
    return f'<div class="lcviz-forecast head{kind}" aria-hidden="true">{spans}</div>'


def _row(row: Any, numbers: bool) -> str:
    where = PLACES[row.place]
    name = escape(row.label) + (f"<small>{escape(where)}</small>" if where else "")
    cells = [f"<b>{int(row.rank)}</b>", f'<span class="name">{name}</span>']
    if numbers:
        cells += [_bar(row), f'<span class="n">{_forecast(row)}</span>']
    for value, what in ((row.home_accuracy, "at home"), (row.outside, "outside")):
        known = value is not None and np.isfinite(value)
        cells.append(
            f'<span class="n">{percent(value)} <small class="what">{what}</small></span>'
            if known
            else "<span></span>"
        )
    kind = "" if numbers else " order"
    return f'<div class="lcviz-forecast{kind}">{"".join(cells)}</div>'


def _bar(row: Any) -> str:
    parts = ""
    if np.isfinite(row.low):
        width = row.high - row.low
        parts += f'<i class="range" style="left:{row.low:.1%};width:{width:.1%}"></i>'
    parts += f'<i class="dot" style="left:{row.forecast:.1%}"></i>'
    if np.isfinite(row.measured):
        parts += f'<i class="measured" style="left:{row.measured:.1%}"></i>'
    return f'<span class="track">{parts}</span>'


def _forecast(row: Any) -> str:
    said = f"<b>{percent(row.forecast)}</b>"
    if np.isfinite(row.low):
        said += f" <small>{100 * row.low:.1f} to {percent(row.high)}</small>"
    if np.isfinite(row.measured):
        said += f" <small>measured {percent(row.measured)}</small>"
    return said


def _about_rows(ranked: pd.DataFrame, axis: str, numbers: bool) -> str:
    said = []
    if numbers:
        said.append("Dot: accuracy that is expected here; band: its 80% interval.")
        if ranked.measured.notna().any():
            said.append(
                "Cross: measured with the MODIS labels of the scene, which the forecast never saw."
            )
    else:
        said.append("In the order of their forecasts, whose numbers are not to be relied on.")
    if ranked.outside.notna().any():
        said.append(f"Outside: share of the image unlike anything in the {axis} it learned from.")
    return " ".join(said)


def show_others(ranking: pd.DataFrame) -> None:
    """Say which models are not ranked, and why."""
    others = ranking[ranking["rank"].isna()]
    parts = []
    kinds = others[others.why_not.isna()].kind.value_counts()
    if len(kinds):
        which = listed([_counted(kind, kinds[kind]) for kind in KINDS if kind in kinds])
        parts.append(f"{which}, whose forecasts are not shown to be better than a plain guess")
    for why, rows in others.groupby("why_not", sort=False):
        parts.append(f"{listed(list(rows.label))} ({why[0].lower()}{why[1:].rstrip('.')})")
    if parts:
        st.caption(as_markdown(f"Not ranked: {'; '.join(parts)}."))


def _counted(kind: Kind, count: int) -> str:
    return f"1 {KINDS[kind]}" if count == 1 else f"{count} {PLURALS[kind]}"


def show_table(ranking: pd.DataFrame, name: str, axis: str, verdicts: Collection[str] = ()) -> None:
    """Show all models as a table and a figure, to be saved; folded.

    Args:
        ranking: as `image_ranking` gives it.
        name: of the image, for people.
        axis: `continent` or `season`.
        verdicts: kinds of models whose verdicts mean something.
    """
    table = table_for_people(ranking)
    said = ranking.verdict.map(_SHORT).where(ranking.kind.isin(list(verdicts)))
    if said.notna().any():
        table["Like its training?"] = said
    share = st.column_config.NumberColumn(format="percent")
    with st.expander(f"All {len(ranking)} models as a table and a figure"):
        st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            height="content",
            placeholder="",
            column_config={
                **dict.fromkeys(("Forecast", "80% from", "80% to", "Measured"), share),
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
            f"Models ranked by forecast accuracy for {name}, with 80% intervals.",
            cells=table,
        )
        if can_be_shown(ranking):
            show_figure(
                forecast_figure(ranking, st.query_params.get("model", "")),
                f"forecasts-{axis}s",
                key=_FIGURE,
                selection_mode="points",
                on_select=_pick_clicked,
            )


def _caption(ranking: pd.DataFrame, with_verdicts: bool) -> str:
    said = []
    if can_be_shown(ranking):
        said.append("Forecast: expected accuracy with its 80% interval.")
    kinds = set(ranking.kind[~ranking.trusted & ranking.forecast.notna()])
    untrusted = [words for kind, words in KINDS.items() if kind in kinds]
    if untrusted:
        said.append(
            f"Without numbers ({', '.join(untrusted)}): these forecasts are not shown to be better "
            "than a plain guess."
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


def _pick_clicked() -> None:
    points = st.session_state[_FIGURE].selection.points
    if points and points[0].get("customdata"):
        pick("model", str(points[0]["customdata"][0]))

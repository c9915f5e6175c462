"""How good forecasts and adaptation were on all pairs of a model and a scene of the study."""

import pandas as pd
import streamlit as st

from lcviz.figures.receipts import adaptation_figure, error_figure, indicator_figure
from lcviz.forecast.adaptation import adaptation_effect, adaptation_sentence
from lcviz.forecast.against_truth import read_against_truth, sentence
from lcviz.forecast.calibration import calibration, coverage_by_group, in_words, scored_pairs
from lcviz.forecast.words import PLURALS, RULES, SOURCES, receipt_table
from lcviz.study import Study
from lcviz.study.forecasts import (
    INDICATORS,
    read_adaptation,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
)
from lcviz.study.truth import has_truth
from lcviz.taxonomy import KINDS
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.states import artefact_states


def show_receipts(study: Study, receipts: pd.DataFrame, axis: str) -> None:
    """How good the forecasts were, method by method and indicator by indicator."""
    rows = receipts[(receipts.axis == axis) & receipts.mae.notna()]
    if rows.empty:
        st.caption(
            f"There is no labelled pair of a model and a scene away from home that a forecaster of "
            f"other {axis}s could be checked on."
        )
    else:
        table = receipt_table(receipts, axis)
        st.dataframe(table, hide_index=True, width="stretch")
        st.caption(
            f"In brackets: 95% intervals. Checked by leaving out one {axis} at a time. Points are "
            "percentage points of accuracy; *better by* is a guess's error less the forecast's: "
            "above zero the forecast is better."
        )
        show_downloads(
            rows,
            f"forecasts-checked-{axis}s",
            f"Forecasts of accuracy and plain guesses, {axis}s left out one at a time.",
            cells=table,
        )
    with artefact_states():
        _show_calibration(study, rows, axis)
    with artefact_states():
        _show_against_truth(study, axis)
    left, right = st.columns(2, gap="large")
    with left:
        if not rows.empty:
            st.markdown("**Error of the forecast and of plain guesses**")
            show_figure(error_figure(receipts, axis), f"errors-{axis}s")
            st.caption(
                f"Bars: 95% intervals; n = up to {int(rows.pairs.max()):,} pairs, "
                f"{int(rows.groups.max())} {axis}s."
            )
        _show_adaptation_receipts(study, axis)
    with right, artefact_states():
        _show_indicators(study, axis)


def _show_calibration(study: Study, rows: pd.DataFrame, axis: str) -> None:
    """Where forecasts are too high or too low, and where their intervals hold too little."""
    kinds = [kind for kind in KINDS if (rows.kind == kind).any()]
    if not kinds:
        return
    forecasts, indicators = read_forecasts(study), read_indicators(study)
    thirds, coverages = [], []
    for kind in kinds:
        pairs = scored_pairs(forecasts, indicators, kind, axis)
        by_third, by_group = calibration(pairs), coverage_by_group(pairs)
        if said := in_words(by_third, by_group, axis):
            st.markdown(f"{PLURALS[kind].capitalize()}: {said[0].lower()}{said[1:]}")
        thirds.append(by_third.assign(kind=kind))
        coverages.append(by_group.assign(kind=kind))
    if st.toggle(f"Calibration, and coverage by {axis}", key="show-calibration"):
        for tables, name in ((thirds, "calibration"), (coverages, "coverage")):
            table = pd.concat(tables, ignore_index=True)
            table = table[["kind", *(c for c in table if c != "kind")]]
            st.dataframe(table.round(3), hide_index=True, width="stretch")
            show_downloads(
                table, f"{name}-{axis}s", f"{name.capitalize()} of forecasts across {axis}s."
            )


def _show_against_truth(study: Study, axis: str) -> None:
    """Whether what is forecast is accuracy, too; nothing where no truth is known."""
    if not has_truth(study):
        return
    table = read_against_truth(study)
    said = sentence(table, axis)
    if said is None:
        return
    st.markdown(said)
    rows = table[table.axis == axis]
    with st.expander("Against the truth, model by model"):
        st.dataframe(rows.round(3), hide_index=True, width="stretch")
        show_downloads(
            rows,
            f"against-truth-{axis}s",
            f"Forecasts beside agreement with MODIS and accuracy, across {axis}s.",
        )


def _show_indicators(study: Study, axis: str) -> None:
    correlations = read_indicator_correlations(study)
    here = correlations[(correlations.axis == axis) & correlations.rho.notna()]
    kinds = [kind for kind in KINDS if (here.kind == kind).any()]
    st.markdown("**Which indicator follows accuracy?**")
    if not kinds:
        st.caption("No indicator can be compared with a known accuracy.")
        return
    kind = choose(
        st.selectbox,
        "Of",
        kinds,
        name="kind",
        format_func=lambda name: PLURALS[name].capitalize(),
    )
    show_figure(indicator_figure(correlations, kind, axis), f"indicators-{kind}-{axis}s")
    rows = here[here.kind == kind]
    st.caption(
        f"Spearman's rank correlation with accuracy, bars: 95% intervals; n = up to "
        f"{int(rows.pairs.max()):,} pairs, {int(rows.groups.max())} {axis}s. A circle should lie "
        "right of zero, a diamond left of it."
    )
    show_downloads(
        rows,
        f"indicators-{kind}-{axis}s",
        f"Spearman's rho of each indicator with accuracy, {PLURALS[kind]}, {axis}s.",
    )


def _show_adaptation_receipts(study: Study, axis: str) -> None:
    st.markdown("**Where adapting helps, and where it harms**")
    with artefact_states():
        table = read_adaptation(study)
        table = table[table.axis == axis]
        home = table.test_group == table.train_group
        for rows, where in ((table[~home], "away from home"), (table[home], "at home")):
            st.markdown(adaptation_sentence(adaptation_effect(rows), axis, where))
        if table.accuracy_plain.notna().any():
            show_figure(adaptation_figure(table, axis), f"adaptation-{axis}s")
            st.caption(f"One point a pair of a model and a scene, by the scene's {axis}.")
            show_downloads(
                table, f"adaptation-{axis}s", "Accuracy with and without adapting, pair by pair."
            )


def show_rules() -> None:
    """How everything on the page is computed, with its sources."""
    with st.expander("How is this computed?"):
        st.markdown(RULES)
        st.markdown(
            "**Indicators**\n"
            + "\n".join(f"- *{words}*: {SOURCES[name]}." for name, words in INDICATORS.items())
        )

"""How good the forecasts without labels were."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lcviz.errors import ArtefactMissingError
from lcviz.figures.paper.scores import Row, interval_rows
from lcviz.forecast.against_truth import MEASURED, read_against_truth, sentence
from lcviz.forecast.words import PLURALS, first_line, receipt_table
from lcviz.manuscript.items import Chart, Item, Table, basis, unmarked, with_interval
from lcviz.study import Study
from lcviz.study.check_records import read_checks
from lcviz.study.forecasts import (
    INDICATORS,
    METHODS,
    read_indicator_correlations,
    read_receipts,
)


def receipts(study: Study, axis: str) -> Iterator[Item]:
    """The receipts of an axis, as a table and as a figure of errors."""
    table = read_receipts(study)
    rows = table[(table.axis == axis) & table.mae.notna()]
    if rows.empty:
        raise ArtefactMissingError(
            f"No forecast of another {axis} could be checked. {study.how_to_make('transfer')}"
        )
    caption = (
        f"Forecasts of accuracy without labels and their rivals, checked by leaving out one {axis} "
        f"at a time: n = up to {int(rows.pairs.max()):,} pairs of model and scene, "
        f"{int(rows.groups.max())} {axis}s. In brackets 95% intervals (jackknife over {axis}s). "
        f"{unmarked(first_line(table, axis))} {basis(study)}"
    )
    title = f"Receipts of the forecasts across {axis}s"
    yield Table(f"receipts-{axis}s", title, caption, rows, receipt_table(table, axis))
    points = [
        Row.of(words[0].upper() + words[1:], r, "mae", PLURALS[r["kind"]].capitalize())
        for method, words in METHODS.items()
        for r in rows[rows.method == method].to_dict("records")
    ]
    chart = interval_rows(points, "Mean absolute error (percentage points)")
    yield Chart(f"figure-receipts-{axis}s", f"{title}, as a figure", caption, chart, rows)


def truth(study: Study, axis: str) -> Iterator[Table]:
    """The forecasts beside the truth, model by model."""
    table = read_against_truth(study)
    rows = table[table.axis == axis]
    if rows.empty:
        raise ArtefactMissingError(f"No pair across {axis}s is forecast and known in truth.")
    cells = pd.DataFrame(
        {"Models": rows.kind.map(lambda kind: PLURALS[kind].capitalize()), "Model": rows.experiment}
        | {
            f"{name.capitalize()} (%)": rows[name].map(lambda v: f"{100 * v:.1f}")
            for name in MEASURED
        }
        | {
            words: [
                with_interval(r[name], r[f"{name}_low"], r[f"{name}_high"], form, 100)
                for r in rows.to_dict("records")
            ]
            for name, words, form in (
                ("error_agreement", "Error, of agreement", ".1f"),
                ("error_accuracy", "Error, of accuracy", ".1f"),
                ("difference", "Difference", "+.1f"),
            )
        }
        | {"Pairs": rows.pairs, "Scenes": rows.scenes}
    )
    said = (
        f"{unmarked(sentence(table, axis) or '')} Errors are mean absolute errors in percentage "
        "points; in brackets 95% intervals (Student's t over scenes, from five scenes on). "
        f"{basis(study)}"
    )
    yield Table(
        f"against-truth-{axis}s", f"Forecasts against the truth across {axis}s", said, rows, cells
    )


def indicators(study: Study, axis: str) -> Iterator[Table]:
    """Which indicator follows accuracy."""
    table = read_indicator_correlations(study)
    rows = table[(table.axis == axis) & table.rho.notna()]
    if rows.empty:
        raise ArtefactMissingError(f"No indicator can be compared with accuracy across {axis}s.")
    cells = pd.DataFrame(
        {
            "Models": rows.kind.map(lambda kind: PLURALS[kind].capitalize()),
            "Indicator": rows.indicator.map(INDICATORS),
            "Spearman's rho": [
                with_interval(r.rho, r.rho_low, r.rho_high, "+.2f") for r in rows.itertuples()
            ],
            "Pairs": rows.pairs,
            f"{axis.capitalize()}s": rows.groups,
        }
    )
    said = (
        "Spearman's rank correlation of each indicator with accuracy over pairs away from home "
        f"(n = up to {int(np.nanmax(rows.pairs)):,}); in brackets 95% intervals (jackknife over "
        f"{axis}s). {basis(study)}"
    )
    yield Table(f"indicators-{axis}s", f"Indicators across {axis}s", said, rows, cells)


def checks(study: Study) -> Iterator[Table]:
    """What checks with labels measured of maps, beside what had been forecast."""
    numbers = ["promised", "promised_low", "promised_high", "measured", "low", "high", "n"]
    rows = [
        {"check": str(record["check"]), "began": str(record.get("began", "")), "model": str(name)}
        | {key: each.get(key) for key in numbers}
        for record in read_checks(study)
        if isinstance(record.get("maps"), dict)
        for name, each in record["maps"].items()
        if isinstance(each, dict)
    ]
    table = pd.DataFrame(rows, columns=["check", "began", "model", *numbers])
    # A study may come from anywhere: what is no number is none.
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce").astype(float)
    table = table.dropna(subset="measured")
    if table.empty:
        raise ArtefactMissingError("No check with labels was kept with the study.")
    records = table.to_dict("records")
    cells = table[["check", "began", "model"]].assign(
        **{
            "Forecast (%) [80%]": [
                with_interval(r["promised"], r["promised_low"], r["promised_high"], ".1f", 100)
                for r in records
            ],
            "Measured (%) [95%]": [
                with_interval(r["measured"], r["low"], r["high"], ".1f", 100) for r in records
            ],
            "Points": [f"{r['n']:,.0f}" for r in records],
        }
    )
    said = (
        "Overall accuracy of maps, measured with labelled points drawn by design, beside what had "
        f"been forecast; n = {int(table.n.sum()):,} labels in {table.check.nunique()} checks. "
        f"Study “{study.info.name}”, seed {study.info.seed}."
    )
    yield Table("checks", "Maps checked with labels", said, table, cells)

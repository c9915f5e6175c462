"""How good the forecasts were: each group of scenes left out in turn, against plain rivals.

The rivals are how far models agree, as it is and calibrated (`regression.AGREEMENT`); three plain
guesses: the mean accuracy of the other groups' pairs, the model's home accuracy (mean over its
home test), and the mean of its away cells but that of the group left out (a model that
leaves one continent out has but one away cell, so that those of the other such models stand in);
and three forecasts of the literature that need no other model (`confidence`). Scored are pairs away
from home.

Pairs share groups, so intervals come from leaving groups out with all their pairs (`intervals`).
The forecasts are taken as given: they are not made anew.
"""

from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from lcviz.intervals import Interval, jackknife, spearman_interval
from lcviz.study.forecasts import (
    FORECAST_COLUMNS,
    INDICATOR_RHO_COLUMNS,
    INDICATORS,
    METHODS,
    PLAIN_RIVALS,
    RECEIPT_COLUMNS,
)


def rests_on(receipts: pd.DataFrame, kind: str, axis: str) -> str | None:
    """What the forecast is: `fusion` or `calibrated`, a key of `METHODS`.

    None where there is no receipt of it, or one of an earlier version, which knew no agreement.
    """
    methods = set(receipts.method[(receipts.kind == kind) & (receipts.axis == axis)])
    if "forecast" not in methods or "mean" not in methods:
        return None
    return "calibrated" if "fusion" in methods else "fusion"


def beats_rivals(receipts: pd.DataFrame, kind: str, axis: str) -> bool:
    """Whether the forecast is shown to know more than all `PLAIN_RIVALS`; else it "does not know".

    The 95% intervals of its gain over each rival and of its rank correlation with accuracy must
    all lie above zero. (A mean over all models can be nearer than any rival and still tell no
    image from another.) False where no interval can be given, and where there is no receipt.
    """
    rows = receipts[(receipts.kind == kind) & (receipts.axis == axis)].set_index("method")
    if "forecast" not in rows.index:
        return False
    gains = rows.gain_low.reindex(list(PLAIN_RIVALS))
    return bool((gains > 0).all() and rows.rho_low["forecast"] > 0)


def order_holds(receipts: pd.DataFrame, kind: str, axis: str) -> bool:
    """Whether the ranks of the forecasts are shown to follow those of the true accuracies."""
    rows = receipts[(receipts.kind == kind) & (receipts.axis == axis)]
    return bool((rows.rho_low[rows.method == "forecast"] > 0).any())


def rivals(pairs: pd.DataFrame) -> pd.DataFrame:
    """What the rivals say of each pair that rest on known accuracies alone.

    Args:
        pairs: experiment, train_group, test_group, split and accuracy, of one kind and axis.

    Returns:
        home_accuracy, away_accuracy and mean_accuracy, by the rows of `pairs`; NaN where not known.
    """
    known = pairs[pairs.accuracy.notna()]
    home = known[known.split == "home"].groupby("experiment").accuracy.mean()
    away = known[known.split == "test"]
    means = {
        group: float(away.accuracy[away.test_group != group].mean())
        for group in pairs.test_group.dropna().unique()
    }
    cells = away.groupby(["experiment", "test_group"]).accuracy.mean().reset_index()

    def mean_of_others(experiment: str, group: str) -> float:
        others = cells[cells.test_group != group]
        own = others[others.experiment == experiment]
        return float((others if own.empty else own).accuracy.mean())

    return pd.DataFrame(
        {
            "home_accuracy": pairs.experiment.map(home).astype(float),
            "away_accuracy": [
                mean_of_others(row.experiment, row.test_group) for row in pairs.itertuples()
            ],
            "mean_accuracy": pairs.test_group.map(means).astype(float),
        },
        index=pairs.index,
    )


COLUMN_OF: Final = {"mean": "mean_accuracy", "home": "home_accuracy", "away": "away_accuracy"}
"""Method -> column of what it says, where that is not its name."""


def receipts(pairs: pd.DataFrame, kind: str, axis: str) -> pd.DataFrame:
    """One row a method, `RECEIPT_COLUMNS`; none where no pair could be scored.

    Args:
        pairs: train_group, test_group, split, accuracy, `FORECAST_COLUMNS`, and as far as they are
            known a column for each other method, of one kind and axis. A method that gives
            intervals has columns `<method>_low` and `<method>_high`.
        kind: of the models.
        axis: `continent` or `season`.
    """
    needed = ["accuracy", *(c for c in FORECAST_COLUMNS if c in pairs), "test_group"]
    scored = pairs[pairs.split == "test"].dropna(subset=needed)
    scored = scored.rename(columns={"low": "forecast_low", "high": "forecast_high"})
    rows = []
    for method in METHODS:
        column = COLUMN_OF.get(method, method)
        if column not in scored or scored[column].isna().all():
            continue
        known = scored.dropna(subset=[column])
        row: dict[str, Any] = {
            "kind": kind,
            "axis": axis,
            "method": method,
            "pairs": len(known),
            "scenes": known.scene_id.nunique(),
            "groups": known.test_group.nunique(),
        }
        missing = (np.nan, np.nan, np.nan)
        row |= _named("mae", jackknife(known, partial(_error, column=column), lowest=0))
        row |= _named("rho", spearman_interval(known, column))
        row |= _named("coverage", missing) | {"width": np.nan}
        if f"{method}_low" in known:
            covered = jackknife(known, partial(_coverage, method=method), lowest=0, highest=1)
            row |= _named("coverage", covered)
            row["width"] = float((known[f"{method}_high"] - known[f"{method}_low"]).mean())
        of_itself = method == "forecast"
        gain = missing if of_itself else jackknife(known, partial(_gain, column=column))
        rows.append(row | _named("gain", gain))
    return pd.DataFrame(rows, columns=list(RECEIPT_COLUMNS))


def indicator_correlations(pairs: pd.DataFrame, kind: str, axis: str) -> pd.DataFrame:
    """Spearman's rho of each indicator with accuracy over pairs away from home.

    Args:
        pairs: train_group, test_group, split, accuracy and `INDICATORS`, of one kind and axis.
        kind: of the models.
        axis: `continent` or `season`.

    Returns:
        `INDICATOR_RHO_COLUMNS`, one row an indicator that is known for some pair.
    """
    away = pairs[(pairs.split == "test") & pairs.accuracy.notna() & pairs.test_group.notna()]
    rows = []
    for indicator in INDICATORS:
        known = away[away[indicator].notna()]
        if known.empty:
            continue
        row = {"kind": kind, "axis": axis, "indicator": indicator, "pairs": len(known)}
        row["groups"] = known.test_group.nunique()
        rows.append(row | _named("rho", spearman_interval(known, indicator)))
    return pd.DataFrame(rows, columns=list(INDICATOR_RHO_COLUMNS))


def _error(pairs: pd.DataFrame, column: str) -> float:
    return float((pairs[column].clip(0, 1) - pairs.accuracy).abs().mean())


def _gain(pairs: pd.DataFrame, column: str) -> float:
    return _error(pairs, column) - _error(pairs, "forecast")


def gain(pairs: pd.DataFrame, method: str, rival: str) -> Interval:
    """By how much the mean absolute error of one column lies below another's, away from home."""
    scored = pairs[pairs.split == "test"].dropna(subset=["accuracy", "test_group", method, rival])
    if scored.empty:
        return np.nan, np.nan, np.nan
    return jackknife(scored, lambda part: _error(part, rival) - _error(part, method))


def _coverage(pairs: pd.DataFrame, method: str) -> float:
    low, high = pairs[f"{method}_low"] - 1e-9, pairs[f"{method}_high"] + 1e-9
    return float(pairs.accuracy.between(low, high).mean())


def _named(name: str, interval: Interval) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), interval, strict=True))

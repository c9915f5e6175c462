"""Does similarity order transfer? Distances between groups against the accuracy measured.

One point a pair of groups: how far apart the two are, in landscapes or in band values, and how
well a model trained on one does on the other.

The interval is that of the jackknife over groups (`intervals`). In simulated worlds of four and six
groups, with and without effects of the single groups, it covered the truth in 94 to 99%;
percentiles of resampled pairs in 88 to 96%, of resampled groups in 86 to 100%. It takes the
distances as exact, and is no statement on causes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon

from lcviz.generalization.tables import TransferMatrix
from lcviz.intervals import qap, spearman_interval

SETTLED: Final = 0.05
"""Permutation p below which a correlation counts as shown, if its interval agrees."""
COLUMNS: Final = {
    "landscape_distance": "distance between landscapes",
    "band_distance": "distance between band values",
}
"""The distances of `pair_table` -> what they are in words."""


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation of distance and accuracy over pairs of groups."""

    value: float
    """rho, -1 to 1; negative where accuracy falls with distance."""
    low: float | None
    """Lower bound of its 95% interval; None where fewer than four groups or a perfect order leave
    none."""
    high: float | None
    pairs: int
    groups: int
    home: bool
    """Whether pairs of a group with itself are among the pairs."""
    p: float | None = None
    """How often groups dealt at random would correlate as much (`intervals.qap`); None where that
    is not known, or with home pairs, whose distance no dealing changes."""


def pair_table(
    matrix: TransferMatrix,
    cluster_shares: pd.DataFrame | None,
    band_distances: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a pair of groups with a value in the train x test table.

    Args:
        matrix: accuracies, or their differences to home (`TransferMatrix.minus_home`).
        cluster_shares: groups x clusters, rows sum to 1, of the same axis; None if not known.
        band_distances: groups x groups, any unit; None if not known.

    Returns:
        train, test, landscape_distance (Jensen-Shannon distance of the cluster histograms, base
        2: 0 equal, 1 nothing in common), band_distance, accuracy, n_scenes (tested on), home
        (whether train and test are one group, at distance 0); a distance is NaN where it is
        not known.
    """
    rows = []
    for train in matrix.groups:
        for test in matrix.groups:
            accuracy = matrix.cell(train, test)
            if np.isnan(accuracy):
                continue
            rows.append(
                {
                    "train": train,
                    "test": test,
                    "landscape_distance": _landscape_distance(cluster_shares, train, test),
                    "band_distance": _band_distance(band_distances, train, test),
                    "accuracy": accuracy,
                    "n_scenes": 0 if matrix.scenes is None else matrix.scenes.loc[train, test],
                    "home": train == test,
                }
            )
    columns = ["train", "test", *COLUMNS, "accuracy", "n_scenes", "home"]
    return pd.DataFrame(rows, columns=columns)


def spearman(pairs: pd.DataFrame, column: str, *, home: bool = False) -> Correlation | None:
    """Spearman's correlation of a distance and accuracy, with the interval described above.

    Args:
        pairs: as `pair_table` gives them.
        column: one of `COLUMNS`.
        home: whether the pairs of a group with itself count. Their distance is zero by
            definition and their scenes come from the model's own group, so they show that home
            is best, which is another question.

    Returns:
        None where it is not defined: fewer than three pairs, or all distances or accuracies equal.
    """
    known = pairs[pairs[column].notna() & pairs.accuracy.notna() & (home | ~pairs.home)]
    known = known.rename(columns={"train": "train_group", "test": "test_group"})
    value, low, high = spearman_interval(known, column)
    if np.isnan(value):
        return None
    groups = {*known.train_group, *known.test_group}
    p = np.nan if home else qap(known, column)
    return Correlation(
        value,
        None if np.isnan(low) else low,
        None if np.isnan(high) else high,
        len(known),
        len(groups),
        home,
        None if np.isnan(p) else p,
    )


def sentence(
    found: Correlation | None, column: str, axis: str, *, outcome: str = "accuracy"
) -> str:
    """Whether a distance predicts transfer in this study, in words (Markdown).

    Args:
        found: as `spearman` gives it.
        column: one of `COLUMNS`, of which it was computed.
        axis: `continent` or `season`.
        outcome: what the table holds, in words.
    """
    what = COLUMNS[column]
    subject = outcome[0].upper() + outcome[1:]
    if found is None:
        return (
            f"In this study it cannot be said whether the {what} orders transfer: too few pairs "
            f"of {axis}s have both a distance and a score, or all are equal."
        )
    numbers = f"Spearman's rho {found.value:+.2f}"
    if found.p is not None:
        numbers += f", permutation p {found.p:.2f}" if found.p >= 0.01 else ", permutation p < 0.01"
    basis = f"{found.pairs} pairs of {found.groups} {axis}s"
    if found.home:
        basis += ", with the home pairs, whose distance is zero by definition"
    if found.low is None or found.high is None:
        return (
            f"{subject} in this study has {numbers} against the {what} ({basis}). No interval can "
            f"be given with so few {axis}s or pairs in so perfect an order: **it is not shown that "
            "similarity orders transfer.**"
        )
    numbers = f"{numbers}, 95% {found.low:+.2f} to {found.high:+.2f}; {basis}"
    by_chance = found.p is not None and found.p >= SETTLED
    if found.low <= 0 <= found.high or by_chance:
        but = (
            "the interval includes zero"
            if found.low <= 0 <= found.high
            else f"{axis}s dealt at random correlate as much too often"
        )
        trend = (
            "tends to fall" if found.value < 0 else "tends to rise" if found.value else "is level"
        )
        return (
            f"{subject} in this study {trend} with the {what} ({numbers}), but {but}: "
            "**it is not shown that similarity orders transfer.**"
        )
    if found.value < 0:
        return (
            f"{subject} in this study falls with the {what} ({numbers}), and the interval "
            "excludes zero: **similarity orders transfer, the more similar the better.**"
        )
    return (
        f"{subject} in this study rises with the {what} ({numbers}), and the interval excludes "
        "zero: **similarity orders transfer the wrong way round, the more similar the worse.**"
    )


def _landscape_distance(shares: pd.DataFrame | None, train: str, test: str) -> float:
    if shares is None or train not in shares.index or test not in shares.index:
        return float("nan")
    return float(jensenshannon(shares.loc[train], shares.loc[test], base=2))


def _band_distance(distances: pd.DataFrame | None, train: str, test: str) -> float:
    if distances is None or train not in distances.index or test not in distances.columns:
        return float("nan")
    return float(distances.loc[train, test])

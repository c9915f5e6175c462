"""What a train x test table says, in numbers and in words; all of it computed from the table."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.generalization.tables import TransferMatrix
from lcviz.words import Unit, listed

SETTLED: Final = 0.95
"""Share of the resamples that have to agree before a superlative is said."""
LEVEL: Final = 0.95
"""Of the intervals that have to leave out zero before a difference is said."""
FEW_SCENES: Final = 5
"""Of a test group: fewer are resampled to too little variation to settle anything."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval over scenes."""

    value: float
    low: float | None = None
    """None where there is no interval: one scene, or scenes unknown."""
    high: float | None = None


@dataclass(frozen=True)
class Headline:
    """A train x test table in a few numbers."""

    models: tuple[str, ...]
    """Groups whose models are counted: those with a value at home and one away, or, where no
    model has both, all with any."""
    home: Estimate | None
    """Mean over the models of their home cells."""
    away: Estimate | None
    """Mean over the models of the mean of their away cells."""
    gap: Estimate | None
    """Home minus away."""
    worst_pair: tuple[str, str, float] | None
    """Trained on, tested on, value: the lowest cell off the diagonal."""
    worst_group: dict[str, tuple[str, float]]
    """Trained on -> tested on, value: each model's lowest cell away from home."""
    better_away: dict[str, list[tuple[str, float]]]
    """Trained on -> tested on, value: where a model does better than at home, best first."""
    fewest_home_scenes: int | None
    """Scenes in the smallest home cell of the counted models; None where that is not known."""
    hardest: tuple[str, float, str, float] | None
    """The test group that models from elsewhere find hardest: group, their mean there, the group
    of the best of them, and its value. None when fewer than two groups can be compared."""
    worst_pair_share: float | None
    """Share of resamples of the scenes in which that pair is the worst; None where not known."""
    hardest_share: float | None
    """Likewise, in which that group is the hardest."""
    unit: Unit
    """Of the values."""


def headline(matrix: TransferMatrix) -> Headline:
    """Read a train x test table.

    An interval is given only where every cell that it rests on has at least two scenes.
    """
    mean = matrix.mean.to_numpy()
    off = ~np.isnan(mean) & ~np.eye(len(mean), dtype=bool)
    home_value, away_value = _home_and_away(mean)
    both = ~np.isnan(home_value) & ~np.isnan(away_value)
    counted = both if both.any() else ~np.isnan(home_value) | ~np.isnan(away_value)

    def estimate(home: int, away: int) -> Estimate | None:
        """Mean over the counted models of home x their home + away x their away."""
        if not counted.any():
            return None
        shares = off / np.maximum(off.sum(1, keepdims=True), 1)
        weights = (home * np.eye(len(mean)) + away * shares) * counted[:, None] / counted.sum()
        value = float(_combine(home_value[counted], away_value[counted], home, away))
        if np.isnan(value):
            return None
        reach = float(matrix.reach(weights))
        if np.isnan(reach):
            return Estimate(value)
        lowest, highest = (matrix.lowest, 1.0) if home + away == 1 else (-np.inf, np.inf)
        return Estimate(value, max(value - reach, lowest), min(value + reach, highest))

    pairs = sorted(matrix.pairs(), key=lambda pair: pair[2])
    worst_group: dict[str, tuple[str, float]] = {}
    better_away: dict[str, list[tuple[str, float]]] = {}
    for train_group, test_group, value in pairs:
        worst_group.setdefault(train_group, (test_group, value))
        if value > matrix.cell(train_group, train_group):
            better_away.setdefault(train_group, []).insert(0, (test_group, value))
    order = [group for group in matrix.groups if group in worst_group]
    return Headline(
        models=tuple(np.array(matrix.groups)[counted].tolist()),
        home=estimate(1, 0),
        away=estimate(0, 1),
        gap=estimate(1, -1),
        worst_pair=pairs[0] if pairs else None,
        worst_group={group: worst_group[group] for group in order},
        better_away={group: better_away[group] for group in order if group in better_away},
        fewest_home_scenes=(
            None
            if matrix.scenes is None or not both.any()
            else int(np.diag(matrix.scenes)[both].min())
        ),
        hardest=_hardest(matrix),
        worst_pair_share=_share_of_pair(matrix, pairs[0]) if pairs else None,
        hardest_share=_share_of_hardest(matrix),
        unit=matrix.unit,
    )


def sentences(found: Headline, matrix: TransferMatrix) -> list[str]:
    """The headline of a table in words, as Markdown, one sentence or two a line."""
    values = [value for _, _, value in matrix.pairs()]
    if values and not any(values):
        return ["It is zero for every model elsewhere: there is nothing to compare."]
    lines = []
    # Where several are as low, none is the worst.
    worst_pair = found.worst_pair if len(values) > 1 and values.count(min(values)) == 1 else None
    if worst_pair and _settled(found.worst_pair_share, matrix):
        trained, tested, value = worst_pair
        worst = "The worst pair is" if matrix.scenes is not None else "Lowest in the table is"
        lines.append(
            f"{worst} a model trained on **{trained}** and tested on **{tested}** "
            f"({matrix.unit.value(value)}{_agreeing(found.worst_pair_share)})."
        )
    if found.hardest and _settled(found.hardest_share, matrix):
        group, mean, best, value = found.hardest
        hardest = "is the hardest for" if matrix.scenes is not None else "has the lowest mean of"
        lines.append(
            f"**{group}** {hardest} models trained elsewhere: they average "
            f"{matrix.unit.value(mean)} there{_agreeing(found.hardest_share)}, and the best of "
            f"them, trained on {best}, reaches {matrix.unit.value(value)}."
        )
    unsettled = [
        f"{what} ({share:.0%} of their resamples agree on one)"
        for what, claim, share in (
            ("which pair is the worst", worst_pair, found.worst_pair_share),
            (f"which {matrix.axis} is the hardest", found.hardest, found.hardest_share),
        )
        if claim and share is not None and not _settled(share, matrix)
    ]
    if unsettled:
        lines.append(f"The scenes do not settle {' or '.join(unsettled)}.")
    if found.better_away:
        lines.append(_better_away(found.better_away, matrix))
    if not found.better_away and found.gap:
        lines.append("No model's mean is higher elsewhere than at home.")
    return lines


def _settled(share: float | None, matrix: TransferMatrix) -> bool:
    """Whether a superlative can be said: every group that is compared has to be resampled enough.

    Of a published table, whose scenes are not known, it is read off the means.
    """
    if share is None or matrix.scenes is None:
        return True
    tested = {test_group for _, test_group, _ in matrix.pairs()}
    return share >= SETTLED and min(int(matrix.scenes[g].max()) for g in tested) >= FEW_SCENES


def _agreeing(share: float | None) -> str:
    return "" if share is None else f"; so in {share:.0%} of resamples of the scenes"


def model_rows(found: Headline, matrix: TransferMatrix) -> pd.DataFrame:
    """One row a model that has a value: home, mean away, gap, and where it is worst.

    Columns Trained on, Home, Elsewhere, Gap (missing where there is none), Worst on, Value there.
    """
    home, away = _home_and_away(matrix.mean.to_numpy())
    worst = [found.worst_group.get(group, (None, np.nan)) for group in matrix.groups]
    table = pd.DataFrame(
        {
            "Trained on": matrix.groups,
            "Home": home,
            "Elsewhere": away,
            "Gap": home - away,
            "Worst on": [group for group, _ in worst],
            "Value there": [value for _, value in worst],
        }
    )
    return table[table.Home.notna() | table.Elsewhere.notna()].reset_index(drop=True)


def model_estimates(matrix: TransferMatrix) -> pd.DataFrame:
    """Each model's value at home, elsewhere and the gap, with their 95% intervals over scenes.

    Columns Trained on and, for each of `home`, `elsewhere` and `gap`, the value and its `_low` and
    `_high`; NaN where a model lacks it, bounds also where a cell rests on fewer than two scenes.
    """
    mean = matrix.mean.to_numpy()
    home, away = _home_and_away(mean)
    diagonal = np.eye(len(mean))
    off = ~np.isnan(mean) & ~np.eye(len(mean), dtype=bool)
    shares = off / np.maximum(off.sum(1, keepdims=True), 1)
    table = pd.DataFrame({"Trained on": matrix.groups})
    for name, values, at_home, elsewhere in (
        ("home", home, 1, 0),
        ("elsewhere", away, 0, 1),
        ("gap", home - away, 1, -1),
    ):
        # One model's cells at a time, (models, models, groups).
        weights = (at_home * diagonal + elsewhere * shares) * diagonal[:, :, None]
        reach = np.where(np.isnan(values), np.nan, matrix.reach(weights))
        lowest, highest = (matrix.lowest, 1.0) if name != "gap" else (-np.inf, np.inf)
        table[name] = values
        table[f"{name}_low"] = np.maximum(values - reach, lowest)
        table[f"{name}_high"] = np.minimum(values + reach, highest)
    return table[table.home.notna() | table.elsewhere.notna()].reset_index(drop=True)


def _home_and_away(
    cells: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Each model's diagonal cell, and the mean of its others: (..., n, n) -> twice (..., n)."""
    home = np.diagonal(cells, axis1=-2, axis2=-1)
    off = ~np.isnan(cells) & ~np.eye(cells.shape[-1], dtype=bool)
    counts = off.sum(-1)
    sums = np.where(off, cells, 0).sum(-1)
    return home, np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def _combine(
    home: npt.NDArray[np.float64], away: npt.NDArray[np.float64], times_home: int, times_away: int
) -> npt.NDArray[np.float64]:
    """Mean over the models (last axis); NaN where a model lacks what is asked for."""
    total = (times_home * home if times_home else 0) + (times_away * away if times_away else 0)
    return np.asarray(total).mean(-1)


def _hardest(matrix: TransferMatrix) -> tuple[str, float, str, float] | None:
    by_group: dict[str, list[tuple[float, str]]] = {}
    for train_group, test_group, value in matrix.pairs():
        by_group.setdefault(test_group, []).append((value, train_group))
    if not by_group:
        return None
    # Only groups that the same number of models went to can be compared.
    most = max(map(len, by_group.values()))
    means = {
        group: sum(value for value, _ in values) / most
        for group, values in by_group.items()
        if len(values) == most
    }
    if len(means) < 2 or most < 2:
        return None
    group = min(means, key=lambda name: means[name])
    best, trained_on = max(by_group[group])
    return group, means[group], trained_on, best


def _better_away(better_away: dict[str, list[tuple[str, float]]], matrix: TransferMatrix) -> str:
    """Which models do better away than at home, as far as the scenes settle it.

    One in forty differences lies above its own interval by chance, and there are thirty: so the
    intervals are those of all differences together (Bonferroni: Dunn 1961, Journal of the American
    Statistical Association 56, 52-64).
    """
    differences = matrix.minus_home()
    n_differences = sum(1 for _ in differences.pairs())
    known = matrix.sampling is not None

    def settled(trained: str, tested: str) -> bool:
        if not known:
            return True
        cell = np.zeros(differences.mean.shape)
        cell[matrix.groups.index(trained), matrix.groups.index(tested)] = 1
        reach = differences.reach(cell, 1 - (1 - LEVEL) / n_differences)
        return differences.cell(trained, tested) > float(reach)

    clear = {
        trained: kept
        for trained, places in better_away.items()
        if (kept := [place for place in places if settled(trained, place[0])])
    }
    together = "95% interval"
    if n_differences > 1:
        together += f"s for all {n_differences} differences together"
    if not clear:
        return (
            "The scenes do not settle for any model that it does better elsewhere than at home "
            f"({together})."
        )
    models = [
        f"**{trained}** ({matrix.unit.value(matrix.cell(trained, trained))}) in "
        + listed([f"{tested} ({matrix.unit.value(value)})" for tested, value in places])
        for trained, places in clear.items()
    ]
    said = f"Better elsewhere than at home: models trained on {'; '.join(models)}."
    if not known:
        said = said.replace("Better", "Higher", 1)
        return f"{said} The scenes are not known, nor whether they settle it."
    return f"{said} The scenes settle this ({together})."


def _share_of_pair(matrix: TransferMatrix, pair: tuple[str, str, float]) -> float | None:
    """Share of the resamples in which a pair of two groups has the lowest value."""
    if matrix.draws is None:
        return None
    n = len(matrix.groups)
    off = np.where(np.eye(n, dtype=bool), np.inf, np.nan_to_num(matrix.draws, nan=np.inf))
    place = matrix.groups.index(pair[0]) * n + matrix.groups.index(pair[1])
    return float((off.reshape(len(off), -1).argmin(axis=1) == place).mean())


def _share_of_hardest(matrix: TransferMatrix) -> float | None:
    """Share of the resamples in which the hardest test group has the lowest mean."""
    found = _hardest(matrix)
    if found is None or matrix.draws is None:
        return None
    off = ~np.isnan(matrix.mean.to_numpy()) & ~np.eye(len(matrix.groups), dtype=bool)
    models = off.sum(0)
    compared = models == models.max()
    sums = np.where(off, matrix.draws, 0).sum(axis=1)
    means = np.where(compared, sums / max(models.max(), 1), np.inf)
    return float((means.argmin(axis=1) == matrix.groups.index(found[0])).mean())

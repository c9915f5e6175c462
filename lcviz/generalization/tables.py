"""Train x test tables: how well a model trained on one group does on every other.

Rows are the group a model was trained on, columns the group it was tested on. A cell is the mean
over the scenes of the test group, each of which counts the same; its diagonal rests on the home
test, scenes of the group that neither trained the model nor chose its epoch (under the paper's
protocol they chose it). Scenes without a group are in no cell, scenes without a labelled pixel in
no mean.

Intervals are over scenes (`sampling`): pixels of one scene lie next to each other and are no
independent samples. How often other scenes would have given the same order of cells is told by a
bootstrap (Efron & Tibshirani 1993); within a column all models away from home get the same
resampled scenes, since a scene that is hard for one is often hard for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.published import TransferTable
from lcviz.errors import ArtefactDamagedError
from lcviz.generalization.sampling import Sampling
from lcviz.intervals import resampled_means
from lcviz.metrics import N_CLASSES, Measure
from lcviz.taxonomy import AXES
from lcviz.words import SHARE, Unit

RESAMPLES: Final = 2000


@dataclass(frozen=True, eq=False)
class TransferMatrix:
    """A train x test table; every frame has rows = trained on, columns = tested on."""

    axis: str
    """`continent` or `season`."""
    mean: pd.DataFrame
    """Mean over the test scenes, NaN where there is no scene with a value."""
    std: pd.DataFrame | None
    """Population standard deviation over them; None for differences, which have none."""
    scenes: pd.DataFrame | None
    """How many scenes the mean rests on; None where that is not known (published tables)."""
    draws: npt.NDArray[np.float64] | None
    """The mean in every resample, (resamples, trained on, tested on); None likewise."""
    sampling: Sampling | None = None
    """The single scenes; None likewise."""
    lowest: float = 0.0
    """That a cell can be; the greatest is 1."""
    from_home: bool = False
    """Whether each cell is a difference to the same model's home cell."""
    unit: Unit = SHARE
    """Of its values."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the axis, in the field's order."""
        return AXES[self.axis]

    def cell(self, train_group: str, test_group: str) -> float:
        """Mean of one cell, NaN where there is none."""
        return float(self.mean.loc[train_group, test_group])

    def home(self) -> "pd.Series[float]":
        """The diagonal, by group."""
        return pd.Series(np.diag(self.mean), index=list(self.groups))

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """Trained on, tested on, mean: every pair of two groups that has a value."""
        for train_group in self.groups:
            for test_group in self.groups:
                mean = self.cell(train_group, test_group)
                if train_group != test_group and not np.isnan(mean):
                    yield train_group, test_group, mean

    @cached_property
    def interval(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Lower and upper bound of each cell's 95% interval, NaN where one scene or none is.

        None where the scenes are not known.
        """
        if self.sampling is None:
            return None
        n = len(self.groups)
        reach = self.reach(np.eye(n * n).reshape(n, n, n, n))
        lowest, highest = (self.lowest, 1.0) if self.std is not None else (-np.inf, np.inf)
        return (self.mean - reach).clip(lower=lowest), (self.mean + reach).clip(upper=highest)

    def reach(
        self, weights: npt.NDArray[np.float64], level: float = 0.95
    ) -> npt.NDArray[np.float64]:
        """Half of the interval of weighted sums of cells: (..., models, groups) -> (...).

        NaN where there is none, as `Sampling.reach` has it.
        """
        if self.sampling is None:
            return np.full(weights.shape[:-2], np.nan)
        if self.from_home:
            weights = weights - weights.sum(-1, keepdims=True) * np.eye(len(self.groups))
        return self.sampling.reach(weights, level)

    def minus_home(self) -> "TransferMatrix":
        """Each cell minus the same model's home cell: below zero, away is worse.

        There is no interval where either rests on one scene.
        """
        home = self.home().to_numpy()
        draws = None
        if self.draws is not None:
            draws = self.draws - np.diagonal(self.draws, axis1=1, axis2=2)[:, :, None]
        mean = self.mean.sub(home, axis=0)
        return replace(self, mean=mean, std=None, draws=draws, from_home=True)

    def minus(self, other: "TransferMatrix") -> "TransferMatrix":
        """Each cell minus the other table's, which is taken as exact."""
        draws = None if self.draws is None else self.draws - other.mean.to_numpy()
        return replace(self, mean=self.mean - other.mean, std=None, draws=draws)


def score_scenes(results: pd.DataFrame, axis: str, measure: Measure) -> pd.DataFrame:
    """One measure of every model of an axis on every scene of a known group.

    Args:
        results: as `Study.results` gives it.
        axis: `continent` or `season`.
        measure: one of `metrics.MEASURES`.

    Returns:
        The rows of the axis at home and away, without the scenes that trained a model or chose its
        epoch, with `value` (NaN where the measure has none) and `classes` (how many classes
        counted); `confusion` is int64 (8, 8) in every row.

    Raises:
        ArtefactDamagedError: a confusion matrix is not one, or a scene is scored twice.
    """
    groups = AXES[axis]
    kept = results[
        (results.axis == axis)
        & results.train_group.isin(groups)
        & results.test_group.isin(groups)
        & results.split.isin(("home", "test"))
    ].reset_index(drop=True)
    twice = kept[kept.duplicated(["train_group", "scene_id"])]
    if len(twice):
        raise _damaged(f"{twice.scene_id.iloc[0]} is scored twice for one model")
    confusions = _confusions(kept)
    return kept.assign(
        confusion=list(confusions),
        value=measure.value(confusions),
        classes=measure.classes(confusions).sum(-1),
    )


def transfer_matrix(
    scores: pd.DataFrame,
    axis: str,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    unit: Unit = SHARE,
) -> TransferMatrix:
    """The train x test table of an axis.

    Args:
        scores: as `score_scenes` gives them.
        axis: `continent` or `season`.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        unit: of the measure.
    """
    groups = AXES[axis]
    size = (len(groups), len(groups))
    mean, std = np.full(size, np.nan), np.full(size, np.nan)
    scenes = np.zeros(size, dtype=np.int64)
    draws = np.full((resamples, *size), np.nan)
    by_scene = scores.pivot(index="train_group", columns=["test_group", "scene_id"], values="value")
    by_scene = by_scene.reindex(list(groups)).astype(float)
    of_scene = [groups.index(group) for group, _ in by_scene.columns]
    sampling = Sampling.of(by_scene.to_numpy(), np.array(of_scene, dtype=np.int64))
    for column, test_group in enumerate(groups):
        if test_group not in by_scene.columns:
            continue
        values = by_scene[test_group].to_numpy()
        known = ~np.isnan(values)
        at_home = np.arange(len(groups)) == column
        scenes[:, column] = known.sum(1)
        some = known.any(1)
        mean[some, column] = np.nanmean(values[some], axis=1)
        std[some, column] = np.nanstd(values[some], axis=1)
        for part, trained_on in enumerate((at_home, ~at_home)):
            scored = known[trained_on].any(0)
            # The draws of one column stay the same when other models or groups are added.
            random = np.random.default_rng([abs(seed), column, part])
            draws[:, trained_on, column] = resampled_means(
                values[np.ix_(trained_on, scored)], resamples, random
            )

    def table(cells: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> pd.DataFrame:
        return pd.DataFrame(
            cells,
            index=pd.Index(groups, name="trained on"),
            columns=pd.Index(groups, name="tested on"),
        )

    lowest = -1.0 if (scores.value < 0).any() else 0.0
    return TransferMatrix(
        axis, table(mean), table(std), table(scenes), draws, sampling, lowest, unit=unit
    )


def published_matrix(table: TransferTable, axis: str) -> TransferMatrix:
    """A published table, of which the single scenes are not known."""
    order = list(AXES[axis])
    return TransferMatrix(
        axis, table.mean.loc[order, order], table.std.loc[order, order], None, None
    )


def _confusions(results: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The stored confusion matrices, (rows, 8, 8)."""
    cells = N_CLASSES**2
    for scene_id, confusion in zip(results.scene_id, results.confusion, strict=True):
        if confusion is None or len(confusion) != cells:
            raise _damaged(f"the confusion matrix of {scene_id} does not hold {cells} counts")
    if results.empty:
        return np.zeros((0, N_CLASSES, N_CLASSES), dtype=np.int64)
    confusions = np.stack(list(results.confusion)).reshape(-1, N_CLASSES, N_CLASSES)
    if not np.issubdtype(confusions.dtype, np.integer) or (confusions < 0).any():
        raise _damaged("a confusion matrix holds something else than counts")
    return confusions.astype(np.int64)


def _damaged(what: str) -> ArtefactDamagedError:
    return ArtefactDamagedError(
        f"results.parquet cannot be used: {what}. Delete it and run the stage `evaluate` again."
    )


def matrix_rows(matrix: TransferMatrix) -> pd.DataFrame:
    """A train x test table in long form: one row a cell that has a value.

    Columns trained_on, tested_on, mean and, where they are known, std, scenes, low, high (the
    95% interval).
    """
    parts = {"mean": matrix.mean, "std": matrix.std, "scenes": matrix.scenes}
    interval = matrix.interval
    if interval is not None:
        parts |= {"low": interval[0], "high": interval[1]}
    table = pd.DataFrame(
        {name: cells.stack() for name, cells in parts.items() if cells is not None}
    )
    named = table.rename_axis(["trained_on", "tested_on"])
    return named.dropna(subset="mean").reset_index()


def matrix_cells(matrix: TransferMatrix) -> pd.DataFrame:
    """A train x test table in the paper's form: "0.643 ± 0.132", trained on by rows.

    Without a standard deviation (differences) the mean stands alone, with its sign; a cell
    without a value is a dash.
    """

    def cell(i: int, j: int) -> str:
        mean = matrix.mean.iloc[i, j]
        if np.isnan(mean):
            return "--"
        if matrix.std is None:
            return f"{mean:+.3f}"
        return f"{mean:.3f} ± {matrix.std.iloc[i, j]:.3f}"

    places = range(len(matrix.groups))
    return pd.DataFrame(
        [[cell(i, j) for j in places] for i in places],
        index=pd.Index(matrix.groups, name="Trained on"),
        columns=list(matrix.groups),
    ).reset_index()

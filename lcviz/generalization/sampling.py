"""How sure the means of a train x test table are, given that other scenes could have been drawn.

A mean of cells, or a difference of some, is a weighted sum of values of single scenes. Scenes of
one test group are one sample for all models from elsewhere (a scene that is hard for one is often
hard for all), and another for the group's own model, whose home scenes are few. So the variance is
the sum of those of these samples, each unbiased (divided by n - 1), and the interval is Student's t
with the degrees of freedom of Welch (1947, Biometrika 34, 28-35) and Satterthwaite (1946,
Biometrics Bulletin 2, 110-114). Of two scenes it is very wide, as it has to be.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.stats import t

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sampling:
    """The single scenes behind a table of n groups."""

    influence: Floats
    """How far a scene moves the mean of a model's cell, (models, scenes); 0 where not known."""
    group: npt.NDArray[np.int64]
    """Test group of each scene, (scenes,)."""
    scenes: npt.NDArray[np.int64]
    """Scenes of each cell, (models, test groups)."""

    @classmethod
    def of(cls, values: Floats, group: npt.NDArray[np.int64]) -> Self:
        """Of one value a model and scene.

        Args:
            values: (models, scenes), NaN where not known; model i is the one trained on group i.
            group: number of each scene's test group, (scenes,).
        """
        n_groups = len(values)
        known = ~np.isnan(values)
        of_group = group[:, None] == np.arange(n_groups)
        scenes = known.astype(np.int64) @ of_group
        sums = np.where(known, values, 0) @ of_group
        means = np.divide(sums, scenes, out=np.zeros(sums.shape), where=scenes > 0)
        # n / (n - 1) makes the variance unbiased; one scene has none.
        root = np.sqrt(np.maximum(scenes * (scenes - 1.0), 1))
        moved = np.where(known, values - means[:, group], 0) / root[:, group]
        return cls(moved, group, scenes)

    def reach(self, weights: Floats, level: float = 0.95) -> Floats:
        """Half of the interval of weighted sums of cells.

        Args:
            weights: of the cells, (..., models, test groups).
            level: of the interval.

        Returns:
            (...), NaN where a cell with a weight has fewer than two scenes, or where its scenes do
            not differ, so that nothing tells how far the mean could be from the truth.
        """
        flat = weights.reshape(-1, *self.scenes.shape)
        n_groups = len(self.scenes)
        at_home = np.eye(n_groups, dtype=bool)
        variances, squares = np.zeros((2, len(flat)))
        of_group = (self.group[:, None] == np.arange(n_groups)).astype(float)
        used = flat != 0
        for part in (at_home, ~at_home):
            moved = np.einsum("kms,ms->ks", (flat * part)[:, :, self.group], self.influence)
            variance = moved**2 @ of_group
            scenes = np.where(used & part, self.scenes, np.iinfo(np.int64).max).min(axis=1)
            variances += variance.sum(axis=1)
            squares += (variance**2 / np.maximum(scenes - 1.0, 1)).sum(axis=1)
        known = ~(used & (self.scenes < 2)).any((1, 2)) & (variances > 0)
        freedom = np.divide(variances**2, squares, out=np.ones(len(flat)), where=known)
        found = np.where(known, t.ppf((1 + level) / 2, freedom) * np.sqrt(variances), np.nan)
        return found.reshape(weights.shape[:-2])

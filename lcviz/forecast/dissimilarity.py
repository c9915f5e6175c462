"""How unlike anything that a model was trained on is a tile of an image?

Tiles are squares of `TILE` pixels. Their features (band means, or maps of the network averaged over
the tile) are standardised and weighted by how much they matter to the model. The dissimilarity
index (DI) is the distance to the nearest reference tile, divided by the mean distance between
reference tiles. Beyond the threshold, a tile lies outside the model's area of applicability (AOA).

Source: Meyer & Pebesma 2021, Methods Ecol. Evol. 12, 1620-1633; the threshold
never exceeds the greatest DI of the references, as in their package CAST.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist

from lcviz.study.forecast_records import FeatureSpace

Floats = npt.NDArray[np.float64]

TILE: Final = 64
"""Rows and columns of a tile, in pixels."""
PAIRED: Final = 2000
"""References whose mean distance is computed: its cost grows with their square."""
MOST_FOLDS: Final = 10


def tile_means(
    values: npt.NDArray[np.generic], valid: npt.NDArray[np.bool_], tile: int = TILE
) -> Floats:
    """Means over the valid pixels of each tile; those at the right and lower edge may be smaller.

    Args:
        values: (maps, rows, columns).
        valid: (rows, columns).
        tile: rows and columns of a tile.

    Returns:
        (tile rows, tile columns, maps), NaN where a tile has no valid pixel.
    """
    rows, columns = valid.shape
    starts = np.arange(0, rows, tile), np.arange(0, columns, tile)

    def summed(x: npt.NDArray[np.generic]) -> Floats:
        along_rows = np.add.reduceat(x, starts[0], axis=-2, dtype=np.float64)
        return np.add.reduceat(along_rows, starts[1], axis=-1)

    counts = summed(valid)
    sums = summed(np.where(valid, values, 0))
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return np.moveaxis(means, 0, -1)


def fit_space(
    references: Floats,
    importance: Floats,
    scenes: npt.NDArray[np.object_],
    *,
    maps: tuple[int, ...] = (),
    seed: int = 0,
) -> FeatureSpace:
    """Scale and weight features, and find the threshold by cross-validation.

    Args:
        references: features of the reference tiles, (n, features).
        importance: how much each feature matters, (features,), not negative; all alike if all 0.
        scenes: scene of each tile, (n,): the folds of the cross-validation, or parts of them where
            there are more than `MOST_FOLDS`. The DI of a reference is its distance to the nearest
            one of another fold; that of all of one scene is their distance to themselves.
        maps: which maps of the network the features are.
        seed: of the sample for the mean distance.
    """
    std = references.std(axis=0)
    total = importance.sum()
    space = FeatureSpace(
        mean=tuple(references.mean(axis=0).tolist()),
        std=tuple(np.where(std > 0, std, 1).tolist()),
        weights=tuple((importance * len(importance) / total).tolist())
        if total > 0
        else (1.0,) * len(importance),
        mean_distance=1.0,
        threshold=0.0,
        maps=maps,
    )
    points = scaled(space, references)
    picked = points
    if len(points) > PAIRED:
        picked = points[np.random.default_rng(seed).choice(len(points), PAIRED, replace=False)]
    distances = pdist(picked) if len(picked) > 1 else np.zeros(1)
    mean_distance = float(distances.mean()) or 1.0
    own = _distances_across(points, scenes) / mean_distance
    q25, q75 = np.quantile(own, [0.25, 0.75])
    threshold = min(float(q75 + 1.5 * (q75 - q25)), float(own.max()))
    return FeatureSpace(space.mean, space.std, space.weights, mean_distance, threshold, space.maps)


def dissimilarity(
    space: FeatureSpace, references: Floats, features: Floats
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """DI of tiles, and which reference each is nearest to.

    Args:
        space: as `fit_space` made it.
        references: (n, features), those it was made of.
        features: (m, features); a tile with NaN has a DI of NaN.

    Returns:
        DI (m,), 0 for a reference itself; row of the nearest reference (m,), -1 for NaN.
    """
    found = np.full(len(features), np.nan)
    nearest = np.full(len(features), -1, dtype=np.int64)
    known = np.isfinite(features).all(axis=1)
    if known.any():
        tree = KDTree(scaled(space, references))
        distance, nearest[known] = tree.query(scaled(space, features[known]))
        found[known] = distance / space.mean_distance
    return found, nearest


def share_outside(dissimilarities: Floats, space: FeatureSpace) -> float:
    """Share of the tiles that lie outside the area of applicability; NaN where none is known."""
    known = dissimilarities[~np.isnan(dissimilarities)]
    return float((known > space.threshold).mean()) if known.size else float("nan")


def scaled(space: FeatureSpace, features: Floats) -> Floats:
    """Features (n, features) standardised and weighted: distances are taken between these."""
    standardised: Floats = (features - np.array(space.mean)) / np.array(space.std)
    return standardised * np.array(space.weights)


def _distances_across(points: Floats, scenes: npt.NDArray[np.object_]) -> Floats:
    """Distance of each reference to the nearest one of another fold."""
    names, numbers = np.unique(scenes.astype(str), return_inverse=True)
    folds = numbers % min(len(names), MOST_FOLDS)
    distances = np.zeros(len(points))
    for fold in np.unique(folds) if len(names) > 1 else ():
        inside = folds == fold
        distances[inside] = KDTree(points[~inside]).query(points[inside])[0]
    return distances

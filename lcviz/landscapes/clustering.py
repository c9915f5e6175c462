"""Landscapes: K-Means clusters of patches by their ten band means.

Source: Hu, Robinson & Dilkina (arXiv:2008.10351), section 4.2, with K = 16. Bands are standardised
here, so that each counts the same whatever its range; the paper does not say whether it does so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from lcviz.errors import ConfigurationError
from lcviz.study.columns import MEANS

Floats = npt.NDArray[np.float64]

PAPER_K: Final = 16
STARTS: Final = 50
"""Of K-Means; ten often miss the best clustering."""
MANY: Final = 20_000
FEWER_STARTS: Final = 10
"""With more than `MANY` patches, where a start takes seconds and more of them find little."""
BOOTSTRAPS: Final = 10
SILHOUETTE_SAMPLE: Final = 10_000
"""Patches that a silhouette is computed on: its cost grows with their square."""
_EARLY: Final = 2e-4
"""A start stops where centroids move less than this share of the variance (scikit-learn: 1e-4)."""


@dataclass(frozen=True, eq=False)
class Clustering:
    """Patches in k clusters, numbered from the darkest centroid (0) to the brightest (k - 1)."""

    labels: npt.NDArray[np.int64]
    """Cluster of each patch, (n,)."""
    distances: Floats
    """Distance of each patch to its centroid, (n,), in standard deviations of the bands."""
    centroids_dn: Floats
    """Mean of each cluster's patches, (k, 10), DN."""
    inertia: float
    """Sum of the squared distances."""


def usable_patches(patches: pd.DataFrame) -> pd.DataFrame:
    """The patches that can be clustered: not damaged, with all ten band means."""
    damaged = patches.status.str.startswith("damaged")
    return patches[~damaged & np.isfinite(patches[MEANS]).all(axis=1)].reset_index(drop=True)


def usual_starts(patches: int) -> int:
    """How many starts are worth their time."""
    return STARTS if patches <= MANY else FEWER_STARTS


def count_different(means: Floats) -> int:
    """How many different rows there are: no clustering can have more clusters."""
    return _count_different(means[_canonical_order(means)])


def cluster_patches(
    means: Floats, k: int, *, seed: int = 0, starts: int | None = None
) -> Clustering:
    """Cluster patches by K-Means (Lloyd, k-means++) on standardised band means.

    Neither the clusters nor their numbers depend on the order of the patches.

    Args:
        means: band means, float64 (n, 10), DN, all finite.
        k: number of clusters.
        seed: of the starts.
        starts: how many, `usual_starts` if None; the one with the smallest inertia is kept.

    Raises:
        ConfigurationError: there are fewer different patches than clusters.
        ValueError: a mean is not finite.
    """
    order = _canonical_order(means)
    ordered = means[order]
    different = _count_different(ordered)
    if different < k:
        raise ConfigurationError(
            f"{k} clusters need at least {k} different patches with imagery; there are "
            f"{different}. Choose a smaller K."
        )
    scaler = StandardScaler()
    features = scaler.fit_transform(ordered)
    # The starts stop early, since all but one are thrown away. The best one goes on to the end, so
    # that each centroid is the mean of its members, and each member nearest to its own centroid.
    starts = starts or usual_starts(len(means))
    best = KMeans(k, n_init=starts, random_state=seed, tol=_EARLY).fit(features)
    final = KMeans(k, init=best.cluster_centers_, n_init=1, tol=0, max_iter=1000).fit(features)
    centroids = scaler.inverse_transform(final.cluster_centers_)
    ranking = np.lexsort((*centroids.T[::-1], centroids.sum(axis=1)))
    labels = np.empty(len(means), dtype=np.int64)
    labels[order] = np.argsort(ranking)[final.labels_]
    distances = np.empty(len(means))
    distances[order] = np.linalg.norm(features - final.cluster_centers_[final.labels_], axis=1)
    return Clustering(labels, distances, centroids[ranking], float(final.inertia_))


def representatives(
    clustering: Clustering,
    scenes: Sequence[str] | npt.NDArray[np.object_],
    *,
    count: int = 8,
    preferred: npt.NDArray[np.bool_] | None = None,
) -> list[list[int]]:
    """The patches nearest each centroid, from different scenes where possible.

    Args:
        clustering: of n patches.
        scenes: scene of each patch, (n,).
        count: at most so many a cluster.
        preferred: patches to take before any other, (n,); those that can be shown, say.

    Returns:
        For each cluster its row numbers: the preferred ones first; among these the nearest of
        each scene first, then the second nearest of each, and so on; then by distance.
    """
    table = pd.DataFrame(
        {
            "cluster": clustering.labels,
            "scene": np.asarray(scenes, dtype=object),
            "other": False if preferred is None else ~preferred,
            "distance": clustering.distances,
        }
    ).sort_values(["other", "distance"], kind="stable")
    table["turn"] = table.groupby(["cluster", "scene"]).cumcount()
    table = table.sort_values(["other", "turn", "distance"], kind="stable")
    nearest = table.groupby("cluster").head(count)
    return [
        nearest.index[nearest.cluster == cluster].tolist()
        for cluster in range(len(clustering.centroids_dn))
    ]


def silhouette(
    means: Floats,
    clustering: Clustering,
    *,
    seed: int = 0,
    sample: int = SILHOUETTE_SAMPLE,
) -> float:
    """Mean silhouette, -1 to 1, of a seeded sample: how much nearer own than next patches are.

    NaN where the sample holds one cluster only, or as many as patches. Features are standardised
    as in `cluster_patches`. Source: Rousseeuw 1987, J. Comput. Appl. Math. 20, 53-65.
    """
    order = _canonical_order(means)
    picked = order
    if len(order) > sample:
        picked = order[np.random.default_rng(seed).choice(len(order), sample, replace=False)]
    labels = clustering.labels[picked]
    if not 2 <= len(np.unique(labels)) < len(labels):
        return float("nan")
    features = StandardScaler().fit(means[order]).transform(means[picked])
    return float(silhouette_score(features, labels))


def stability(
    means: Floats,
    clustering: Clustering,
    scenes: Sequence[str] | npt.NDArray[np.object_],
    *,
    seed: int = 0,
    bootstraps: int = BOOTSTRAPS,
) -> float:
    """How far other scenes would have given the same clusters: mean adjusted Rand index.

    Scenes are drawn with replacement, their patches clustered, and all patches given to the nearest
    of these centroids (Hennig 2007, Computational Statistics & Data Analysis 52, 258-271; index:
    Hubert & Arabie 1985). 1: the same clusters; 0: no more alike than by chance.

    Args:
        means: as for `cluster_patches`.
        clustering: of these patches.
        scenes: of each patch, (n,).
        seed: of the drawing.
        bootstraps: how many.

    Returns:
        NaN where no draw has as many different patches as there are clusters.
    """
    order = _canonical_order(means)
    features = StandardScaler().fit_transform(means[order])
    _, number = np.unique(np.asarray(scenes).astype(str)[order], return_inverse=True)
    random, k = np.random.default_rng(seed), len(clustering.centroids_dn)
    found = []
    for _ in range(bootstraps):
        times = np.bincount(random.integers(0, number.max() + 1, number.max() + 1))
        weights = np.pad(times, (0, number.max() + 1 - len(times)))[number]
        drawn = weights > 0
        if _count_different(means[order][drawn]) < k:
            continue
        starts = max(usual_starts(len(means)) // 5, 1)
        fitted = KMeans(k, n_init=starts, random_state=seed, tol=_EARLY).fit(
            features[drawn], sample_weight=weights[drawn].astype(float)
        )
        found.append(adjusted_rand_score(clustering.labels[order], fitted.predict(features)))
    return float(np.mean(found)) if found else float("nan")


def _canonical_order(means: Floats) -> npt.NDArray[np.intp]:
    """Row numbers in an order that does not depend on the one they came in."""
    return np.lexsort(means.T[::-1])


def _count_different(ordered: Floats) -> int:
    changes = (ordered[1:] != ordered[:-1]).any(axis=1)
    return len(ordered) and 1 + int(np.count_nonzero(changes))

"""Which of a study's landscapes are in an image, and how far they are from others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from sklearn.preprocessing import StandardScaler

from lcviz.errors import ArtefactMissingError
from lcviz.landscapes.clustering import PAPER_K, usable_patches
from lcviz.study import Study
from lcviz.study.columns import MEANS
from lcviz.study.landscapes import available_k, read_clusters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LandscapeSpace:
    """The centroids of a clustering, and how band means are standardised for it."""

    scaler: StandardScaler
    centroids: Floats
    """(k, 10), standardised."""

    def shares(self, band_means: Floats) -> Floats:
        """Share of each landscape among tiles, (k,): a tile is of its nearest centroid.

        Args:
            band_means: (n, 10), DN; tiles with NaN are left out.

        Returns:
            NaN where no tile is known.
        """
        clusters = self.nearest(band_means)
        counts = np.bincount(clusters, minlength=len(self.centroids))
        return counts / counts.sum() if counts.sum() else np.full(len(counts), np.nan)

    def nearest(self, band_means: Floats) -> npt.NDArray[np.intp]:
        """Landscape of each tile without NaN."""
        known = band_means[np.isfinite(band_means).all(axis=1)]
        if not len(known):
            return np.zeros(0, dtype=np.intp)
        scaled = self.scaler.transform(known)
        squared = ((scaled[:, None] - self.centroids) ** 2).sum(axis=2)
        found: npt.NDArray[np.intp] = squared.argmin(axis=1)
        return found


def read_landscape_space(study: Study, k: int = PAPER_K) -> LandscapeSpace | None:
    """The landscapes of a study, standardised as `landscapes.cluster_patches` did.

    None where the study has no such clustering.
    """
    if k not in available_k(study):
        return None
    try:
        patches = usable_patches(study.patches(["patch_id", "status", *MEANS]))
    except ArtefactMissingError:
        return None
    scaler = StandardScaler().fit(patches[MEANS].to_numpy())
    centroids = scaler.transform(read_clusters(study, k)[MEANS].to_numpy())
    return LandscapeSpace(scaler, centroids)


def landscape_distance(shares: Floats, others: Floats) -> float:
    """Jensen-Shannon distance of two cluster histograms, base 2: 0 equal, 1 nothing in common."""
    return float(jensenshannon(shares, others, base=2))


def usual_distance(
    space: LandscapeSpace, band_means: Floats, scenes: npt.NDArray[np.object_], share: float = 0.9
) -> float | None:
    """How far nine in ten training scenes lie at most from the other training scenes.

    Args:
        space: of the study.
        band_means: of a model's reference tiles, (n, 10), DN.
        scenes: scene of each.
        share: of the scenes.

    Returns:
        None for fewer than two scenes.
    """
    names = np.unique(scenes.astype(str))
    if len(names) < 2:
        return None
    distances = [
        landscape_distance(
            space.shares(band_means[scenes == name]), space.shares(band_means[scenes != name])
        )
        for name in names
    ]
    return float(np.quantile(distances, share))

"""How landscapes are spread over continents and seasons, and which ones give a group away.

Tables have one row a group, in the field's order, and one column a cluster. A group without
patches is absent; a patch without a continent is in no continent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import entropy as scipy_entropy
from sklearn.decomposition import PCA

from lcviz.taxonomy import AXES

Prior = Literal["equal", "dataset"]
DRAWS = 200


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of cluster histograms; columns are PC1, PC2, ..."""

    scores: pd.DataFrame
    """Place of each group, groups x components, in shares."""
    explained: npt.NDArray[np.float64]
    """Share of the variance between the groups, (components,); zero where they do not differ."""
    loadings: pd.DataFrame
    """Direction of each component, clusters x components, of length 1; its largest loading is
    positive."""
    mean: "pd.Series[float]"
    """Mean histogram, by cluster: the origin."""

    def project(self, shares: pd.DataFrame) -> pd.DataFrame:
        """Place of other histograms (rows x clusters) on these axes."""
        return (shares - self.mean) @ self.loadings


def cluster_counts(membership: pd.DataFrame, patches: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Patches of each group in each cluster, int64, groups x clusters.

    Args:
        membership: patch_id, cluster.
        patches: patch_id and the axis as a column; patches that are not in both are not counted.
        axis: `continent` or `season`.
    """
    counts = _count(membership, patches, axis, [axis])
    return counts.reindex([group for group in AXES[axis] if group in counts.index])


def shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Share of each cluster within each group: rows sum to 1."""
    return counts.div(counts.sum(axis=1), axis=0)


def pca(shares: pd.DataFrame) -> Components | None:
    """Principal components of histograms, groups x clusters, not scaled.

    None for fewer than two groups, which differ in nothing. There are as many components as
    groups less one, at most as many as clusters.
    """
    if len(shares) < 2:
        return None
    size = min(len(shares) - 1, shares.shape[1])
    with np.errstate(invalid="ignore"):  # No variance at all: 0 / 0.
        fitted = PCA(size, svd_solver="full").fit(shares.to_numpy())
    names = [f"PC{number}" for number in range(1, size + 1)]
    return Components(
        scores=pd.DataFrame(fitted.transform(shares.to_numpy()), shares.index, names),
        explained=np.nan_to_num(fitted.explained_variance_ratio_),
        loadings=pd.DataFrame(fitted.components_.T, shares.columns, names),
        mean=pd.Series(fitted.mean_, shares.columns),
    )


def bootstrap_cloud(
    membership: pd.DataFrame,
    patches: pd.DataFrame,
    axes: Sequence[str],
    components: Components,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """How sure each group's place is: its scenes resampled, projected on the fixed components.

    Scenes, not patches, are drawn (with replacement, within each group): patches of one scene
    overlap and look alike. The axes stay those of the whole data. A group's draws do not depend
    on what other groups there are.

    Args:
        membership: patch_id, cluster.
        patches: patch_id, scene_id and the axes as columns.
        axes: `continent`, `season` or both.
        components: of these groups, as `pca` gives them.
        draws: resamples of each group.
        seed: of the resampling.

    Returns:
        draw, group, PC1, PC2, ...; a group of one scene has no rows, since one scene cannot say
        how scenes vary.
    """
    clouds = []
    for axis_number, axis in enumerate(axes_in_order(axes)):
        by_scene = _count(membership, patches, axis, [axis, "scene_id"])
        for group_number, group in enumerate(AXES[axis]):
            if group not in components.scores.index or group not in by_scene.index:
                continue
            counts = by_scene.loc[group]
            if len(counts) < 2:
                continue
            random = np.random.default_rng([abs(seed), axis_number, group_number])
            times = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), draws)
            drawn = pd.DataFrame(times @ counts.to_numpy(), columns=counts.columns)
            cloud = components.project(shares(drawn))
            cloud.insert(0, "draw", range(draws))
            cloud.insert(1, "group", group)
            clouds.append(cloud)
    if not clouds:
        return pd.DataFrame(columns=["draw", "group", *components.scores.columns])
    return pd.concat(clouds, ignore_index=True)


def posterior(counts: pd.DataFrame, prior: Prior = "equal") -> pd.DataFrame:
    """P(group | cluster), groups x clusters: columns sum to 1, NaN in an empty cluster.

    Args:
        counts: patches, groups x clusters.
        prior: `equal` takes the groups as equally likely beforehand: P(group | cluster) is
            proportional to P(cluster | group), that is to the count divided by the group's share
            of all patches. `dataset` takes their shares of the patches: the counts of a cluster,
            normalised.

    Source: Hu, Robinson & Dilkina, Figure 7 and their code, which is `equal`; equation 1 of the
    text divides by P(group) once more.
    """
    weights = shares(counts) if prior == "equal" else counts.astype(float)
    totals = weights.sum(axis=0)
    return weights.div(totals.where(totals > 0), axis=1)


def entropy(posterior: pd.DataFrame) -> "pd.Series[float]":
    """Entropy of P(group | cluster) by cluster, bits; NaN for an empty cluster.

    0 where a cluster gives its group away, log2(groups) where it says nothing.
    """
    return pd.Series(scipy_entropy(posterior.to_numpy(), base=2, axis=0), posterior.columns)


def axes_in_order(axes: Sequence[str]) -> list[str]:
    """The chosen axes in the field's order, each once."""
    return [axis for axis in AXES if axis in axes]


def _count(
    membership: pd.DataFrame, patches: pd.DataFrame, axis: str, by: list[str]
) -> pd.DataFrame:
    clusters = range(int(membership.cluster.max()) + 1 if len(membership) else 0)
    members = membership[["patch_id", "cluster"]].merge(patches[["patch_id", *by]], on="patch_id")
    members = members[members[axis].isin(AXES[axis])]
    counts = members.groupby([*by, "cluster"]).size().unstack("cluster", fill_value=0)
    return counts.reindex(columns=pd.Index(clusters, name="cluster"), fill_value=0).astype(np.int64)

"""What the landscapes page computes once for a study: kept until one of its files changes.

Nobody may change what is returned: all visitors share it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from lcviz.data import published, published_landscapes
from lcviz.data.histograms import Counts
from lcviz.distributions.distances import DISTANCES, distance_table
from lcviz.errors import LcvizError
from lcviz.generalization.tables import (
    TransferMatrix,
    published_matrix,
    score_scenes,
    transfer_matrix,
)
from lcviz.landscapes.groups import Components, bootstrap_cloud, cluster_counts, pca, shares
from lcviz.landscapes.names import cluster_colours, name_clusters
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.study.landscapes import FRACTIONS, read_clusters, read_membership
from lcviz.study.statistics import read_histograms
from lcviz.taxonomy import AXES, CLASS_COLOURS
from lcviz.ui.shared_study import HISTOGRAMS, LANDSCAPES, PATCHES, PICTURES, RESULTS, kept

MOSAIC_PICTURES = 4
_TILE = 112


@dataclass(frozen=True, eq=False)
class Landscapes:
    """The clustering of a study for one K."""

    k: int
    clusters: pd.DataFrame
    """As `study.landscapes.read_clusters` gives them."""
    names: tuple[str, ...]
    colours: tuple[str, ...]
    membership: pd.DataFrame
    """patch_id, cluster."""
    patches: pd.DataFrame
    """patch_id, scene_id, season, continent of all patches."""
    counts: dict[str, pd.DataFrame]
    """Axis -> patches, groups x clusters."""
    scenes: npt.NDArray[np.int64]
    """From how many scenes each cluster has patches."""
    nearest: tuple[str, ...]
    """The patch nearest each centroid."""
    pictured: tuple[tuple[str, ...], ...]
    """The representatives of each cluster that are browsable."""


@kept(LANDSCAPES, PATCHES, entries=16)
def landscapes_of(study: Study, k: int) -> Landscapes:
    """The clustering for one K, from the study's files.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as the study's readers do.
    """
    if study.is_published:
        return _published_landscapes()
    clusters, membership = read_clusters(study, k), read_membership(study, k)
    patches = study.patches(["patch_id", "scene_id", "season", "continent", "browsable"])
    members = membership.merge(patches[["patch_id", "scene_id"]], on="patch_id")
    scenes = members.groupby("cluster").scene_id.nunique().reindex(range(k), fill_value=0)
    first = membership.sort_values("distance").drop_duplicates("cluster").set_index("cluster")
    browsable = set(patches.patch_id[patches.browsable])
    return Landscapes(
        k=k,
        clusters=clusters,
        names=name_clusters(clusters),
        colours=cluster_colours(clusters),
        membership=membership[["patch_id", "cluster"]],
        patches=patches.drop(columns="browsable"),
        counts={axis: cluster_counts(membership, patches, axis) for axis in AXES},
        scenes=scenes.to_numpy(np.int64),
        nearest=tuple(first.patch_id.reindex(range(k)).fillna("")),
        pictured=tuple(
            tuple(patch for patch in row if patch in browsable) for row in clusters.representatives
        ),
    )


def _published_landscapes() -> Landscapes:
    """The authors' own clustering: counts without patches, and no centroids."""
    fractions = published_landscapes.class_shares()
    counts = {axis: published_landscapes.cluster_counts(axis) for axis in AXES}
    clusters = pd.DataFrame(fractions, columns=FRACTIONS)
    clusters.insert(0, "cluster", range(published_landscapes.K))
    clusters.insert(1, "patches", counts["continent"].sum().to_numpy())
    # Nobody published what the clusters look like: their commonest class lends its colour.
    colours = [
        "#9AA5A0" if np.isnan(row).any() else CLASS_COLOURS[int(row.argmax())] for row in fractions
    ]
    return Landscapes(
        k=published_landscapes.K,
        clusters=clusters,
        names=published_landscapes.cluster_names(),
        colours=tuple(colours),
        membership=pd.DataFrame(columns=["patch_id", "cluster"]),
        patches=pd.DataFrame(columns=["patch_id", "scene_id", *AXES]),
        counts=counts,
        scenes=np.zeros(published_landscapes.K, np.int64),
        nearest=published_landscapes.representatives(),
        pictured=((),) * published_landscapes.K,
    )


@kept(LANDSCAPES, PATCHES, entries=64)
def components_of(study: Study, k: int, axes: Sequence[str]) -> Components | None:
    """Components of the cluster histograms of one axis, or of both together."""
    landscapes = landscapes_of(study, k)
    return pca(pd.concat([shares(landscapes.counts[axis]) for axis in axes]))


@kept(LANDSCAPES, PATCHES, entries=64)
def cloud_of(study: Study, k: int, axes: Sequence[str]) -> pd.DataFrame:
    """Bootstrap draws of the groups' places on these components; there must be some."""
    landscapes, components = landscapes_of(study, k), components_of(study, k, axes)
    assert components is not None
    seed = study.info.seed
    return bootstrap_cloud(landscapes.membership, landscapes.patches, axes, components, seed=seed)


@kept(HISTOGRAMS, entries=64)
def band_distances_of(study: Study, axis: str, distance: str) -> pd.DataFrame:
    """Distance of each two groups, mean over the ten bands; groups x groups."""
    counts = _band_counts(study, axis)
    table = distance_table(counts, DISTANCES[distance]).mean(-1)
    return pd.DataFrame(table, list(counts), list(counts))


# Few are kept: of the whole of SEN12MS they are tens of megabytes.
@kept(HISTOGRAMS, entries=4)
def _band_counts(study: Study, axis: str) -> dict[str, Counts]:
    return read_histograms(study).by(axis)


@kept(RESULTS, entries=64)
def matrix_of(study: Study, axis: str, measure: str) -> TransferMatrix:
    """The train x test table of one measure, as the generalisation page shows it."""
    if study.is_published:
        tables = {"continent": published.table_4, "season": published.table_5}
        return published_matrix(tables[axis](), axis)
    scores = score_scenes(study.results(), axis, MEASURES[measure])
    return transfer_matrix(scores, axis, seed=study.info.seed, unit=MEASURES[measure].unit)


@kept(PICTURES, entries=512)
def mosaic_of(study: Study, patch_ids: Sequence[str]) -> npt.NDArray[np.uint8] | None:
    """Up to four patches in true colour as one square picture; None if none can be read."""
    pictures = []
    for patch_id in patch_ids:
        try:
            picture = study.quicklook(patch_id, "s2")
        except LcvizError:
            continue  # The panel of the chosen cluster says what is wrong with a picture.
        if picture is not None:
            pictures.append(_small(picture))
        if len(pictures) == MOSAIC_PICTURES:
            break
    if not pictures:
        return None
    if len(pictures) < MOSAIC_PICTURES:
        return pictures[0]
    rows: list[Any] = [np.hstack(pictures[:2]), np.hstack(pictures[2:])]
    return np.vstack(rows)


def _small(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    resized = Image.fromarray(picture).resize((_TILE, _TILE), Image.Resampling.LANCZOS)
    return np.asarray(resized)

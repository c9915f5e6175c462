"""What kinds of land there are and who has which: the paper's Figures 4 to 7, and similarity."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from textwrap import fill

import numpy as np
import pandas as pd

from lcviz.data import published, published_landscapes
from lcviz.distributions.distances import DISTANCES, distance_table
from lcviz.errors import ArtefactMissingError, LcvizError
from lcviz.figures.paper.landscapes import components_plane, histogram_panels, posterior_bars
from lcviz.figures.paper.pictures import cluster_mosaic
from lcviz.figures.paper.scores import similarity_scatter
from lcviz.generalization.similarity import COLUMNS, pair_table, sentence, spearman
from lcviz.generalization.tables import TransferMatrix, published_matrix
from lcviz.landscapes.clustering import PAPER_K
from lcviz.landscapes.groups import (
    DRAWS,
    bootstrap_cloud,
    cluster_counts,
    entropy,
    pca,
    posterior,
    shares,
)
from lcviz.landscapes.names import cluster_colours, name_clusters
from lcviz.landscapes.words import cluster_label, giveaway
from lcviz.manuscript.items import Chart, Item, Table, basis, unmarked
from lcviz.manuscript.transfer import matrix_of
from lcviz.study import Study
from lcviz.study.landscapes import STAGE, available_k, read_clusters, read_membership
from lcviz.study.statistics import read_histograms
from lcviz.taxonomy import AXES

_WASSERSTEIN = "wasserstein"


@dataclass(frozen=True, eq=False)
class Clustering:
    """The clusters that a manuscript shows: K = 16 as in the paper, or what there is."""

    k: int
    names: tuple[str, ...]
    colours: tuple[str, ...]
    patches: tuple[int, ...]
    counts: dict[str, pd.DataFrame]
    """Axis -> patches, groups x clusters."""
    source: str
    """How it was made, a sentence."""


def clustering_of(study: Study) -> Clustering:
    """The study's clusters for K = 16 (else the largest K), or the published ones.

    Raises:
        ArtefactMissingError: no patch has been clustered.
    """
    if study.is_published:
        counts = {axis: published_landscapes.cluster_counts(axis) for axis in AXES}
        total = counts["continent"].sum()
        return Clustering(
            published_landscapes.K,
            published_landscapes.cluster_names(),
            ("#9AA5A0",) * published_landscapes.K,
            tuple(int(n) for n in total),
            counts,
            f"K-Means, K = {published_landscapes.K}, on 12 band means of n = {total.sum():,} "
            "patches: the authors' run and numbering, counts read off the bars of their figures.",
        )
    ks = available_k(study)
    if not ks:
        raise study.missing(study.path / STAGE, STAGE)
    k = PAPER_K if PAPER_K in ks else ks[-1]
    clusters, membership = read_clusters(study, k), read_membership(study, k)
    patches = study.patches(["patch_id", "scene_id", *AXES])
    return Clustering(
        k,
        name_clusters(clusters),
        cluster_colours(clusters),
        tuple(int(n) for n in clusters.patches),
        {axis: cluster_counts(membership, patches, axis) for axis in AXES},
        f"K-Means, K = {k}, on the ten standardised band means of n = {len(membership):,} patches; "
        "clusters are numbered from dark to bright.",
    )


def clusters(study: Study) -> Iterator[Item]:
    """The clusters as a table, and a patch of each (the paper's Figure 4)."""
    found = clustering_of(study)
    table = pd.DataFrame({"Cluster": range(found.k), "Name": found.names, "Patches": found.patches})
    for axis in AXES:
        table = table.join(found.counts[axis].T.reset_index(drop=True))
    said = f"The clusters, and how many patches of each group lie in them. {found.source}"
    yield Table("clusters", "Clusters", f"{said} {basis(study)}", table)
    if study.is_published:
        raise ArtefactMissingError("No imagery is published with the study.")
    shown = [_example(study, list(ids)) for ids in read_clusters(study, found.k).representatives]
    if not any(picture is not None for _, picture in shown):
        raise ArtefactMissingError(f"No picture is kept. {study.how_to_make('quicklooks')}")
    titles = [
        fill(f"{i} · {name}", 19) + f"\nn = {n:,}"
        for i, (name, n) in enumerate(zip(found.names, found.patches, strict=True))
    ]
    yield Chart(
        "figure-4",
        "Figure 4",
        f"A patch near the middle of each cluster, Sentinel-2 in true colour, n = patches. "
        f"{found.source} The bar at the left has the cluster's mean true colour. {basis(study)}",
        cluster_mosaic([picture for _, picture in shown], titles, found.colours),
        pd.DataFrame({"cluster": range(found.k), "patch_id": [name for name, _ in shown]}),
    )


def figure_5(study: Study, axis: str) -> Iterator[Chart]:
    """Cluster histograms of the groups."""
    found = clustering_of(study)
    counts = _counts(found, axis)
    table = shares(counts)
    yield Chart(
        _name("figure-5", axis),
        _title("Figure 5", axis),
        f"Cluster histograms of the {axis}s: share of each {axis}'s patches in each cluster. "
        f"{found.source} {basis(study)}",
        histogram_panels(table, counts.sum(axis=1), found.colours),
        table.reset_index(names=axis),
    )


def figure_6(study: Study, axis: str) -> Iterator[Chart]:
    """Principal components of the cluster histograms."""
    found = clustering_of(study)
    components = pca(shares(_counts(found, axis)))
    if components is None:
        raise ArtefactMissingError(f"Components need two {axis}s with patches.")
    cloud = None
    said = (
        f"The {axis}s on the first two principal components of their cluster histograms (n = "
        f"{len(components.scores)} {axis}s; the unit is a share)."
    )
    if not study.is_published:
        patches = study.patches(["patch_id", "scene_id", *AXES])
        membership = read_membership(study, found.k)
        cloud = bootstrap_cloud(membership, patches, [axis], components, seed=study.info.seed)
        said += f" Small points: {DRAWS} bootstrap draws of each {axis}'s scenes, on the same axes."
    yield Chart(
        _name("figure-6", axis),
        _title("Figure 6", axis),
        f"{said} {found.source} {basis(study)}",
        components_plane(components, cloud),
        components.scores.reset_index(names=axis),
    )


def figure_7(study: Study, axis: str) -> Iterator[Chart]:
    """P(group | cluster) and its entropy."""
    found = clustering_of(study)
    table = posterior(_counts(found, axis), "equal")
    bits = entropy(table)
    labels = [cluster_label(number, found.names) for number in range(found.k)]
    rows = table.T.rename_axis("cluster").reset_index()
    yield Chart(
        _name("figure-7", axis),
        _title("Figure 7", axis),
        f"P({axis} | cluster), all {axis}s equally likely beforehand, and its entropy: 0 bits give "
        f"the {axis} away, {np.log2(len(table)):.2f} tell nothing. {found.source} "
        f"{unmarked(' '.join(giveaway(table, bits, found.names, axis)))} {basis(study)}",
        posterior_bars(table, bits, labels, axis),
        pd.concat([rows, bits.rename("entropy_bits").reset_index(drop=True)], axis=1),
    )


def similarity(study: Study, axis: str) -> Iterator[Item]:
    """Whether similarity orders transfer."""
    matrix, of = _matrix(study, axis)
    cluster_shares = bands = None
    with suppress(LcvizError):  # The other distance may be there.
        cluster_shares = shares(_counts(clustering_of(study), axis))
    distance = DISTANCES[_WASSERSTEIN]
    if not study.is_published:
        try:
            counts = read_histograms(study).by(axis)
            apart = distance_table(counts, distance).mean(-1)
            bands = pd.DataFrame(apart, list(counts), list(counts))
        except LcvizError:
            if cluster_shares is None:
                raise
    pairs = pair_table(matrix, cluster_shares, bands)
    unit = f" ({distance.unit})" if distance.unit else ""
    labels = {
        "landscape_distance": "Jensen-Shannon distance of cluster histograms",
        "band_distance": f"{distance.label}, mean over bands{unit}",
    }
    known = {column: labels[column] for column in COLUMNS if pairs[column].notna().any()}
    if not known or pairs[~pairs.home].empty:
        raise ArtefactMissingError(f"No pair of {axis}s has both a distance and a score.")
    said = " ".join(
        sentence(spearman(pairs, column), column, axis, outcome="Overall accuracy")
        for column in known
    )
    caption = (
        f"Distance of two {axis}s against the overall accuracy from one to the other {of}: one "
        f"point for each of n = {int((~pairs.home).sum())} pairs, filled in the colour of what was "
        f"trained on, ringed in that of what was tested on. {unmarked(said)} Intervals of 95% by "
        f"leaving out one {axis} at a time. {basis(study)}"
    )
    title = f"Similarity and accuracy across {axis}s"
    numbers = pairs.drop(columns=[column for column in COLUMNS if column not in known])
    yield Table(f"similarity-{axis}s", title, caption, numbers)
    chart = similarity_scatter(pairs, known, axis)
    yield Chart(f"figure-similarity-{axis}s", f"{title}, as a figure", caption, chart, numbers)


def _matrix(study: Study, axis: str) -> tuple[TransferMatrix, str]:
    if study.is_published:
        table = published.table_4() if axis == "continent" else published.table_5()
        return published_matrix(table, axis), "(published)"
    return matrix_of(study, axis), "(mean over the test scenes)"


def _counts(found: Clustering, axis: str) -> pd.DataFrame:
    counts = found.counts[axis]
    if counts.empty:
        raise ArtefactMissingError(f"No clustered patch lies in a known {axis}.")
    return counts


def _example(study: Study, patch_ids: list[str]) -> tuple[str, np.ndarray | None]:
    """The first of these patches that has a picture."""
    for patch_id in patch_ids:
        try:
            picture = study.quicklook(patch_id, "s2")
        except LcvizError:
            continue
        if picture is not None:
            return patch_id, picture
    return "", None


def _name(name: str, axis: str) -> str:
    return name if axis == "continent" else f"{name}-{axis}s"


def _title(title: str, axis: str) -> str:
    return title if axis == "continent" else f"{title} across {axis}s"

"""The landscapes of the published study: the authors' own clusters, without a picture."""

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.data import published, published_landscapes
from lcviz.figures.clusters import class_share_figure
from lcviz.figures.similarity import similarity_figure
from lcviz.generalization.similarity import pair_table
from lcviz.generalization.tables import TransferMatrix, published_matrix
from lcviz.landscapes.groups import shares
from lcviz.landscapes.published import (
    landscape_distances,
    mean_entropies,
    nearest_sentence,
    transfer_sentence,
)
from lcviz.landscapes.words import where_it_is
from lcviz.study.landscapes import FRACTIONS
from lcviz.taxonomy import CLASSES, split_patch_id, split_scene_id
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.landscapes.data import Landscapes
from lcviz.ui.studies import study_link
from lcviz.words import percent


def show_published_clusters(landscapes: Landscapes) -> None:
    """All clusters as a table: name, patches, the authors' example, classes."""
    total = int(landscapes.clusters.patches.sum())
    table = pd.DataFrame(
        {
            "Cluster": landscapes.clusters.cluster,
            "Name": landscapes.names,
            "Patches": landscapes.clusters.patches,
            "Share": landscapes.clusters.patches / total,
            "The authors' example": landscapes.nearest,
        }
    )
    said = pd.DataFrame(
        {
            "Cluster": [str(cluster) for cluster in table.Cluster],
            "Name": table.Name,
            "Patches": [f"{patches:,}" for patches in table.Patches],
            "Share": [percent(share) for share in table.Share],
        }
    )
    # Its words wrap where there is little room.
    st.table(said.set_index("Cluster"))
    st.caption(
        f"K-Means on 12 band means (Sentinel-2 and Sentinel-1) of n = {total:,} patches, K = "
        f"{landscapes.k}, the authors' run and numbering. Counts were read off the bars of their "
        "figures. Names are the authors' where they gave one, else the commonest MODIS class of "
        "the cluster's patches in North America. Mean spectra and pictures are not published."
    )
    rows = pd.concat(
        [table, landscapes.clusters[FRACTIONS].set_axis(list(CLASSES), axis=1)], axis=1
    )
    show_downloads(rows, "clusters", published_landscapes.source())


def show_published_cluster(landscapes: Landscapes, chosen: int, axis: str) -> None:
    """One cluster: what it is, where it is, the authors' example, its classes."""
    row = landscapes.clusters.iloc[chosen]
    colour, name = landscapes.colours[chosen], landscapes.names[chosen]
    st.html(
        f'<h3 class="lcviz-cluster"><i class="lcviz-swatch" style="background:{colour}"></i>'
        f"<span>{chosen} · {escape(name)}</span></h3>"
    )
    total = int(landscapes.clusters.patches.sum())
    st.markdown(
        f"{int(row.patches):,} of {total:,} patches ({row.patches / total:.1%}). "
        + where_it_is(landscapes.counts[axis], chosen, axis)
    )
    scene_id, _ = split_patch_id(landscapes.nearest[chosen])
    study_link(
        "pages/world_map.py",
        f"Example: {_short_name(landscapes.nearest[chosen])}",
        ":material/public:",
        scene=scene_id,
    )
    st.markdown("**Land use of its pixels in North America**")
    fractions = [float(row[fraction]) for fraction in FRACTIONS]
    if np.isnan(fractions).any():
        st.caption("It has no patch in North America; of the other continents none is published.")
        return
    show_figure(
        class_share_figure(fractions),
        f"classes-{chosen}",
        "MODIS labels, as the authors printed them; of other continents none is published.",
        saved_caption=f"Land use in North America of cluster {chosen}, {name}: MODIS labels, as "
        "the authors printed them.",
        key="figure-cluster-classes",
    )


def show_entropies(counts: pd.DataFrame) -> None:
    """The entropies beside the authors' own."""
    ours, theirs = mean_entropies(counts), published_landscapes.authors_entropy()
    table = pd.DataFrame({"From these counts": ours, "Printed by the authors": theirs})
    st.markdown("**Entropy of P(continent | cluster), nats**")
    st.dataframe(
        table.rename_axis("Over the clusters").reset_index(),
        hide_index=True,
        width="content",
        column_config=dict.fromkeys(table, st.column_config.NumberColumn(format="%.3f")),
    )
    st.caption(
        "Continents equally likely beforehand, as in the paper's Figure 7; weighted by patches. "
        "They differ by what reading counts off a figure's bars costs."
    )


def show_published_similarity(landscapes: Landscapes, axis: str) -> None:
    """Distances of the groups' histograms against the published accuracy."""
    matrix = _matrix(axis)
    distances = landscape_distances(shares(landscapes.counts[axis]))
    st.markdown(transfer_sentence(distances, matrix.mean, axis))
    st.markdown(nearest_sentence(distances, axis))
    pairs = pair_table(matrix, shares(landscapes.counts[axis]))
    table = "Table 4" if axis == "continent" else "Table 5 (rows = trained on)"
    row = show_figure(
        similarity_figure(
            pairs,
            "landscape_distance",
            axis,
            "Jensen-Shannon distance of cluster histograms",
            "Overall accuracy",
        ),
        f"similarity-{axis}s",
        f"One point for each of n = {int((~pairs.home).sum())} pairs of a model and a {axis} it "
        f"was not trained on: the authors' cluster counts against the paper's {table}. Filled in "
        "the colour of what it was trained on, ringed in that of what it was tested on; home pairs "
        "(diamonds) do not count. Distances of band values are not published.",
        key="figure-landscape_distance",
    )
    with row:
        show_downloads(
            pairs.drop(columns="band_distance"),
            f"similarity-{axis}s",
            f"Distance of landscapes and published accuracy. {published_landscapes.source()}",
        )


def _short_name(patch_id: str) -> str:
    """`Winter 84, patch 124`."""
    scene_id, number = split_patch_id(patch_id)
    _, season, scene = split_scene_id(scene_id)
    return f"{season} {scene}, patch {number}"


def _matrix(axis: str) -> TransferMatrix:
    table = published.table_4() if axis == "continent" else published.table_5()
    return published_matrix(table, axis)

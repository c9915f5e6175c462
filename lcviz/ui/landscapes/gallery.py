"""The gallery of clusters, and the chosen one: its pictures, its spectrum, what it holds."""

import math
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from lcviz.figures.clusters import class_share_figure, spectrum_figure
from lcviz.landscapes.words import cluster_label, where_it_is
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS
from lcviz.taxonomy import CLASSES, split_patch_id, split_scene_id
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import on_pick, pick
from lcviz.ui.landscapes.data import Landscapes, mosaic_of
from lcviz.ui.pictures import picture_tag
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import study_link

PICTURES = 4


def pick_clicked_cluster(key: str) -> None:
    """Pick the cluster whose bar or point was clicked in the figure with this key."""
    points = st.session_state[key].selection.points
    # A second click takes the selection away: the cluster stays picked.
    if points and points[0].get("customdata"):
        pick("cluster", str(points[0]["customdata"][0]))


def clickable(key: str) -> dict[str, Any]:
    """Settings that make a figure's bars and points pick their cluster."""
    return {
        "key": key,
        "selection_mode": "points",
        "on_select": lambda: pick_clicked_cluster(key),
    }


def show_gallery(study: Study, landscapes: Landscapes, chosen: int) -> None:
    """All clusters: pictures, name, share of the patches. Each can be clicked."""
    total = int(landscapes.clusters.patches.sum())
    with st.container(key="landscape-gallery", horizontal=True, gap=None):
        for row in landscapes.clusters.itertuples():
            number = int(row.cluster)
            with st.container(key=f"landscape-card-{number}", gap=None):
                mosaic = mosaic_of(study, landscapes.pictured[number])
                _show_tile(mosaic, f"Patches of cluster {number}", chosen=number == chosen)
                st.button(
                    cluster_label(number, landscapes.names),
                    key=f"landscape-button-{number}",
                    type="tertiary",
                    **on_pick("cluster", str(number)),
                )
                st.html(
                    '<div class="lcviz-card-note"><i class="lcviz-swatch" '
                    f'style="background:{landscapes.colours[number]}"></i>'
                    f"n = {row.patches:,} ({row.patches / total:.1%})</div>"
                )
    st.caption(
        f"K-Means on the ten band means of n = {total:,} patches, K = {landscapes.k}; numbered "
        "from dark to bright. Pictures: patches near each centre, true colour, from different "
        "scenes where possible. The small square is the mean true colour. A cluster is named by "
        "its classes with at least a quarter of the labels, and by greenness where these are not "
        "enough."
    )
    table = landscapes.clusters.drop(columns="representatives")
    show_downloads(
        table.assign(name=landscapes.names).rename(
            columns=dict(zip(FRACTIONS, CLASSES, strict=True))
        ),
        f"clusters-k{landscapes.k}",
        f"Clusters of patches, K = {landscapes.k}: mean DN and shares of the classes.",
    )


def show_chosen(study: Study, landscapes: Landscapes, chosen: int, axis: str) -> None:
    """One cluster: what it is, where it is, its pictures, its spectrum and its classes."""
    row = landscapes.clusters.iloc[chosen]
    colour, name = landscapes.colours[chosen], landscapes.names[chosen]
    st.html(
        f'<h3 class="lcviz-cluster"><i class="lcviz-swatch" style="background:{colour}"></i>'
        f"<span>{chosen} · {escape(name)}</span></h3>"
    )
    total, scenes = int(landscapes.clusters.patches.sum()), landscapes.scenes[chosen]
    st.markdown(
        f"{row.patches:,} of {total:,} patches ({row.patches / total:.1%}), from {scenes:,} "
        f"{'scene' if scenes == 1 else 'scenes'}. "
        + where_it_is(landscapes.counts[axis], chosen, axis)
    )
    _show_pictures(study, landscapes, chosen)
    st.markdown("**Mean spectrum**")
    show_figure(
        spectrum_figure(landscapes.clusters, chosen, landscapes.colours, landscapes.names),
        f"spectrum-k{landscapes.k}-{chosen}",
        f"n = {row.patches:,} patches; grey: the other clusters. 10,000 DN are a top-of-atmosphere "
        "reflectance of 1.",
        saved_caption=f"Mean spectrum of cluster {chosen}, {name}, of K = {landscapes.k}: "
        f"n = {row.patches:,} patches; grey: the other clusters.",
        key="figure-spectrum",
    )
    st.markdown("**Land use of its labelled pixels**")
    fractions = [float(row[fraction]) for fraction in FRACTIONS]
    if any(math.isnan(fraction) for fraction in fractions):
        st.caption("None of its patches is labelled.")
    else:
        show_figure(
            class_share_figure(fractions),
            f"classes-k{landscapes.k}-{chosen}",
            "MODIS labels, mean over its labelled patches.",
            saved_caption=f"Land use of cluster {chosen}, {name}, of K = {landscapes.k}: MODIS "
            "labels, mean over its labelled patches.",
            key="figure-cluster-classes",
        )


def _show_pictures(study: Study, landscapes: Landscapes, chosen: int) -> None:
    shown = landscapes.pictured[chosen][:PICTURES]
    nearest = landscapes.nearest[chosen]
    if not shown:
        st.info(
            "The study keeps no picture of a patch near this cluster's centre.",
            icon=":material/hide_image:",
        )
        return
    with st.container(key="landscape-pictures", horizontal=True, gap=None):
        for patch_id in shown:
            scene_id, number = split_patch_id(patch_id)
            _, season, scene = split_scene_id(scene_id)
            with st.container(key=f"landscape-picture-{patch_id}", gap=None):
                with artefact_states():
                    _show_tile(study.quicklook(patch_id, "s2"), f"Patch {patch_id}, true colour")
                study_link(
                    "pages/world_map.py",
                    f"{season} {scene}, patch {number}",
                    ":material/public:",
                    scene=scene_id,
                    patch=number,
                )
                study_link(
                    "pages/predict.py",
                    "Predict it live",
                    ":material/play_circle:",
                    source="patch",
                    scene=scene_id,
                    patch=number,
                )
    said = (
        "True colour, nearest to the centre first; links open it on the world map, or predict it."
    )
    if nearest not in shown:
        said += " The patch nearest of all has no picture in the study: these are the nearest with."
    st.caption(said)


def _show_tile(
    pixels: npt.NDArray[np.uint8] | None, description: str, *, chosen: bool = False
) -> None:
    kind = "lcviz-tile chosen" if chosen else "lcviz-tile"
    if pixels is None:
        st.html(f'<div class="{kind}">No picture</div>')
        return
    st.html(f'<div class="{kind}">{picture_tag(pixels, description, lossless=False)}</div>')

"""The views of a study's landscapes that are figures: histograms, components, probabilities."""

from typing import cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lcviz.figures.components import loadings_figure, pca_figure
from lcviz.figures.landscapes import histogram_figure, posterior_figure
from lcviz.landscapes.groups import Components, Prior, entropy, posterior, shares
from lcviz.landscapes.words import component_in_words, giveaway
from lcviz.study import Study
from lcviz.taxonomy import AXES
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.landscapes.data import Landscapes, cloud_of, components_of
from lcviz.ui.landscapes.gallery import clickable
from lcviz.ui.landscapes.published import show_entropies

HISTOGRAMS = {"shares": "Shares", "counts": "Counts"}
PRIORS: dict[Prior, str] = {"equal": "Equally likely", "dataset": "As in this dataset"}
ORDERS = {"number": "Dark to bright", "entropy": "Most telling first"}
DIMENSIONS = {"2": "2-D", "3": "3-D"}
FEW_PATCHES = 30
CLOUDS = {"shown": "Shown", "hidden": "Hidden"}


def show_histograms(landscapes: Landscapes, chosen: int, axis: str) -> None:
    """Cluster histograms of the groups (the paper's Figure 5)."""
    counts = landscapes.counts[axis]
    if counts.empty:
        st.info(f"No clustered patch lies in a known {axis}.")
        return
    kind = choose(
        st.segmented_control,
        "Patches as",
        list(HISTOGRAMS),
        name="histogram",
        format_func=HISTOGRAMS.get,
        required=True,
    )
    table = counts if kind == "counts" else shares(counts)

    def drawn(framed: int | None) -> go.Figure:
        sizes = counts.sum(axis=1)
        return histogram_figure(table, sizes, framed, landscapes.colours, landscapes.names)

    name = f"cluster-histograms-{axis}s-k{landscapes.k}"
    said = f"Which landscapes each {axis} holds; n = patches. A {axis} without patches is left out."
    row = show_figure(
        drawn(chosen),
        name,
        f"{said} A click on a bar picks its cluster.",
        saved_caption=said,
        to_save=lambda: drawn(None),
        **clickable("landscape-histograms"),
    )
    with row:
        show_downloads(
            table.reset_index(names=axis),
            name,
            f"Patches of each {axis} in each cluster, {HISTOGRAMS[kind].lower()}, "
            f"K = {landscapes.k}.",
        )


def show_components(study: Study, landscapes: Landscapes, chosen: int, axis: str) -> None:
    """Principal components of the cluster histograms (the paper's Figure 6)."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = next(name for name in AXES if name != axis)
        together = choose(
            st.segmented_control,
            f"{axis.capitalize()}s",
            ["one", "both"],
            name="together",
            format_func={"one": "Alone", "both": f"With {other}s"}.get,
            required=True,
        )
        axes = list(AXES) if together == "both" else [axis]
        components = components_of(study, landscapes.k, axes)
        if components is None:
            present = len(landscapes.counts[axis])
            st.info(
                f"The patches lie in {present} {axis}{'' if present == 1 else 's'}: components "
                "describe how groups differ, so it takes at least two."
            )
            return
        names = list(components.scores.columns)
        dimensions = choose(
            st.segmented_control,
            "Space",
            list(DIMENSIONS)[: 2 if len(names) > 2 else 1],
            name="space",
            format_func=DIMENSIONS.get,
            required=True,
        )
        cloud = "hidden"
        if not study.is_published:  # Of its scenes only the sums are known.
            cloud = choose(
                st.segmented_control,
                "Bootstrap cloud",
                list(CLOUDS),
                name="cloud",
                format_func=CLOUDS.get,
                required=True,
            )
        with st.popover("Axes", icon=":material/tune:"):
            shown = _choose_components(names, min(int(dimensions), len(names)))
    if len(shown) < 2:
        st.caption("Two groups differ along one component only.")
    draws = cloud_of(study, landscapes.k, axes) if cloud == "shown" else None
    sizes = {g: int(n) for a in axes for g, n in landscapes.counts[a].sum(axis=1).items()}
    name = "-and-".join(f"{a}s" for a in axes)
    said = "Each place is a group's cluster histogram (shares), projected; its unit is a share."
    if draws is not None:
        said += (
            " Small points: the group's scenes drawn anew 200 times with replacement, on the same "
            "axes. A group of one scene has no cloud."
        )
    dark = st.context.theme.type == "dark"
    row = show_figure(
        pca_figure(components, shown, sizes, draws, dark=dark),
        f"components-{name}-k{landscapes.k}",
        said + (" Drag to turn, scroll to come nearer." if len(shown) == 3 else ""),
        saved_caption=said,
        to_save=lambda: pca_figure(components, shown, sizes, draws),
        key=f"figure-components-{len(shown)}",
    )
    with row:
        show_downloads(
            components.scores.reset_index(names="group"),
            f"components-{name}-k{landscapes.k}",
            "Principal components of the cluster histograms; explained variance "
            + ", ".join(f"{share:.3f}" for share in components.explained),
        )
    st.markdown(
        "\n".join(f"- {component_in_words(components, c, landscapes.names)}" for c in shown)
    )
    st.markdown("**Loadings: which landscapes pull where**")
    _show_loadings(study, landscapes, components, shown, chosen, name)


def _show_loadings(
    study: Study,
    landscapes: Landscapes,
    components: Components,
    shown: list[str],
    chosen: int,
    of: str,
) -> None:
    def drawn(framed: int | None) -> go.Figure:
        return loadings_figure(components, shown, framed, landscapes.colours, landscapes.names)

    said = (
        "A group with more of a cluster than the mean group lies towards the cluster's bar. Bars "
        + (
            "have the colour of the cluster's commonest class in North America"
            if study.is_published
            else "have the clusters' mean true colours"
        )
    )
    name = f"loadings-{of}-k{landscapes.k}"
    row = show_figure(
        drawn(chosen),
        name,
        f"{said}; a click picks one.",
        saved_caption=f"{said}.",
        to_save=lambda: drawn(None),
        **clickable("landscape-loadings"),
    )
    with row:
        show_downloads(
            components.loadings.reset_index(names="cluster"),
            name,
            "Loadings of the principal components of the cluster histograms.",
        )


def show_probabilities(study: Study, landscapes: Landscapes, chosen: int, axis: str) -> None:
    """P(group | cluster) and its entropy (the paper's Figure 7)."""
    counts = landscapes.counts[axis]
    if counts.empty:
        st.info(f"No clustered patch lies in a known {axis}.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        prior = cast(
            Prior,
            choose(
                st.segmented_control,
                f"{axis.capitalize()}s beforehand",
                list(PRIORS),
                name="prior",
                format_func=PRIORS.get,
                required=True,
                help="Equally likely: P(cluster | group), normalised, as in the paper's Figure 7 "
                "and its authors' code. As in this dataset: with each group's share of all "
                "patches.",
            ),
        )
        order = choose(
            st.segmented_control,
            "Order",
            list(ORDERS),
            name="order",
            format_func=ORDERS.get,
            required=True,
        )
    table = posterior(counts, prior)
    bits = entropy(table)
    ordered = bits.sort_values(na_position="last", kind="stable") if order == "entropy" else bits
    st.markdown("\n".join(f"- {line}" for line in giveaway(table, bits, landscapes.names, axis)))

    def drawn(framed: int | None) -> go.Figure:
        places = [int(str(c)) for c in ordered.index]
        return posterior_figure(table, bits, axis, framed, places, landscapes.names)

    few = int((counts.sum() < FEW_PATCHES).sum())
    said = (
        f"How likely each {axis} is for a patch of the cluster, if all {axis}s are equally likely "
        "beforehand."
        if prior == "equal"
        else f"Shares of the {axis}s among the cluster's patches."
    )
    said += (
        f" n = {counts.to_numpy().sum():,} patches. Entropy: 0 bits gives the {axis} away, "
        f"{np.log2(len(counts)):.2f} bits tell nothing."
    )
    if few:
        said += (
            f" {few} of {landscapes.k} clusters {'has' if few == 1 else 'have'} fewer than "
            f"{FEW_PATCHES} patches: their probabilities rest on little."
        )
    name = f"probability-{axis}s-k{landscapes.k}-{prior}"
    row = show_figure(
        drawn(chosen),
        name,
        f"{said} A click on a bar picks its cluster.",
        saved_caption=said,
        to_save=lambda: drawn(None),
        **clickable("landscape-probabilities"),
    )
    rows = table.T.rename_axis("cluster").reset_index()
    with row:
        show_downloads(
            pd.concat([rows, bits.rename("entropy_bits").reset_index(drop=True)], axis=1),
            name,
            f"P({axis} | cluster) with {PRIORS[prior].lower()} {axis}s, and entropy in bits.",
        )
    if study.is_published and axis == "continent":
        show_entropies(counts)


def _choose_components(names: list[str], dimensions: int) -> list[str]:
    """As many different components as there are dimensions."""
    shown: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for axis, label in list(zip("xyz", ("Across", "Up", "Deep"), strict=True))[:dimensions]:
            options = [name for name in names if name not in shown]
            shown.append(
                choose(st.selectbox, label, options, name=axis, default=options[0], width=110)
            )
    return shown

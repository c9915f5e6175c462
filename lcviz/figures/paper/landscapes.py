"""Print figures of landscapes: who holds which, who is alike, what gives a group away."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from lcviz.figures.paper.sheet import (
    GREY,
    INK,
    MARKERS,
    legend_below,
    printed,
    sheet,
)
from lcviz.figures.style import GROUP_COLOURS
from lcviz.figures.widths import COLUMN_MM, PAGE_MM
from lcviz.landscapes.groups import Components


@printed
def histogram_panels(
    shares: pd.DataFrame, sizes: "pd.Series[int]", colours: Sequence[str]
) -> Figure:
    """Cluster histograms, a panel a group on one scale (the paper's Figure 5).

    Args:
        shares: groups x clusters; rows sum to 1.
        sizes: patches of each group.
        colours: of the clusters, drawn as a strip below each panel.
    """
    groups = list(shares.index)
    rows = -(-len(groups) // 2)
    figure = sheet(PAGE_MM, 31 * rows + 4)
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    clusters = np.arange(shares.shape[1])
    top = 1.1 * max(float(shares.to_numpy().max()), 1e-9)
    for place, (axes, group) in enumerate(zip(panels, groups, strict=False)):
        axes.bar(clusters, shares.loc[group], color=GROUP_COLOURS[group], width=0.8)
        axes.scatter(
            clusters, np.full(len(clusters), -0.045 * top), marker="s", s=16, c=list(colours),
            edgecolors=GREY, linewidths=0.4, clip_on=False,
        )  # fmt: skip
        axes.set_ylim(-0.09 * top, top)
        axes.set_title(f"{group}  (n = {sizes[group]:,} patches)")
        axes.set_xticks(clusters)
        axes.spines["bottom"].set_visible(False)
        axes.axhline(0, color=GREY, linewidth=0.5)
        axes.tick_params(bottom=False, labelbottom=place >= len(groups) - 2)
        axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
        axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= top])
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    figure.supxlabel("Cluster", fontsize=7)
    figure.supylabel("Share of the group's patches", fontsize=7)
    return figure


@printed
def components_plane(components: Components, cloud: pd.DataFrame | None) -> Figure:
    """The groups on the first two components of their cluster histograms (the paper's Figure 6).

    Args:
        components: of the groups; at least one.
        cloud: draws of each group's place; None where its scenes are not known.
    """
    figure = sheet(COLUMN_MM, 84)
    axes = figure.subplots()
    names = list(components.scores.columns)[:2]
    flat = len(names) == 1

    def place(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        x = table[names[0]].to_numpy()
        return x, (np.zeros(len(x)) if flat else table[names[1]].to_numpy())

    handles = []
    for number, group in enumerate(components.scores.index):
        marker, colour = MARKERS[number % len(MARKERS)], GROUP_COLOURS[group]
        if cloud is not None:
            axes.scatter(
                *place(cloud[cloud.group == group]),
                s=4, color=colour, alpha=0.25, linewidths=0, marker=marker,
            )  # fmt: skip
        axes.scatter(
            *place(components.scores.loc[[group]]),
            s=42, color=colour, marker=marker, edgecolors=INK, linewidths=0.5, zorder=3,
        )  # fmt: skip
        handles.append(
            Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5,
                   markeredgecolor=INK, markeredgewidth=0.4)
        )  # fmt: skip
    for line in (axes.axhline, axes.axvline):
        line(0, color=GREY, linewidth=0.4, zorder=0)
    titles = [
        f"{c} ({share:.0%} of variance)"
        for c, share in zip(names, components.explained, strict=False)
    ]
    axes.set_xlabel(titles[0])
    axes.set_ylabel("" if flat else titles[1])
    legend_below(figure, handles, list(components.scores.index), 3)
    return figure


@printed
def posterior_bars(
    posterior: pd.DataFrame, entropy: "pd.Series[float]", labels: Sequence[str], axis: str
) -> Figure:
    """P(group | cluster), a bar a cluster, with its entropy (the paper's Figure 7).

    Args:
        posterior: groups x clusters.
        entropy: by cluster, bits.
        labels: of the clusters.
        axis: `continent` or `season`.
    """
    clusters = list(posterior.columns)
    figure = sheet(PAGE_MM, 5.2 * len(clusters) + 22)
    axes = figure.subplots()
    rows = np.arange(len(clusters))
    left = np.zeros(len(clusters))
    hatches = ("", "////", "....", "\\\\\\\\", "xxxx", "----")
    handles = []
    for place, group in enumerate(posterior.index):
        values = np.nan_to_num(posterior.loc[group].to_numpy(dtype=float))
        handles.append(
            axes.barh(
                rows, values, left=left, height=0.78, color=GROUP_COLOURS[str(group)],
                hatch=hatches[place % len(hatches)], edgecolor="white", linewidth=0.4,
            )
        )  # fmt: skip
        left += values
    for row, cluster in enumerate(clusters):
        bits = entropy[cluster]
        axes.text(1.012, row, "none" if np.isnan(bits) else f"{bits:.2f}", va="center", fontsize=6)
    axes.text(1.012, -0.95, "Entropy\n(bits)", va="bottom", fontsize=6)
    axes.set(yticks=rows, yticklabels=labels, xlim=(0, 1), ylim=(len(clusters) - 0.5, -0.6))
    axes.set_xlabel(f"P({axis} | cluster)")
    axes.tick_params(left=False)
    legend_below(figure, [bar[0] for bar in handles], list(posterior.index), len(posterior))
    return figure

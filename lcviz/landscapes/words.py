"""What the landscapes of a study say, in sentences computed from their tables (Markdown)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lcviz.landscapes.groups import Components
from lcviz.words import listed

SURE = 0.5
"""P(group | cluster) from which on a cluster counts as one group's."""


def cluster_label(number: int, names: Sequence[str]) -> str:
    """`7 · Open forest, green`."""
    return f"{number} · {names[number]}"


def where_it_is(counts: pd.DataFrame, cluster: int, axis: str) -> str:
    """On which groups a cluster is frequent, and from which it is absent.

    Args:
        counts: patches, groups x clusters.
        cluster: its number.
        axis: `continent` or `season`.
    """
    share = counts[cluster] / counts.sum(axis=1)
    if not counts[cluster].any():
        return f"None of its patches lies in a known {axis}."
    most = str(share.idxmax())
    said = (
        f"Most frequent in **{most}**: {share[most]:.1%} of the patches there "
        f"({counts.loc[most, cluster]:,} of {counts.loc[most].sum():,})."
    )
    absent = [str(group) for group in counts.index[counts[cluster] == 0]]
    return said + (f" Absent from {listed(absent)}." if absent else "")


def giveaway(
    posterior: pd.DataFrame, entropy: "pd.Series[float]", names: Sequence[str], axis: str
) -> list[str]:
    """Which landscapes give their group away, and which tell nothing.

    Args:
        posterior: P(group | cluster), groups x clusters.
        entropy: of it, by cluster, bits.
        names: of the clusters.
        axis: `continent` or `season`.
    """
    known = entropy.dropna()
    if known.empty or len(posterior) < 2:
        return [f"With fewer than two {axis}s there is nothing to give away."]
    clear, dull = int(known.idxmin()), int(known.idxmax())
    group = str(posterior[clear].idxmax())
    lines = [
        f"Lowest entropy: **{cluster_label(clear, names)}**, {known[clear]:.2f} of at most "
        f"{np.log2(len(posterior)):.2f} bits; **{group}** with P = "
        f"{posterior.loc[group, clear]:.2f}. Highest: **{cluster_label(dull, names)}** "
        f"({known[dull]:.2f} bits)."
    ]
    sure = [int(c) for c in known.index if posterior[c].max() >= SURE]
    by_group = {str(g): [c for c in sure if posterior[c].idxmax() == g] for g in posterior.index}
    parts = [
        f"{g} ({', '.join(map(str, clusters))})" for g, clusters in by_group.items() if clusters
    ]
    share = f"In {len(sure)} of {len(known)} clusters one {axis} has at least P = {SURE}"
    lines.append(f"{share}: {listed(parts)}." if parts else f"{share}.")
    return lines


def component_in_words(components: Components, name: str, names: Sequence[str]) -> str:
    """Which groups a component sets apart, and which landscapes pull to either side.

    Args:
        components: of cluster histograms.
        name: `PC1` and so on.
        names: of the clusters.
    """
    share = components.explained[list(components.scores).index(name)]
    scores, loadings = components.scores[name], components.loadings[name]
    if share == 0:
        return f"**{name}**: the groups do not differ along it."
    sides = []
    for sign in (1, -1):
        pulls = (sign * loadings).nlargest(2)
        clusters = [cluster_label(int(str(c)), names) for c in pulls[pulls > 0].index]
        sides.append(f"**{(sign * scores).idxmax()}** ({listed(clusters)})")
    return f"**{name}**, {share:.0%} of the variance, sets {sides[0]} apart from {sides[1]}."


def stability_in_words(stability: float, k: int) -> str:
    """How far the clusters rest on the scenes that happen to be there (Markdown).

    Args:
        stability: mean adjusted Rand index, as `clustering.stability` gives it.
        k: number of clusters.
    """
    if np.isnan(stability):
        return ""
    known = (
        "much the same" if stability >= 0.8 else "partly others" if stability >= 0.5 else "others"
    )
    return (
        f"Had other scenes been drawn, K = {k} would give clusters that are **{known}**: adjusted "
        f"Rand index {stability:.2f} on average (1: the same, 0: no more alike than by chance)."
    )

"""What the authors' own clusters say, computed from their counts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy

from lcviz.intervals import qap, spearman
from lcviz.landscapes.groups import posterior
from lcviz.landscapes.words import listed

SETTLED = 0.05
"""Share of the renamings below which a correlation counts as shown."""


def mean_entropies(counts: pd.DataFrame) -> dict[str, float]:
    """Entropy of P(group | cluster), groups equally likely beforehand, over the clusters; nats.

    Args:
        counts: patches, groups x clusters.

    Returns:
        mean, weighted (by patches) and median.
    """
    nats = scipy_entropy(posterior(counts, "equal").to_numpy(), axis=0)
    patches = counts.sum().to_numpy()
    return {
        "mean": float(nats.mean()),
        "weighted": float(nats @ patches / patches.sum()),
        "median": float(np.median(nats)),
    }


def landscape_distances(shares: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Distances of cluster histograms, groups x groups, by the name of the distance; 0 to 1.

    Jensen-Shannon distance to base 2, and total variation: half the sum of the differences.
    """
    rows = shares.to_numpy()
    apart = {
        "the Jensen-Shannon distance": lambda a, b: float(jensenshannon(a, b, base=2)),
        "total variation": lambda a, b: float(np.abs(a - b).sum() / 2),
    }
    return {
        name: pd.DataFrame(
            [[distance(a, b) for b in rows] for a in rows], shares.index, shares.index
        )
        for name, distance in apart.items()
    }


def transfer_sentence(
    distances: Mapping[str, pd.DataFrame], accuracy: pd.DataFrame, axis: str
) -> str:
    """Whether the landscapes alone order who can be trusted where, in words (Markdown).

    Args:
        distances: as `landscape_distances` gives them.
        accuracy: rows trained on, columns tested on, the same groups.
        axis: `continent` or `season`.
    """
    found = {}
    for name, table in distances.items():
        pairs = _pairs(table, accuracy)
        found[name] = spearman(pairs, "distance"), qap(pairs, "distance", falling=True)
    groups = len(accuracy)
    numbers = listed([f"{rho:+.2f} with {name} (p = {p:.2f})" for name, (rho, p) in found.items()])
    settled = [name for name, (_, p) in found.items() if p < SETTLED]
    if len(settled) == len(found):
        verdict = "**the more alike the landscapes, the better a model travels.**"
    elif settled:
        verdict = f"**shown with {listed(settled)} only: how likeness is measured decides.**"
    else:
        verdict = "**the landscapes alone do not settle who can be trusted where.**"
    return (
        f"On the paper's own numbers: Spearman's rho of distance and accuracy away from home is "
        f"{numbers}, over {groups * (groups - 1)} pairs of {groups} {axis}s; {verdict} p is the "
        f"share of all ways to rename the {axis}s that give a rho as low or lower (one-sided)."
    )


def _pairs(distance: pd.DataFrame, accuracy: pd.DataFrame) -> pd.DataFrame:
    """One row for each two different groups, in both orders."""
    rows = [
        (train, test, accuracy.loc[train, test], distance.loc[train, test])
        for train in distance.index
        for test in distance.index
        if train != test
    ]
    return pd.DataFrame(rows, columns=["train_group", "test_group", "accuracy", "distance"])


def nearest_sentence(distances: Mapping[str, pd.DataFrame], axis: str) -> str:
    """Whose landscapes are nearest to whose; where the distances disagree, both."""
    parts = []
    groups = next(iter(distances.values())).index
    for group in groups:
        nearest = {
            name: str(table.loc[group].drop(group).idxmin()) for name, table in distances.items()
        }
        if len(set(nearest.values())) == 1:
            parts.append(f"{group}: {next(iter(nearest.values()))}")
        else:
            each = ", ".join(f"{other} by {name}" for name, other in nearest.items())
            parts.append(f"{group}: {each}")
    return f"Nearest {axis} by landscapes: " + "; ".join(parts) + "."

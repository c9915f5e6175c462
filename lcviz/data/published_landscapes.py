"""The landscapes that the paper's authors found in SEN12MS, as they published them.

K-Means, K = 16, on the 12 band means (ten of Sentinel-2, VV and VH) of all 180,662 patches. Counts
were read off the bars of the authors' figures; shares and pixels were printed by their notebooks.
The numbers of the clusters are theirs and stand for no order.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.metrics import N_CLASSES
from lcviz.taxonomy import AXES, CLASSES, LAND_USE_CLASSES

_FACTS: Final = Path(__file__).parent / "facts"
K: Final = 16


def cluster_counts(axis: str) -> pd.DataFrame:
    """Patches of each group in each cluster, int64, groups x clusters.

    Args:
        axis: `continent` or `season`.
    """
    table = _facts()[f"clusters_by_{axis}"]
    counts = pd.DataFrame(table["counts"], table["groups"], pd.RangeIndex(K, name="cluster"))
    return counts.reindex(list(AXES[axis])).astype(np.int64)


def representatives() -> tuple[str, ...]:
    """The patch that the authors show for each cluster."""
    found = _facts()["representatives"]
    return tuple(found[str(cluster)]["patch_id"] for cluster in range(K))


def class_shares() -> npt.NDArray[np.float64]:
    """Share of each class among the labels of each cluster in North America, (16, 8).

    NaN in the cluster that has no patch there. Printed to three decimals, so that a row sums to 1
    within a hundredth.
    """
    shares = np.full((K, N_CLASSES), np.nan)
    for cluster, codes in _facts()["land_use_of_clusters_north_america"]["shares"].items():
        row = np.zeros(N_CLASSES)
        for code, share in codes.items():
            row[LAND_USE_CLASSES[int(code)]] += share
        shares[int(cluster)] = row
    return shares


def cluster_names() -> tuple[str, ...]:
    """What the authors call a cluster, else its commonest class in North America."""
    reading: Mapping[str, list[int]] = _tables()["cluster_reading"]
    of_cluster = {cluster: words for words, members in reading.items() for cluster in members}
    names = []
    for cluster, row in enumerate(class_shares()):
        if cluster in of_cluster:
            names.append(of_cluster[cluster].partition(",")[0].capitalize())
        else:
            common = int(row.argmax())
            names.append(f"{CLASSES[common]} {row[common]:.0%} in North America")
    return tuple(names)


def silhouettes() -> pd.DataFrame:
    """Silhouette of the authors' clusterings: k, silhouette (-1 to 1), by k."""
    table = _tables()["kmeans_silhouette_band_means"]
    rows = [(int(k), value) for k, value in table.items() if k.isdecimal()]
    return pd.DataFrame(rows, columns=["k", "silhouette"])


def authors_entropy() -> dict[str, float]:
    """Entropy of P(continent | cluster), nats: the authors' mean, weighted mean and median."""
    found = _facts()["entropy_of_continent_given_cluster"]
    return {name: float(found[name]) for name in ("mean", "weighted", "median")}


def north_america_to_africa() -> npt.NDArray[np.int64]:
    """The one confusion matrix that is published: North America's model in Africa.

    Pixels, (8, 8), rows = MODIS label, columns = prediction, summed over the test scenes.
    """
    return np.array(_facts()["confusion_north_america_to_africa"]["pixels"], dtype=np.int64)


def source() -> str:
    """Where all of this is from."""
    return str(_facts()["source"])


@cache
def _facts() -> dict[str, Any]:
    return dict(json.loads((_FACTS / "published_landscapes.json").read_text(encoding="utf-8")))


@cache
def _tables() -> dict[str, Any]:
    return dict(json.loads((_FACTS / "published_tables.json").read_text(encoding="utf-8")))

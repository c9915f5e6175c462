"""The landscapes of a study: which files they are in, and what the tables hold."""

import shutil
from pathlib import Path
from typing import Final

import pandas as pd

from lcviz.atomic import atomic_path
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.records import reading
from lcviz.study.study import Study

STAGE: Final = "landscapes"
CLUSTER_COLUMNS: Final = ("cluster", "patches", *MEANS, "representatives", *FRACTIONS)
MEMBERSHIP_COLUMNS: Final = ("patch_id", "cluster", "distance")
SILHOUETTE_COLUMNS: Final = ("k", "silhouette", "inertia")
STABILITY_COLUMNS: Final = ("k", "stability")


def available_k(study: Study) -> tuple[int, ...]:
    """The numbers of clusters that the study has clusterings for, smallest first."""
    clusters, membership = (
        {file.parent.name for file in (study.path / STAGE).glob(f"k*/{name}.parquet")}
        for name in ("clusters", "membership")
    )
    return tuple(sorted(int(k[1:]) for k in clusters & membership if k[1:].isdecimal()))


def read_clusters(study: Study, k: int) -> pd.DataFrame:
    """One row a cluster, columns `CLUSTER_COLUMNS`, from the darkest to the brightest.

    `patches` is their number, `mean_<band>` the centroid (DN), `representatives` a list of patch
    ids, and `fraction_<class>` the mean class shares of the labelled patches, NaN without any.
    """
    table = study.read_table(f"{STAGE}/k{k}/clusters.parquet", CLUSTER_COLUMNS, f"{STAGE} --k {k}")
    with reading(_folder(study, k) / "clusters.parquet"):
        if table.cluster.tolist() != list(range(k)):
            raise ValueError(f"holds clusters other than 0 to {k - 1}")
        return table.assign(representatives=[list(ids) for ids in table.representatives])


def read_membership(study: Study, k: int) -> pd.DataFrame:
    """One row a clustered patch: patch_id, cluster, distance to its centroid.

    The distance is in standard deviations of the bands.
    """
    table = study.read_table(
        f"{STAGE}/k{k}/membership.parquet", MEMBERSHIP_COLUMNS, f"{STAGE} --k {k}"
    )
    with reading(_folder(study, k) / "membership.parquet"):
        if not table.cluster.between(0, k - 1).all():
            raise ValueError(f"holds clusters other than 0 to {k - 1}")
    return table


def read_silhouettes(study: Study) -> pd.DataFrame:
    """How well each number of clusters fits: k, silhouette (-1 to 1), inertia; by k."""
    return study.read_table(f"{STAGE}/silhouettes.parquet", SILHOUETTE_COLUMNS, STAGE)


def read_stability(study: Study) -> pd.DataFrame:
    """How far other scenes would have given the same clusters: k, stability (-1 to 1); by k.

    A study made by an earlier version has none.
    """
    return study.read_table(f"{STAGE}/stability.parquet", STABILITY_COLUMNS, STAGE)


def write_clustering(
    study: Study, k: int, clusters: pd.DataFrame, membership: pd.DataFrame
) -> None:
    """Replace the clusters and the membership of one K, both at once."""
    with atomic_path(_folder(study, k)) as folder:
        folder.mkdir()
        clusters.loc[:, list(CLUSTER_COLUMNS)].to_parquet(folder / "clusters.parquet", index=False)
        membership.loc[:, list(MEMBERSHIP_COLUMNS)].to_parquet(
            folder / "membership.parquet", index=False
        )


def remove_clustering(study: Study, k: int) -> None:
    """Delete the clustering of one K."""
    shutil.rmtree(_folder(study, k))


def write_silhouettes(study: Study, silhouettes: pd.DataFrame) -> None:
    """Replace silhouettes.parquet."""
    study.write_table(f"{STAGE}/silhouettes.parquet", silhouettes, SILHOUETTE_COLUMNS)


def write_stability(study: Study, stability: pd.DataFrame) -> None:
    """Replace stability.parquet."""
    study.write_table(f"{STAGE}/stability.parquet", stability, STABILITY_COLUMNS)


def _folder(study: Study, k: int) -> Path:
    return study.path / STAGE / f"k{k}"

"""Cluster the patches of a study into landscapes, once for each number of clusters."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError, ConfigurationError
from lcviz.landscapes.clustering import (
    PAPER_K,
    Clustering,
    cluster_patches,
    count_different,
    representatives,
    silhouette,
    stability,
    usable_patches,
)
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.landscapes import (
    SILHOUETTE_COLUMNS,
    STABILITY_COLUMNS,
    STAGE,
    available_k,
    read_silhouettes,
    read_stability,
    remove_clustering,
    write_clustering,
    write_silhouettes,
    write_stability,
)
from precompute.running.stage import (
    console,
    digest,
    finish,
    is_current,
    progress_bar,
    tell_failures,
)
from precompute.running.workers import Workers, as_workers

DEFAULT_KS: Final = (PAPER_K, 6, 8, 10, 12, 20, 24)
_COLUMNS: Final = ["patch_id", "scene_id", "status", "browsable", "labelled", *MEANS, *FRACTIONS]


def landscapes(
    study: Study, *, ks: Sequence[int], seed: int, starts: int | None, workers: Workers | int = 0
) -> None:
    """Make the clusterings that are missing, and again those whose patches or settings changed.

    Args:
        study: measured by the stage `statistics`.
        ks: numbers of clusters, the paper's besides; none takes `DEFAULT_KS`. What was asked for
            must be possible; of the others those with too few patches are skipped and said.
        seed: of the starts.
        starts: of K-Means, the best of which is kept; `usual_starts` if None.
        workers: who does the work, each K by itself; a number starts so many processes.

    Raises:
        ArtefactMissingError: no patch has been measured.
        ConfigurationError: an asked number of clusters is greater than that of different patches.
    """
    table = study.patches(_COLUMNS)
    if table.labelled.isna().all():
        raise ArtefactMissingError(
            f"No patch of {study.path} has been measured. {study.how_to_make('statistics')}"
        )
    patches = usable_patches(table)
    different = count_different(patches[MEANS].to_numpy())
    if ks and max(ks) > different:
        raise ConfigurationError(
            f"{max(ks)} clusters need as many different patches with imagery; {study.path} has "
            f"{different}. Choose a smaller --k."
        )
    inputs = digest(_fingerprint(patches), seed, starts)
    stamp = study.stamp(STAGE) or {}
    silhouettes = _kept(study, read_silhouettes, SILHOUETTE_COLUMNS)
    made = set(stamp.get("ks", ())) if stamp.get("inputs") == inputs else set()
    stable = _kept(study, read_stability, STABILITY_COLUMNS)
    made &= {*available_k(study)} & {*silhouettes.index} & {*stable.index}
    # All that is there is made anew with the rest, so that a study never mixes two states.
    wanted = sorted({*(ks or DEFAULT_KS), PAPER_K, *available_k(study)})
    possible = [k for k in wanted if k <= different]
    if is_current(study, STAGE, inputs, whole=made >= {*possible}):
        return
    if possible != wanted:
        skipped = ", ".join(str(k) for k in wanted if k > different)
        console.print(f"{STAGE}: K = {skipped} skipped, there are {different} different patches")
    for k in set(available_k(study)) - set(possible):
        remove_clustering(study, k)
    silhouettes = silhouettes[silhouettes.index.isin(possible)].copy()
    stable = stable[stable.index.isin(possible)].copy()
    if not possible:
        return
    failures = {}
    tasks = {
        f"K = {k}": (study.path.absolute(), k, seed, starts) for k in possible if k not in made
    }
    with progress_bar(STAGE, len(tasks)) as advance, as_workers(workers) as at_work:
        for name, outcome in at_work.map(_cluster, tasks):
            if outcome.failure is not None:
                failures[name] = outcome.failure
            else:
                k = tasks[name][1]
                *fit, stable.loc[k, "stability"] = outcome.result
                silhouettes.loc[k] = fit
                write_silhouettes(study, silhouettes.sort_index().reset_index())
                write_stability(study, stable.sort_index().reset_index())
                made.add(k)
                finish(study, STAGE, inputs, ks=sorted(made))
            advance()
    if failures:
        tell_failures(STAGE, failures)
    console.print(f"{STAGE}: {len(patches)} patches, K = {', '.join(map(str, possible))}")


def _cluster(task: tuple[Path, int, int, int | None]) -> list[float]:
    """Write the clustering for one K; its silhouette, inertia and stability."""
    path, k, seed, starts = task
    study = Study.open(path)
    patches = usable_patches(study.patches(_COLUMNS))
    means = patches[MEANS].to_numpy()
    # One thread: several add up in an order that changes the last digits from run to run.
    with threadpool_limits(1):
        clustering = cluster_patches(means, k, seed=seed, starts=starts)
        fit = silhouette(means, clustering, seed=seed)
        stable = stability(means, clustering, patches.scene_id.to_numpy(), seed=seed)
    write_clustering(study, k, *_tables(patches, clustering))
    return [fit, clustering.inertia, stable]


def _tables(patches: pd.DataFrame, clustering: Clustering) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The clusters and the membership, as the study keeps them."""
    membership = pd.DataFrame(
        {
            "patch_id": patches.patch_id,
            "cluster": clustering.labels,
            "distance": clustering.distances,
        }
    )
    chosen = representatives(
        clustering, patches.scene_id.to_numpy(), preferred=patches.browsable.to_numpy(bool)
    )
    by_cluster = patches.groupby(clustering.labels)
    clusters = pd.DataFrame(clustering.centroids_dn, columns=MEANS).assign(
        cluster=range(len(chosen)),
        patches=by_cluster.size(),
        representatives=[patches.patch_id[rows].tolist() for rows in chosen],
    )
    return clusters.join(by_cluster[FRACTIONS].mean()), membership


def _kept(
    study: Study, read: Callable[[Study], pd.DataFrame], columns: Sequence[str]
) -> pd.DataFrame:
    """What is known by K; nothing where it is not there or cannot be read."""
    try:
        return read(study).set_index("k")
    except (ArtefactMissingError, ArtefactDamagedError):
        return pd.DataFrame(columns=list(columns), dtype=float).set_index("k")


def _fingerprint(patches: pd.DataFrame) -> str:
    hashes: np.ndarray = pd.util.hash_pandas_object(patches, index=False).to_numpy()
    return hashlib.blake2b(hashes.tobytes(), digest_size=8).hexdigest()

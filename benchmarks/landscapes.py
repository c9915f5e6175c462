"""How long the landscapes of all of SEN12MS take: `python benchmarks/landscapes.py`.

The band means are synthetic: spectra of 252 scenes, with noise within each. Each round clusters
them once by scikit-learn alone and once by lcviz, one after the other, so that a round compares
neighbours in time; the table has medians over the rounds of the seconds and of the ratio. Starts
are random, so one round says little.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from report import processor, write_section
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))

PATCHES, SCENES, K, STARTS = 180_662, 252, 16, 10


def band_means(seed: int = 0) -> np.ndarray:
    """Band means of synthetic patches, (180662, 10), DN."""
    random = np.random.default_rng(seed)
    kinds = random.uniform(300, 3500, (12, 10))
    scenes = random.dirichlet(np.full(12, 0.5), SCENES) @ kinds
    brightness = np.exp(random.normal(0, 0.25, (PATCHES, 1)))
    noise = random.normal(0, 120, (PATCHES, 10))
    return scenes[random.integers(0, SCENES, PATCHES)] * brightness + noise


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that it took, and what came out."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main(
    threads: Annotated[int, typer.Option(help="of either")] = os.cpu_count() or 1,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 15,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    from sklearn.cluster import KMeans  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    from lcviz.landscapes.clustering import cluster_patches, silhouette  # noqa: PLC0415

    means = band_means()
    seconds, inertia = [], []
    with threadpool_limits(threads):
        for seed in range(rounds):
            theirs, fitted = timed(
                lambda seed=seed: KMeans(K, n_init=STARTS, random_state=seed).fit(
                    StandardScaler().fit_transform(means)
                )
            )
            ours, found = timed(
                lambda seed=seed: cluster_patches(means, K, seed=seed, starts=STARTS)
            )
            fit, _ = timed(lambda found=found: silhouette(means, found))
            seconds.append((theirs, ours, fit))
            inertia.append(found.inertia / fitted.inertia_)
    theirs, ours, fit = (statistics.median(column) for column in zip(*seconds, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in seconds)
    write_section(
        "landscapes",
        [
            "## Landscapes",
            "",
            f"`python benchmarks/landscapes.py --threads {threads} --rounds {rounds}` on "
            f"{processor()}: {PATCHES:,} synthetic patches x 10 bands, K = {K}, {STARTS} starts, "
            f"{threads} thread(s) each, another seed each round. Medians.",
            "",
            "| | seconds | times scikit-learn's |",
            "|---|---|---|",
            f"| scikit-learn: StandardScaler and KMeans | {theirs:.2f} | 1.00 |",
            f"| lcviz: the same, run to the end, in any order of patches | {ours:.2f} "
            f"| {ratio:.2f} |",
            f"| Silhouette on a sample of 10,000 | {fit:.2f} | |",
            "",
            f"Inertia of lcviz over scikit-learn's: median {statistics.median(inertia):.5f}, "
            f"{min(inertia):.5f} to {max(inertia):.5f}.",
        ],
    )


if __name__ == "__main__":
    typer.run(main)

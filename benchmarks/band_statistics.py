"""How fast patches are counted and densities made, and in how much memory.

`python benchmarks/band_statistics.py`. Each round counts the same patches in each way, on two
processes, one way after the other, so that a round compares neighbours in time; the table has
medians over the rounds of the patches a second and of the ratio. Files are in the page cache.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from linked_dataset import link_dataset, small_dataset
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.data.sen12ms import PatchFiles, find_patches
from lcviz.taxonomy import S2_BAND_INDEXES

DN = 65536
DEMO = Path(__file__).parents[1] / "studies" / "demo"
Patches = list[PatchFiles]


def bytes_alone(patches: Patches) -> None:
    """Read the files and do nothing with them."""
    for patch in patches:
        for file in patch.files.values():
            file.read_bytes()


def lcviz_pass(patches: Patches) -> np.ndarray:
    """What the stage does: also saturated and cloud-suspect pixels."""
    from lcviz.allocator import keep_freed_memory  # noqa: PLC0415
    from precompute.stages.statistics import _measure  # noqa: PLC0415

    keep_freed_memory()
    counts = np.zeros((10, DN), np.int64)
    for patch in patches:
        _measure(patch, counts)
    return counts


def _plain(patches: Patches, count: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    import rasterio  # noqa: PLC0415

    counts = np.zeros((10, DN), np.int64)
    for patch in patches:
        with rasterio.open(patch.s2) as file:
            values = file.read(S2_BAND_INDEXES)
        with rasterio.open(patch.lc) as file:
            labels = file.read(3)
        valid = values.any(axis=0)
        for band in range(10):
            counts[band] += count(values[band][valid])
        values[:, valid].mean(axis=1)
        np.bincount(labels.ravel(), minlength=256)
    return counts


def rasterio_bincount(patches: Patches) -> np.ndarray:
    """A plain loop."""
    return _plain(patches, lambda pixels: np.bincount(pixels, minlength=DN))


def rasterio_histogram(patches: Patches) -> np.ndarray:
    """A plain loop with the function that most would take."""
    return _plain(patches, lambda pixels: np.histogram(pixels, bins=DN, range=(0, DN))[0])


WAYS = {
    "rasterio and numpy.bincount": rasterio_bincount,
    "rasterio and numpy.histogram": rasterio_histogram,
    "lcviz": lcviz_pass,
    "the bytes alone, no work": bytes_alone,
}


def counting(data: Path, patches: int, rounds: int) -> list[str]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory(dir=data.parent, prefix="statistics-") as folder:
        link_dataset(data, Path(folder), 2, patches // 2, ("s2", "lc"))
        found = find_patches(Path(folder))
        halves = [found[::2], found[1::2]]
        seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            for round_number in range(rounds + 1):
                counts = {}
                for name, way in WAYS.items():
                    start = time.perf_counter()
                    counts[name] = list(pool.map(way, halves))
                    if round_number:  # The first one warms up.
                        seconds[name].append(time.perf_counter() - start)
                np.testing.assert_array_equal(
                    counts["lcviz"], counts["rasterio and numpy.bincount"]
                )
    first = seconds["rasterio and numpy.bincount"]
    return [
        f"| {name} | {patches / statistics.median(own):,.0f} "
        f"| {statistics.median(a / b for a, b in zip(first, own, strict=True)):.1f} |"
        for name, own in seconds.items()
    ]


def densities(study: Path, rounds: int) -> list[str]:
    """What 120 densities take, beside scipy's on a sample of 200,000 pixels."""
    from scipy.stats import gaussian_kde  # noqa: PLC0415

    from lcviz.distributions.distances import density, density_grid, scott_bandwidth  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415
    from lcviz.study.statistics import read_histograms  # noqa: PLC0415

    groups = read_histograms(Study.open(study)).counts[:12]
    grids = [density_grid(groups[:, band].sum(axis=0)) for band in range(10)]
    all_seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for counts in groups:
            for band in range(10):
                density(counts[band], grid=grids[band])
        all_seconds.append(time.perf_counter() - start)

    random = np.random.default_rng(0)
    ours, theirs, our_errors, their_errors = [], [], [], []
    for counts in groups:
        band = int(random.integers(10))
        pixels, grid = counts[band], grids[band]
        occupied = np.flatnonzero(pixels)
        bandwidth = scott_bandwidth(pixels)
        exact = np.array(
            [pixels[occupied] @ np.exp(-0.5 * ((dn - occupied) / bandwidth) ** 2) for dn in grid]
        ) / (pixels.sum() * bandwidth * np.sqrt(2 * np.pi))
        sample = random.choice(occupied, 200_000, p=pixels[occupied] / pixels.sum()).astype(float)
        start = time.perf_counter()
        found = density(pixels, grid=grid)[1]
        middle_time = time.perf_counter()
        sampled = gaussian_kde(sample, bandwidth / sample.std(ddof=1))(grid)
        theirs.append(time.perf_counter() - middle_time)
        ours.append(middle_time - start)
        our_errors.append(np.abs(found - exact).max() / exact.max())
        their_errors.append(np.abs(sampled - exact).max() / exact.max())
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    return [
        f"| lcviz, from the exact counts | {statistics.median(all_seconds):.2f} "
        f"| {statistics.median(ours) * 1e3:.1f} | {ratio:.0f} | {max(our_errors):.0e} |",
        f"| scipy.stats.gaussian_kde, 200,000 sampled pixels | "
        f"| {statistics.median(theirs) * 1e3:.0f} | 1 | {statistics.median(their_errors):.0e} |",
    ]


MEASURED = """
import resource, sys
from pathlib import Path
from lcviz.study import Study
from precompute.stages.index import index
from precompute.stages.statistics import statistics
from precompute.running.workers import Workers
if __name__ == "__main__":
    data, study = map(Path, sys.argv[1:])
    with Workers(2) as workers:
        opened = index(data, study, browsable=1, seed=0, name=None, workers=workers)
        statistics(opened, workers=workers)
    own, workers = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak {own:.0f} {workers:.0f}")
"""


def memory(data: Path) -> list[str]:
    """Peak memory of the stages `index` and `statistics`, as the number of patches grows."""
    rows = []
    for scenes in (4, 40):
        with tempfile.TemporaryDirectory(dir=data.parent, prefix="statistics-") as folder:
            root = Path(folder)
            link_dataset(data, root / "data", scenes, 250, ("s2", "lc"))
            script = root / "measured.py"
            script.write_text(MEASURED)
            command = [sys.executable, script, root / "data", root / "study"]
            environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
            said = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            ).stdout
            own, worker = said.rsplit("peak ", 1)[1].split()
            rows.append(f"| {scenes * 250:,} | {own} | {worker} |")
    return rows


def main(
    data: Annotated[Path | None, typer.Option(help="dataset linked; else some of the demo")] = None,
    study: Annotated[Path, typer.Option(help="study with exact counts")] = DEMO,
    patches: Annotated[int, typer.Option(help="patches of a round, in two scenes")] = 1400,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 5,
) -> None:
    """Measure, print tables, and put them into RESULTS.md."""
    with small_dataset(data) as small:
        counted, peaks = counting(small, patches, rounds), memory(small)
    lines = [
        "## Statistics",
        "",
        f"`python benchmarks/band_statistics.py --patches {patches} --rounds {rounds}` on "
        f"{processor()}. Medians over the rounds; a round runs each way once, in turn.",
        "",
        f"Read, count every DN of ten bands, band means and labels of {patches} patches laid out "
        "as SEN12MS's, on two processes. lcviz also tells no data, saturated and cloud-suspect "
        "pixels. The counts are the same, value for value.",
        "",
        "| | patches a second | times faster |",
        "|---|---|---|",
        *counted,
        "",
        "Densities at 400 DN, for 12 groups x 10 bands; the largest error at any DN, against the "
        "exact weighted sum over all values, as a share of the peak.",
        "",
        "| | 120 densities, s | one, ms | times faster | largest error |",
        "|---|---|---|---|---|",
        *densities(study, rounds),
        "",
        "Peak memory of `index` and `statistics` on two workers.",
        "",
        "| patches | the process that hands out, MB | largest worker, MB |",
        "|---|---|---|",
        *peaks,
    ]
    write_section("statistics", lines)


if __name__ == "__main__":
    typer.run(main)

"""How long a check of a global tile takes: `python benchmarks/assessment.py`.

The map is synthetic: 36,000 x 36,000 pixels of WorldCover's kind, tiled, deflate. Each part runs in
a process of its own, whose peak memory is taken, beside the floor: rasterio reads each block once.
"""

import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import rasterio
import typer
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

CODES = np.array([10, 20, 30, 40, 50, 60, 80, 90], np.uint8)
BLOCK = 1024


def write_map(file: Path, side: int, seed: int = 0) -> None:
    """Patches of classes of 60 x 60 pixels, with salt of other classes, strip by strip."""
    random = np.random.default_rng(seed)
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "nodata": 0, "tiled": True}
    profile |= {"height": side, "width": side, "blockxsize": BLOCK, "blockysize": BLOCK}
    profile |= {"crs": "EPSG:4326", "compress": "deflate", "zlevel": 1}
    place = rasterio.Affine(3 / side, 0, 12, 0, -3 / side, 48)
    with rasterio.open(file, "w", transform=place, **profile) as dataset:
        for top in range(0, side, BLOCK):
            rows = min(BLOCK, side - top)
            patches = random.choice(CODES, (-(-rows // 60), -(-side // 60)))
            strip = patches.repeat(60, axis=0).repeat(60, axis=1)[:rows, :side].copy()
            salt = random.integers(0, strip.size, strip.size // 100)
            strip.ravel()[salt] = CODES[0]
            window = rasterio.windows.Window(0, top, side, rows)
            dataset.write(strip, 1, window=window)


def read_all(file: Path, _points: Path, _n: int) -> None:
    """The floor: every block decoded once."""
    with rasterio.open(file) as dataset:
        for _, window in dataset.block_windows(1):
            dataset.read(1, window=window)


def sample(file: Path, points: Path, n: int) -> None:
    """The command `sample`, by mapped class."""
    from precompute.stages.sample import sample as run  # noqa: PLC0415

    run(
        file,
        points,
        scheme="worldcover",
        strata="map",
        points=n,
        half_width=None,
        expected=0.7,
        allocation="proportional",
        minimum=50,
        seed=0,
    )


def assess(file: Path, points: Path, _n: int) -> None:
    """The command `assess` with labels that are the map's own, but for a tenth."""
    import pandas as pd  # noqa: PLC0415

    from precompute.stages.assess import assess as run  # noqa: PLC0415

    table = pd.read_csv(points)
    table["label"] = table.map_class
    table.loc[::10, "label"] = "Cropland"
    table.to_csv(points, index=False)
    run(
        file,
        points=points,
        reference=None,
        label="label",
        map_scheme="worldcover",
        scheme="worldcover",
        design=None,
        out=None,
    )


def timed(work: str, file: Path, points: Path, n: int, told: "multiprocessing.Queue") -> None:
    """Seconds, and peak memory of the process in MB, less what it held before."""
    import lcviz.assessment.samples  # noqa: F401, PLC0415 - imports are not what is timed
    import precompute.stages.assess  # noqa: F401, PLC0415

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    globals()[work](file, points, n)
    seconds = time.perf_counter() - start
    told.put((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def main(
    side: Annotated[int, typer.Option(help="rows and columns of the map")] = 36_000,
    points: Annotated[int, typer.Option(help="sample points")] = 10_000,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 3,
    keep: Annotated[Path | None, typer.Option(help="map to use, made if it is not there")] = None,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        file = keep or Path(folder) / "map.tif"
        if not file.is_file():
            write_map(file, side)
        table = Path(folder) / "points.csv"
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(rounds):
            for work in ("read_all", "sample", "assess"):
                told = spawn.Queue()
                process = spawn.Process(target=timed, args=(work, file, table, points, told))
                process.start()
                found.setdefault(work, []).append(told.get())
                process.join()
        size = file.stat().st_size / 1e6
    floor = statistics.median(seconds for seconds, _ in found["read_all"])
    names = {
        "read_all": "rasterio reads every block once",
        "sample": f"`sample`: {points:,} points by mapped class",
        "assess": "`assess`: the same points, labelled",
    }
    lines = []
    for work, title in names.items():
        seconds = statistics.median(each[0] for each in found[work])
        memory = max(each[1] for each in found[work])
        lines.append(f"| {title} | {seconds:.1f} | {seconds / floor:.2f} | {memory:,.0f} |")
    write_section(
        "assessment",
        [
            "## Check of a map",
            "",
            f"`python benchmarks/assessment.py --side {side} --points {points} --rounds {rounds}` "
            f"on {processor()}: a synthetic map of {side:,} x {side:,} pixels, {size:,.0f} MB, "
            "deflate in blocks of 1024. Medians of the time, maximum of the memory beyond what the "
            "imports take.",
            "",
            "| | seconds | times reading | peak MB more |",
            "|---|---|---|---|",
            *lines,
        ],
    )


if __name__ == "__main__":
    typer.run(main)

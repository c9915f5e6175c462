"""How fast a whole tile is, against single patches: `python benchmarks/whole_tile.py`.

A product of Level-1C is made of the demo's landscapes, losslessly in JPEG 2000 as ESA's are, of a
part of a tile's 10,980 x 10,980 pixels; what a tile takes is that, by the pixel. Each way of
predicting runs in a process of its own, whose greatest memory is read; rounds take turns with
patches of 256 x 256.
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import rasterio
import typer
from rasterio.transform import Affine
from rasterio.windows import Window
from report import processor, write_section

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

FULL = 10_980
PATCH = 256
WINDOWS = 3
"""Side by side, that are measured."""
FINE = ("B2", "B3", "B4", "B8")


class Run(NamedTuple):
    """One measurement."""

    rate: float
    """Million pixels a second of the processor, of all threads together."""
    peak: float
    """Greatest memory of the process so far, GB."""


def make_product(folder: Path, height: int, width: int) -> Path:
    """Files of one band of a scene of so many rows and columns, 10 and 20 m, JPEG 2000."""
    from lcviz.data.demo import DemoSettings, generate_patch, sites  # noqa: PLC0415
    from lcviz.taxonomy import S2_BAND_INDEXES, S2_BAND_NAMES  # noqa: PLC0415

    settings = DemoSettings(patches=841)
    each = sites(settings)[:6]
    ten = [place - 1 for place in S2_BAND_INDEXES]
    made = [generate_patch(settings, site, 100).s2[ten] for site in each]
    random = np.random.default_rng(0)
    which = random.integers(0, len(made), (-(-height // PATCH), -(-width // PATCH)))
    for place, band in enumerate(S2_BAND_NAMES):
        rows = [np.concatenate([made[i][place] for i in row], axis=1) for row in which]
        values = np.concatenate(rows)[:height, :width].astype(np.uint16)
        step = 1 if band in FINE else 2
        stored = values[::step, ::step]
        code = band if band == "B8A" else f"B{int(band[1:]):02d}"
        with rasterio.open(
            folder / f"T33TVJ_20210908T042701_{code}.jp2",
            "w",
            driver="JP2OpenJPEG",
            QUALITY="100",
            REVERSIBLE="YES",
            BLOCKXSIZE=1024,
            BLOCKYSIZE=1024,
            dtype="uint16",
            count=1,
            height=stored.shape[0],
            width=stored.shape[1],
            crs="EPSG:32633",
            transform=Affine(10 * step, 0, 500_000, 0, -10 * step, 5_000_000),
        ) as file:
            file.write(stored, 1)
    return folder


class Part:
    """The upper left of a raster, as `predict_raster` reads one."""

    def __init__(self, reader: Any, rows: int, columns: int):
        from lcviz.georeference import GeoBox  # noqa: PLC0415

        self._reader = reader
        self.geobox = GeoBox((rows, columns), reader.geobox.transform, reader.geobox.crs)

    def read(self, window: Window) -> Any:
        """As `Reader.read`."""
        return self._reader.read(window)


class InOneGo:
    """Windows as they were predicted before: all of each, of which the margin is thrown away."""

    rounds_by_sample = False

    def __init__(self, predictor: Any):
        self._predictor = predictor
        self.release = predictor.release

    def for_windows(self, rows: int, columns: int, margin: int, *_: object) -> Any:
        """As `Predictor.for_windows`."""
        return self._predictor.for_windows(rows, columns, margin, 0)


def work(pipe: Connection, study_path: Path, threads: int) -> None:
    """Answer ("patches", path, count) or ("tile", path, (size, in one go)) with a `Run`."""
    import resource  # noqa: PLC0415

    import torch  # noqa: PLC0415

    from lcviz.network.loading import load_model  # noqa: PLC0415
    from lcviz.rasters.prediction import predict_raster  # noqa: PLC0415
    from lcviz.rasters.reading import Units, open_raster  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415

    torch.set_num_threads(threads)
    study = Study.open(study_path)
    name = study.experiments()[0]
    predictor = load_model(study, name).predictor("cpu", "fast")
    while command := pipe.recv():
        what, path, how = command
        busy = time.process_time()
        with tempfile.TemporaryDirectory() as folder, open_raster(path) as raster:
            reader = raster.reading(Units(tuple(range(1, 11))))
            if what == "patches":
                across = raster.width // PATCH
                for number in range(how):
                    row, column = divmod(number, across)
                    at = Window(PATCH * column, PATCH * row, PATCH, PATCH)
                    s2, valid = reader.read(at)
                    predictor.probabilities(s2[None], valid[None])
                pixels = how * PATCH**2
            else:
                # From the first window on: what is done once for a tile takes no longer for more.
                size, in_one_go = how
                busy_at: list[float] = []
                predict_raster(
                    {name: InOneGo(predictor) if in_one_go else predictor},
                    Part(reader, size, WINDOWS * size),
                    Path(folder),
                    probabilities=False,
                    tile=size,
                    progress=lambda _, at=busy_at: at.append(time.process_time()),
                )
                pixels = (WINDOWS - 1) * size**2
                busy = busy_at[0]
            busy = time.process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        pipe.send(Run(pixels / 1e6 / busy, peak))


def decode(held: Path, folder: Path) -> tuple[Path, float, float]:
    """GeoTIFF of a product, and seconds of the processor that decoding takes, each way."""
    from lcviz.rasters.products.opening import opened_once, prepare  # noqa: PLC0415
    from lcviz.rasters.reading import InputRaster, Units, open_raster  # noqa: PLC0415
    from lcviz.rasters.tiling import tiles  # noqa: PLC0415

    def read(raster: InputRaster) -> None:
        reader = raster.reading(Units(tuple(range(1, 11))))
        for tile in tiles(raster.height, raster.width):
            reader.read(tile.read)

    (taken := folder / "taken").mkdir()
    (once := folder / "once").mkdir()
    start = time.process_time()
    stack = prepare([held], taken).path
    with open_raster(stack) as raster:
        read(raster)
    before = time.process_time() - start
    start = time.process_time()
    with opened_once([held], once) as opened:
        read(opened.raster)
    return stack, before, time.process_time() - start


def main(
    study: Annotated[Path, typer.Option(help="study with models")] = ROOT / "studies" / "demo",
    threads: Annotated[int, typer.Option(help="threads of each process")] = 1,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 3,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    from lcviz.rasters.tiling import OVERLAP, tile_shape  # noqa: PLC0415

    # Windows as the whole tile is cut into.
    ways = [
        (tile_shape(FULL, FULL, at_most)[0] - 2 * OVERLAP, in_one_go)
        for at_most, in_one_go in ((640, True), (784, False), (1104, False))
    ]
    height, width = ways[-1][0], WINDOWS * ways[-1][0]
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for way in ("patches", *ways):
        pipes[way], theirs = context.Pipe()
        context.Process(target=work, args=(theirs, study, threads), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        (held := Path(folder, "held")).mkdir()
        make_product(held, height, width)
        stack, before, while_predicted = decode(held, Path(folder))

        def ask(way: object, *command: object) -> Run:
            pipes[way].send(command)
            answer: Run = pipes[way].recv()
            return answer

        count = 16
        ask("patches", "patches", stack, 2)  # Loads libraries' parts.
        patches: list[Run] = []
        tiles: dict[tuple[int, bool], list[Run]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way in ways:
                patches.append(ask("patches", "patches", stack, count))
                tiles[way].append(ask(way, "tile", stack, way))
    for pipe in pipes.values():
        pipe.send(None)
    single = statistics.median(run.rate for run in patches)
    whole = FULL**2 / (height * width) / 60
    lines = [
        "## A whole tile",
        "",
        f"`python benchmarks/whole_tile.py --threads {threads} --rounds {rounds}` on "
        f"{processor()}, fast mode. A product of Level-1C made of the demo's landscapes, JPEG 2000 "
        f"without loss, {height:,} x {width:,} of a tile's {FULL:,} x {FULL:,} pixels; of windows "
        f"of the sizes that a tile is cut into, {WINDOWS} side by side, timed from the end of the "
        "first on: what is said of a tile is reckoned from that. Seconds "
        "of the processor, of all threads together, since other work ran beside; medians, a "
        "round's patches and windows take turns.",
        "",
        f"Patches of {PATCH} x {PATCH}, one by one: {single:.3f} million pixels a second. Bringing "
        f"ten JPEG 2000 files onto one grid before prediction begins, as a GeoTIFF, and reading "
        f"that: {before:.1f} s ({whole * before:.1f} minutes for a tile); decoding them window by "
        f"window, on a thread beside the prediction: {while_predicted:.1f} s "
        f"({whole * while_predicted:.1f} minutes), which no longer have to be waited for where a "
        "core is free.",
        "",
        "| Window, kept of it | way up | Mpx/s | of patches' rate | peak memory | a tile |",
        "|---|---|---|---|---|---|",
    ]
    for number, ((size, in_one_go), runs) in enumerate(tiles.items()):
        rate = statistics.median(run.rate for run in runs)
        share = statistics.median(
            run.rate / patch.rate
            for run, patch in zip(runs, patches[number :: len(ways)], strict=True)
        )
        lines.append(
            f"| {size + 2 * OVERLAP}, {size} | {'whole, as before' if in_one_go else 'inner'} | "
            f"{rate:.3f} | {share:.0%} | {max(run.peak for run in runs):.1f} GB | "
            f"{FULL**2 / 1e6 / rate / 60:.0f} min |"
        )
    write_section("whole tile", lines)


if __name__ == "__main__":
    typer.run(main)

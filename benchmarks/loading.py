"""How fast patches come from disk for training: `python benchmarks/loading.py`.

Patches laid out byte for byte as SEN12MS's are written to a temporary folder and read once, to have
them in the page cache. A round reads all of them in one way after the other, as a loader does; the
table has medians over all reads. With `--data` the patches of a real folder are used instead.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import rasterio
import typer
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.data.packed import PackedPatches, read_labelled, write_shard
from lcviz.data.sen12ms import S2_BAND_INDEXES, PatchFiles, find_patches

SCENE = "ROIs1158_spring_1"


def write_patches(root: Path, count: int) -> None:
    """Patches of noise, as SEN12MS lays them out."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
    from sen12ms_files import save_patch  # noqa: PLC0415

    for number in range(count):
        save_patch(root, f"{SCENE}_p{number}", ("s2", "lc"))


def plain_rasterio(patch: PatchFiles) -> Any:
    """Ten bands and the land-use band, as most people read them."""
    with rasterio.open(patch.s2) as file:
        values = file.read(list(S2_BAND_INDEXES))
    with rasterio.open(patch.lc) as file:
        return values, file.read(1)


def raw_bytes(patch: PatchFiles) -> Any:
    """Both files, unread: what no reader of them can beat."""
    return patch.s2.read_bytes(), patch.lc.read_bytes()


def main(
    patches: Annotated[int, typer.Option(help="patches to read")] = 64,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 9,
    data: Annotated[Path | None, typer.Option(help="folder of real patches")] = None,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if data is None:
            write_patches(folder / "data", patches)
        found = [p for p in find_patches(data or folder / "data") if p.s2 and p.lc][:patches]
        for scene in {p.scene_id for p in found}:
            write_shard(folder / scene, "f", [p for p in found if p.scene_id == scene])
        packed = PackedPatches(folder, {p.scene_id: "f" for p in found})

        def from_cache(patch: PatchFiles) -> Any:
            values, classes = packed.read(patch)
            return values.copy(), classes.copy()

        ways: dict[str, Callable[[PatchFiles], Any]] = {
            "plain rasterio: ten bands and land use": plain_rasterio,
            "lcviz, from GeoTIFF": read_labelled,
            "lcviz, from the packed cache": from_cache,
            "the bytes of both files alone": raw_bytes,
        }
        seconds: list[list[tuple[float, float]]] = [[] for _ in ways]
        for _ in range(rounds + 1):
            for way, times in zip(ways.values(), seconds, strict=True):
                for i in np.random.default_rng(0).permutation(len(found)):
                    start, start_processor = time.perf_counter(), time.process_time()
                    way(found[i])
                    spent = time.process_time() - start_processor
                    times.append((time.perf_counter() - start, spent))
    medians = [np.median(times[len(found) :], axis=0) for times in seconds]
    lines = [
        "## Loading",
        "",
        f"`python benchmarks/loading.py --patches {patches} --rounds {rounds}` on {processor()}: "
        f"{len(found)} patches of {'noise' if data is None else 'real imagery'}, pixel-interleaved "
        "as SEN12MS's, in page cache, in random order, one process. Medians over all reads; "
        "processor time leaves out waiting for other programs.",
        "",
        "| | ms a patch | patches/s | times faster | times less processor time |",
        "|---|---|---|---|---|",
    ]
    for title, (wall, spent) in zip(ways, medians, strict=True):
        lines.append(
            f"| {title} | {wall * 1e3:.2f} | {1 / wall:,.0f} | {medians[0][0] / wall:.1f} "
            f"| {medians[0][1] / spent:.1f} |"
        )
    write_section("loading", lines)


if __name__ == "__main__":
    typer.run(main)

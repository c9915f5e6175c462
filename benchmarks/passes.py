"""What Dask costs a pass over patches, and what a second core gains: `python benchmarks/passes.py`.

The pass is that of the stage `statistics`: read and count every patch of a scene, write its counts,
keep its measurements. Each round does all scenes once in this process without Dask, once on a
cluster of one worker, once of two, in turn, so that a round compares neighbours in time. Clusters
are started before; how long that takes is a row of its own.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from linked_dataset import link_dataset, small_dataset
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))


def main(
    data: Annotated[Path | None, typer.Option(help="dataset linked; else some of the demo")] = None,
    scenes: Annotated[int, typer.Option(help="scenes of the pass")] = 8,
    patches: Annotated[int, typer.Option(help="patches a scene")] = 300,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 5,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    from precompute.running.stage import over_scenes, patch_lists  # noqa: PLC0415
    from precompute.running.workers import Workers  # noqa: PLC0415
    from precompute.stages.index import index  # noqa: PLC0415
    from precompute.stages.statistics import _measure_scene  # noqa: PLC0415

    with (
        small_dataset(data) as small,
        tempfile.TemporaryDirectory(dir=small.parent, prefix="passes-") as folder,
    ):
        root = Path(folder)
        link_dataset(small, root / "data", scenes, patches, ("s2", "lc"))
        study = index(root / "data", root / "study", browsable=1, seed=0, name=None, workers=0)
        tasks: dict[str, tuple[str, Any]] = {
            scene_id: ("1", (study.path.absolute(), "1", files))
            for scene_id, files in patch_lists(study).items()
        }

        def seconds(workers: Workers) -> float:
            shutil.rmtree(study.path / "partial", ignore_errors=True)
            start = time.perf_counter()
            assert len(over_scenes(study, "pass", tasks, _measure_scene, workers).results) == scenes
            return time.perf_counter() - start

        with Workers(0) as none, Workers(1) as one, Workers(2) as two:
            starts, measured = [], []
            for workers in (one, two):
                start = time.perf_counter()
                list(workers.map(abs, {str(n): n for n in range(4)}))
                starts.append(time.perf_counter() - start)
            for round_number in range(rounds + 1):
                row = [seconds(workers) for workers in (none, one, two)]
                measured += [row] if round_number else []  # The first one warms up.

    without, with_one, with_two = (
        statistics.median(column) for column in zip(*measured, strict=True)
    )
    overhead = statistics.median(row[1] / row[0] for row in measured) - 1
    gain = statistics.median(row[1] / row[2] for row in measured)
    total = scenes * patches
    write_section(
        "passes",
        [
            "## Passes over patches",
            "",
            f"`python benchmarks/passes.py --scenes {scenes} --patches {patches} --rounds {rounds}`"
            f" on {processor()}: the statistics pass over {total:,} patches (Sentinel-2 and labels,"
            f" in the page cache) of {scenes} scenes. Medians over the rounds; a round runs each "
            "way once, in turn.",
            "",
            "| | seconds | patches a second | |",
            "|---|---|---|---|",
            f"| Without Dask, in one process | {without:.2f} | {total / without:,.0f} | |",
            f"| Dask, one worker | {with_one:.2f} | {total / with_one:,.0f} "
            f"| {overhead:+.1%} time against without Dask |",
            f"| Dask, two workers | {with_two:.2f} | {total / with_two:,.0f} "
            f"| {gain:.2f} times one worker |",
            f"| Start of one, of two | {starts[0]:.1f}, {starts[1]:.1f} | | once a stage |",
        ],
    )


if __name__ == "__main__":
    typer.run(main)

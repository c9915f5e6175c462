"""Prediction on processors that lack instructions: `python benchmarks/instruction_sets.py`.

The libraries are told by the environment to use no more than an instruction set, in a process for
each. Ways take turns within a round, on one thread, in seconds of the processor, so that other work
on the machine does not count; the table has medians, also of the rounds' ratios. Agreement is with
the exact mode, over models of the study, on real patches (`--patches`), else on some of the demo.
"""

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from linked_dataset import small_dataset
from report import processor, write_section

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SETS: dict[str, str | None] = {
    "AVX2": "AVX2",
    "AVX-512": "AVX512_CORE",
    "AVX-512 with VNNI": "AVX512_CORE_VNNI",
    "all that it has": None,
}


@contextmanager
def limited_to(most: str | None) -> Iterator[None]:
    """Let processes that are started meanwhile use no instructions beyond a set of oneDNN's names.

    OpenVINO and its oneDNN, PyTorch's oneDNN, and PyTorch itself have a variable each.
    """
    before = dict(os.environ)
    if most is not None:
        os.environ["OV_CPU_MAX_ISA"] = os.environ["ONEDNN_MAX_CPU_ISA"] = most
        os.environ["ATEN_CPU_CAPABILITY"] = "avx2" if most == "AVX2" else "avx512"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(study_path: Path, images: list[Any], models: int, rounds: int) -> dict[str, Any]:
    """Seconds of each round and way, shares of pixels of the same class, and fast's precision."""
    import torch  # noqa: PLC0415 - after the environment

    from lcviz.network.densenet import FCDenseNet  # noqa: PLC0415
    from lcviz.network.predictor import Predictor, load_network  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415

    torch.set_num_threads(1)
    study = Study.open(study_path)
    names = study.experiments()
    seconds: list[list[float]] = []
    same: list[float] = []
    everywhere = np.ones((1, *images[0].shape[2:]), bool)
    for name in names[:: max(1, len(names) // models)][:models]:
        card, network = study.model(name), load_network(study.weights(name))
        exact, fast = (
            Predictor(network, card.band_mean, card.band_std, "cpu", mode)
            for mode in ("exact", "fast")
        )
        if not seconds:
            # Copied into a new one: 1x1 kernels cannot be turned back from channels last in place.
            plain = FCDenseNet(network.in_channels, network.head.out_channels).eval()
            plain.load_state_dict(network.state_dict())

            def eager(s2: Any, valid: Any, plain: Any = plain, exact: Any = exact) -> Any:
                with torch.inference_mode():
                    return plain(torch.from_numpy(exact.standardised(s2, valid))).argmax(1).numpy()

            for number in range(rounds + 1):
                row = []
                for way in (eager, exact.classes, fast.classes):
                    start = time.process_time()
                    way(images[0], everywhere)
                    row.append(time.process_time() - start)
                seconds += [row] if number else []  # The first one warms up.
        for image in images:
            both = (predictor.classes(image, everywhere) for predictor in (exact, fast))
            same.append(float(np.equal(*both).mean()))
    return {"seconds": seconds, "same": same, "precision": fast.precision}


def read_images(folder: Path, most: int) -> list[Any]:
    """Sentinel-2 patches (1, 10, rows, columns)."""
    from lcviz.data.sen12ms import read_s2  # noqa: PLC0415

    return [read_s2(file).values[None] for file in sorted(folder.glob("*/s2_*/*.tif"))[:most]]


def main(
    patches: Annotated[Path | None, typer.Option(help="real patches in SEN12MS's layout")] = None,
    study: Annotated[Path, typer.Option(help="study with models")] = ROOT / "studies" / "demo",
    models: Annotated[int, typer.Option(help="models whose classes are compared")] = 4,
    most: Annotated[int, typer.Option(help="patches that are compared, at most")] = 14,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 7,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    with small_dataset(patches) as folder:
        images = read_images(folder, most)
    context = multiprocessing.get_context("spawn")
    kind = "some of the demo's" if patches is None else "real"
    lines = [
        "## Prediction by instruction set",
        "",
        f"`python benchmarks/instruction_sets.py --models {models} --most {most} --rounds {rounds}`"
        f" on {processor()}, told to use no more than the instructions named. One thread, seconds "
        "of the processor for a patch of 256 x 256, medians; ratios are medians of the rounds' "
        "own. Eager is PyTorch with lcviz's own network, float32, channels first. The same class "
        f"as exact: over {models} models and {len(images)} patches, {kind}.",
        "",
        "| instructions | eager, s | exact, s | times faster | fast computes in | fast, s "
        "| times faster | same class: mean, worst patch and model |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, most_of_all in SETS.items():
        with limited_to(most_of_all), context.Pool(1) as pool:
            found = pool.apply(measure, (study, images, models, rounds))
        eager, exact, fast = (statistics.median(c) for c in zip(*found["seconds"], strict=True))
        by_exact, by_fast = (
            statistics.median(row[0] / row[i] for row in found["seconds"]) for i in (1, 2)
        )
        lines.append(
            f"| {name} | {eager:.2f} | {exact:.2f} | {by_exact:.1f} | {found['precision']} "
            f"| {fast:.2f} | {by_fast:.1f} | {np.mean(found['same']):.2%}, "
            f"{min(found['same']):.2%} |"
        )
    write_section("instruction_sets", lines)


if __name__ == "__main__":
    typer.run(main)

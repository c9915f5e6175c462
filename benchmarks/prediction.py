"""How fast a prediction is, against plain PyTorch: `python benchmarks/prediction.py`.

Each way of predicting lives in a process of its own, since memory settings are of a whole process.
The processes take turns, so that each round compares neighbours in time. Agreement is with plain
PyTorch, over models of the study, on real patches (`--patches`), which the project may not ship,
else on some of the demo. For processors without bfloat16 see `instruction_sets.py`.
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import typer
from instruction_sets import read_images
from linked_dataset import small_dataset
from plain_densenet import stock_like
from report import processor, write_section

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
WAYS = ("plain", "eager", "exact", "fast")
NEAR = 1e-5
"""In a probability: what float32 may err by."""
NAMES = {
    "plain": "plain PyTorch, float32, channels first",
    "eager": "PyTorch with lcviz's own network, float32, channels first",
    "exact": "exact: OpenVINO, float32",
    "fast": "fast: OpenVINO, bfloat16 where the processor has it, else 8-bit convolutions",
}


def work(pipe: Connection, way: str, threads: int, study_path: Path) -> None:
    """Answer (command, argument) with (seconds, result), until there is no command."""
    import torch  # noqa: PLC0415

    from lcviz.network.densenet import FCDenseNet  # noqa: PLC0415
    from lcviz.network.predictor import Predictor, load_network  # noqa: PLC0415
    from lcviz.network.standardisation import standardise  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415

    torch.set_num_threads(threads)
    study = Study.open(study_path)
    names = study.experiments()

    def load(name: str) -> Any:
        card = study.model(name)
        network = load_network(study.weights(name))
        if way in ("exact", "fast"):
            return Predictor(network, card.band_mean, card.band_std, "cpu", way)
        if way == "eager":
            # Copied into a new one: 1x1 kernels cannot be turned back from channels last in place.
            plain = FCDenseNet(network.in_channels, network.head.out_channels).eval()
            plain.load_state_dict(network.state_dict())
        else:
            plain = stock_like(network)
        precision = torch.float64 if way == "double" else torch.float32
        plain.to(precision)

        def probabilities(s2: Any, valid: Any) -> Any:
            x = torch.from_numpy(standardise(s2, card.band_mean, card.band_std))
            with torch.inference_mode():
                return plain(x.to(precision)).softmax(dim=1).numpy()

        return SimpleNamespace(probabilities=probabilities, release=lambda: None)

    models: dict[str, Any] = {}
    while command := pipe.recv():
        name, s2 = command
        start = time.perf_counter()
        if name == "all":  # Loads and predicts with all of them, as a first click does.
            with ThreadPoolExecutor(2) as pool:
                models = dict(zip(names, pool.map(load, names), strict=True))
            for experiment in names:
                models[experiment].probabilities(s2, np.ones((1, *s2.shape[2:]), bool))
                models[experiment].release()
            result = None
        else:
            model = models.get(name) or load(name)
            models[name] = model
            result = model.probabilities(s2, np.ones((1, *s2.shape[2:]), bool))
        pipe.send((time.perf_counter() - start, result))


def raster_speed(mode: str, study_path: Path, threads: int, side: int) -> tuple[float, float]:
    """Mpx/s of a whole raster with one model, and peak memory in GB; for a process of its own."""
    import resource  # noqa: PLC0415

    import torch  # noqa: PLC0415
    from rasterio.crs import CRS  # noqa: PLC0415
    from rasterio.transform import Affine  # noqa: PLC0415

    from lcviz.georeference import GeoBox  # noqa: PLC0415
    from lcviz.network.loading import load_model  # noqa: PLC0415
    from lcviz.rasters.prediction import predict_raster  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415

    crs = CRS.from_epsg(32633)

    class Noise:
        geobox = GeoBox((side, side), Affine(10, 0, 500_000, 0, -10, 4_000_000), crs)

        def read(self, window: Any) -> Any:
            shape = int(window.height), int(window.width)
            random = np.random.default_rng(0)
            return random.integers(0, 4000, (10, *shape), np.uint16), np.ones(shape, bool)

    torch.set_num_threads(threads)
    study = Study.open(study_path)
    name = study.experiments()[0]
    predictor = load_model(study, name).predictor("cpu", mode)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        predict_raster({name: predictor}, Noise(), Path(folder))
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return side**2 / 1e6 / seconds, peak


@dataclass
class Agreement:
    """How far each way is from plain PyTorch and from float64, over all models and patches."""

    same: dict[str, list[float]] = field(default_factory=dict)
    """Share of pixels of plain's class, a patch and model each."""
    errors: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    """Way and the one that it is compared with -> largest difference in a probability, and pixels
    that differ by more than `NEAR`."""
    pixels: int = 0
    unanimous: list[float] = field(default_factory=list)
    """Share of a patch's pixels of which all models say the same."""


def compare(
    ask: Callable[..., tuple[float, Any]], names: Sequence[str], real: Sequence[Any]
) -> Agreement:
    """Predict all patches with all models in all ways."""
    found = Agreement()
    for image in real:
        maps = []
        for name in names:
            results = {way: ask(way, name, image)[1] for way in (*WAYS, "double")}
            for way, result in results.items():
                same = result.argmax(1) == results["plain"].argmax(1)
                found.same.setdefault(way, []).append(float(same.mean()))
                for other in ("plain", "double"):
                    differences = np.abs(result - results[other]).max(axis=1)
                    most, farther = found.errors.get((way, other), (0.0, 0))
                    found.errors[way, other] = (
                        max(most, float(differences.max())),
                        farther + int((differences > NEAR).sum()),
                    )
            found.pixels += differences.size
            maps.append(results["plain"].argmax(1))
        found.unanimous.append(float(np.mean(np.ptp(np.stack(maps), axis=0) == 0)))
    return found


def main(
    patches: Annotated[Path | None, typer.Option(help="real patches in SEN12MS's layout")] = None,
    study: Annotated[Path, typer.Option(help="study with models")] = ROOT / "studies" / "demo",
    threads: Annotated[int, typer.Option(help="threads of each process")] = 2,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 20,
    models: Annotated[int, typer.Option(help="models whose classes are compared")] = 3,
    most: Annotated[int, typer.Option(help="patches that are compared, at most")] = 14,
    side: Annotated[int, typer.Option(help="rows and columns of the large raster")] = 2560,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    from lcviz.study import Study  # noqa: PLC0415

    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for way in (*WAYS, "double"):
        pipes[way], theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, way, threads, study), daemon=True)
        process.start()
        processes.append(process)

    def ask(way: str, *command: Any) -> tuple[float, Any]:
        pipes[way].send(command)
        return pipes[way].recv()

    with small_dataset(patches) as folder:
        real = read_images(folder, most)
    kind = "of the demo's" if patches is None else "real"
    names = Study.open(study).experiments()
    compared = names[:: max(1, len(names) // models)][:models]
    # The first prediction of all loads libraries' parts; the next model is a first click.
    for way in WAYS:
        ask(way, names[0], real[0])
    first = {way: ask(way, names[1], real[0])[0] for way in WAYS}
    everything = {way: ask(way, "all", real[0])[0] for way in WAYS}
    seconds = [[ask(way, names[0], real[0])[0] for way in WAYS] for _ in range(rounds)]
    found = compare(ask, compared, real)
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send(None)
        process.join()

    lines = [
        "## Prediction",
        "",
        f"`python benchmarks/prediction.py --threads {threads} --rounds {rounds}` on "
        f"{processor()}. Medians over the rounds; a round runs each way once, in turn. One patch "
        f"of 256 x 256; agreement with plain PyTorch over {len(compared)} models and {len(real)} "
        f"patches, {kind}, whose mean is the share of all pixels.",
        "",
        "| | seconds | times faster | model not loaded yet, s | "
        f"{len(names)} models, none loaded, s | same class: mean, worst patch | "
        "largest difference in probability from float64 | from plain PyTorch | of "
        f"{found.pixels:,} pixels, more than {NEAR:g} from float64 | from plain PyTorch |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for i, way in enumerate(WAYS):
        median = statistics.median(row[i] for row in seconds)
        ratio = statistics.median(row[0] / row[i] for row in seconds)
        most, farther = zip(*(found.errors[way, o] for o in ("double", "plain")), strict=True)
        cells = [f"{median:.3f}", f"{ratio:.1f}", f"{first[way]:.2f}", f"{everything[way]:.1f}"]
        cells.append(f"{np.mean(found.same[way]):.3%}, {min(found.same[way]):.2%}")
        cells += [*(f"{error:.1e}" for error in most), *(f"{n:,}" for n in farther)]
        lines.append(f"| {NAMES[way]} | {' | '.join(cells)} |")
    lines += ["", f"| Raster of {side} x {side}, one model | Mpx/s | peak GB |", "|---|---|---|"]
    for mode in ("exact", "fast"):
        with context.Pool(1) as pool:
            speed, peak = pool.apply(raster_speed, (mode, study, threads, side))
        lines.append(f"| {mode} | {speed:.2f} | {peak:.1f} |")
    lines += [
        "",
        f"All {len(compared)} models agree on {np.mean(found.unanimous):.1%} of the pixels of the "
        f"patches ({min(found.unanimous):.1%} to {max(found.unanimous):.1%} by patch).",
    ]
    write_section("prediction", lines)


if __name__ == "__main__":
    typer.run(main)

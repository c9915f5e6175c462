"""Own code against the libraries that could take its place: `python benchmarks/libraries.py`.

Each pair takes turns within a round, in one process and on one thread, and is measured in seconds
of the processor, so that other work on the machine does not count. The tables have medians over the
rounds; a ratio is the median of the rounds' own. A training step is measured in a process for each
way, since memory is of a whole process. Each part takes less than three minutes on one core.
"""

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

PLACE = (33550, 33922, 34735)
"""Tags that tell where a GeoTIFF lies."""


def in_turns(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each way in each round, after one to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    return {name: of_way[1:] for name, of_way in seconds.items()}


def ratio(others: Sequence[float], ours: Sequence[float]) -> float:
    """How many times as long the others take."""
    return statistics.median(b / a for a, b in zip(ours, others, strict=True))


def tiff_table(files: int, rounds: int) -> list[str]:
    """Reading of Sentinel-2 patches, pixels and place."""
    import rasterio  # noqa: PLC0415
    import tifffile  # noqa: PLC0415
    from loading import SCENE, write_patches  # noqa: PLC0415

    from lcviz.data.plain_tiff import read_plain  # noqa: PLC0415

    def ours(path: Path) -> Any:
        found = read_plain(path, 13, "uint16")
        assert found is not None
        return found

    def theirs(path: Path) -> Any:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            return file.asarray(), [page.tags[number].value for number in PLACE]

    def gdal(path: Path) -> Any:
        with rasterio.open(path) as file:
            return file.read(), file.transform, file.crs

    with tempfile.TemporaryDirectory() as name:
        write_patches(Path(name), files)
        paths = sorted(Path(name).glob(f"*/s2_{SCENE.rsplit('_', 1)[1]}/*.tif"))
        np.testing.assert_array_equal(ours(paths[0])[0], theirs(paths[0])[0].transpose(2, 0, 1))
        ways = {"plain_tiff.py": ours, "tifffile": theirs, "GDAL, by rasterio": gdal}
        seconds = in_turns(
            {way: lambda read=read: [read(path) for path in paths] for way, read in ways.items()},
            rounds,
        )
    return [
        f"| {way} | {1000 * statistics.median(of_way) / files:.2f} "
        f"| {ratio(of_way, seconds['plain_tiff.py']):.2f} |"
        for way, of_way in seconds.items()
    ]


def checkpointed(maps: Sequence[Any], norm: Any, conv: Any, halve: bool = False) -> Any:
    """A layer of a dense block with PyTorch's own checkpoint.

    Running statistics are moved outside of it, or they would move twice: it runs the layer again.
    """
    import torch  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415
    from torch.utils.checkpoint import checkpoint  # noqa: PLC0415

    from lcviz.network import norm_relu_conv  # noqa: PLC0415

    def layer(*values: Any) -> Any:
        joined = torch.cat(values, dim=1)
        active = functional.batch_norm(
            joined, None, None, norm.weight, norm.bias, True, 0.0, norm.eps
        ).relu_()
        return conv(functional.avg_pool2d(active, 2) if halve else active)

    of_batch = (torch.cat([getattr(m, name) for m in maps]) for name in ("mean", "variance"))
    norm_relu_conv._move_running_statistics(norm, *of_batch)
    return checkpoint(layer, *(m.values for m in maps), use_reentrant=False)


def train(pipe: Connection, way: str, bfloat16: bool, batch: int, size: int) -> None:
    """Answer each message with (processor seconds of a step, peak GB), until it is false."""
    import resource  # noqa: PLC0415

    import torch  # noqa: PLC0415
    from network import network_of, step_of  # noqa: PLC0415

    from lcviz.network import densenet  # noqa: PLC0415

    torch.set_num_threads(1)
    if way == "torch.utils.checkpoint":
        densenet.norm_relu_conv = checkpointed
    network = network_of("plain" if way == "plain PyTorch" else "ours", "cpu")
    step = step_of(network, True, batch, size, bfloat16, "cpu")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while pipe.recv():
        start = time.process_time()
        step()
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        pipe.send((seconds, peak / 1e6))


def checkpoint_table(batch: int, size: int, rounds: int) -> list[str]:
    """Training steps in both precisions, and the memory they need."""
    ways = ("norm_relu_conv.py", "torch.utils.checkpoint", "plain PyTorch")
    lines = []
    for precision in ("float32", "bfloat16"):
        results = take_steps(ways, precision == "bfloat16", batch, size, rounds)
        seconds = [[s for s, _ in of_way[1:]] for of_way in results]
        lines += [
            f"| {precision}: {way} | {statistics.median(taken):.2f} "
            f"| {ratio(taken, seconds[0]):.2f} | {max(peak for _, peak in found):.2f} |"
            for way, taken, found in zip(ways, seconds, results, strict=True)
        ]
    return lines


def take_steps(
    ways: Sequence[str], bfloat16: bool, batch: int, size: int, rounds: int
) -> list[list[tuple[float, float]]]:
    """Of each way the (processor seconds, peak GB) of each round, after one to warm up."""
    context = get_context("spawn")
    pipes = []
    for way in ways:
        ours, theirs = context.Pipe()
        arguments = (theirs, way, bfloat16, batch, size)
        context.Process(target=train, args=arguments, daemon=True).start()
        pipes.append(ours)
    results: list[list[tuple[float, float]]] = [[] for _ in ways]
    for _ in range(rounds + 1):
        for pipe, found in zip(pipes, results, strict=True):
            pipe.send(True)
            found.append(pipe.recv())
    for pipe in pipes:
        pipe.send(False)
    return results


def openvino_table(size: int, rounds: int) -> list[str]:
    """Making the network ready, predicting, and the error of its probabilities."""
    import torch  # noqa: PLC0415

    from lcviz.network.openvino_graph import CompiledNetwork, openvino  # noqa: PLC0415
    from lcviz.network.predictor import load_network  # noqa: PLC0415
    from lcviz.network.standardisation import standardise  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415

    torch.set_num_threads(1)
    demo = Study.open(Path(__file__).parents[1] / "studies" / "demo")
    name = demo.experiments()[0]
    card = demo.model(name)
    network = load_network(demo.weights(name))
    s2 = np.random.default_rng(0).integers(300, 4000, (1, 10, size, size), np.uint16)
    x = np.ascontiguousarray(standardise(s2, card.band_mean, card.band_std))
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
    }
    core = openvino.Core()

    def converted() -> Any:
        example = torch.from_numpy(x)
        with torch.inference_mode(), warnings.catch_warnings():
            # Of the checks of the input's shape, which are the same for every patch.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            return openvino.convert_model(network, example_input=example)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xml"
        openvino.save_model(converted(), path, compress_to_fp16=False)
        made = {
            "openvino_graph.py": lambda: CompiledNetwork(network, "float32"),
            "convert_model": lambda: core.compile_model(converted(), "CPU", options),
            "convert_model, kept on disk": lambda: core.compile_model(path, "CPU", options),
        }
        loading = in_turns(made, max(1, rounds // 3))
        compiled = made["convert_model"]()
        ours = made["openvino_graph.py"]()
        predict = {
            "openvino_graph.py": lambda: ours(x),
            "convert_model": lambda: compiled([x])[0],
        }
        predicting = in_turns(predict, rounds)
    with torch.inference_mode():
        expected = network.double()(torch.from_numpy(x).double()).softmax(dim=1).numpy()
    lines = []
    for way in made:
        known = way if way in predict else "convert_model"
        logits = torch.from_numpy(np.asarray(predict[known](), dtype=np.float64))
        error = logits.softmax(dim=1).numpy() - expected
        lines.append(
            f"| {way} | {statistics.median(loading[way]):.2f} "
            f"| {1000 * statistics.median(predicting[known]):.0f} "
            f"| {ratio(predicting[known], predicting['openvino_graph.py']):.2f} "
            f"| {np.sqrt(np.square(error).mean()):.1e} | {np.abs(error).max():.1e} |"
        )
    return lines


def main(
    part: Annotated[list[str] | None, typer.Option(help="tiff, checkpoint, openvino: all")] = None,
    files: Annotated[int, typer.Option(help="patches to read")] = 40,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 7,
    batch: Annotated[int, typer.Option(help="patches a training step")] = 2,
    size: Annotated[int, typer.Option(help="side of the patches of the network, pixels")] = 128,
) -> None:
    """Measure, print the tables, and put them into RESULTS.md."""
    on = f"{rounds} rounds on {processor()}, one thread, in time of the processor"
    if not part or "tiff" in part:
        head = [
            "## tifffile, against plain_tiff.py",
            "",
            f"`python benchmarks/libraries.py --part tiff`: {files} Sentinel-2 patches, pixels and "
            f"place, {on}.",
            "",
            "| | ms a patch | times ours |",
            "|---|---|---|",
        ]
        write_section("library_tiff", [*head, *tiff_table(files, rounds)])
    if not part or "checkpoint" in part:
        head = [
            "## torch.utils.checkpoint, against norm_relu_conv.py",
            "",
            "`python benchmarks/libraries.py --part checkpoint`: training steps of "
            f"{batch} patches of {size} x {size}, {on}. Memory is the peak beyond what the "
            "process held before its first step. Both spare memory; in bfloat16, which training "
            "takes where the processor has it, statistics computed once for all layers pay.",
            "",
            "| | s a step | times ours | peak GB |",
            "|---|---|---|---|",
        ]
        write_section("library_checkpoint", [*head, *checkpoint_table(batch, size, rounds)])
    if not part or "openvino" in part:
        head = [
            "## OpenVINO's conversion, against openvino_graph.py",
            "",
            f"`python benchmarks/libraries.py --part openvino`: a patch of {size} x {size} in "
            f"float32, {on}. The error is that of the probabilities from PyTorch in float64.",
            "",
            "| | s until ready | ms a patch | times ours | error, root mean square | largest |",
            "|---|---|---|---|---|---|",
        ]
        write_section("library_openvino", [*head, *openvino_table(size, rounds)])


if __name__ == "__main__":
    typer.run(main)

"""How fast the network trains and predicts here, against plain PyTorch: see `--help`.

Each configuration lives in a process of its own, since memory settings are of a whole process. The
processes take turns, step by step, so that each round compares neighbours in time; the table has
the median over the rounds of the seconds, and of the ratio to the plain network of that round.
Training is measured once more with the processor's instructions for bfloat16 off. For a GPU see
`on_gpu.py`.
"""

import multiprocessing
import resource
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import typer
from instruction_sets import limited_to
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))
CONFIGURATIONS = {
    "plain PyTorch, float32": {"kind": "plain"},
    "public tiramisu, float32, freed memory kept": {"kind": "public"},
    "ours, float32": {"kind": "ours"},
    "ours, bfloat16": {"kind": "ours", "bfloat16": True},
}
FORWARD_FLOP, TRAINING_FLOP = 36.6e9, 106.7e9
"""Of one patch of 256 x 256; two for each multiplication and addition."""
RAW_MAPS = 48 + 48 + 64 + 64 + 64 + (112 + 64 + 64 + 64) / 4 + (176 + 64 + 64 + 64) / 16 + 20 / 4
"""Channels, counted at full size, of the maps that must be written at least once."""


def network_of(kind: str, device: str) -> Any:
    """A network in training, as its kind is written."""
    import torch  # noqa: PLC0415 - after the memory settings
    from plain_densenet import PlainDenseNet  # noqa: PLC0415

    from lcviz.network.densenet import FCDenseNet  # noqa: PLC0415

    torch.manual_seed(0)
    if kind != "ours":
        return PlainDenseNet(10, 8, bias=kind == "public").to(device)
    return FCDenseNet(10, 8).to(device, memory_format=torch.channels_last)


def step_of(network: Any, train: bool, batch: int, size: int, bfloat16: bool, device: str) -> Any:
    """A function that does one step on random patches."""
    import torch  # noqa: PLC0415

    from lcviz.network.densenet import FCDenseNet  # noqa: PLC0415

    network.train(train)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    image = torch.randn(batch, 10, size, size, device=device)
    labels = torch.randint(0, 8, (batch, size, size), device=device)
    if isinstance(network, FCDenseNet):
        image = image.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        with torch.inference_mode(not train):
            with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
                logits = network(image)
            if train:
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(logits.float(), labels).backward()
                optimiser.step()

    return step


def work(
    pipe: Connection, threads: int, kind: str, bfloat16: bool, train: bool, batch: int, size: int
) -> None:
    """Answer each message with (seconds, processor seconds, peak GB), until it is false."""
    import torch  # noqa: PLC0415

    from lcviz.allocator import keep_freed_memory  # noqa: PLC0415

    torch.set_num_threads(threads)
    if kind != "plain":
        keep_freed_memory()
    step = step_of(network_of(kind, "cpu"), train, batch, size, bfloat16, "cpu")
    while pipe.recv():
        start, start_processor = time.perf_counter(), time.process_time()
        step()
        seconds = time.perf_counter() - start, time.process_time() - start_processor
        pipe.send((*seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))


def measure(threads: int, rounds: int, **task: Any) -> list[list[tuple[float, float, float]]]:
    """What `work` says, for each round (after one to warm up) and configuration."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for configuration in CONFIGURATIONS.values():
        ours, theirs = context.Pipe()
        settings = {"bfloat16": False} | configuration | task
        process = context.Process(target=work, args=(theirs, threads), kwargs=settings, daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    results: list[list[tuple[float, float, float]]] = []
    for _ in range(rounds + 1):
        results.append([])
        for pipe in pipes:
            pipe.send(True)
            results[-1].append(pipe.recv())
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(False)
        process.join()
    return results[1:]


def cpu_table(title: str, threads: int, rounds: int, **task: Any) -> list[str]:
    """Rows of one task."""
    lines = []
    results = measure(threads, rounds, **task)
    for i, name in enumerate(CONFIGURATIONS):
        seconds, spent, peak = (statistics.median(r[i][k] for r in results) for k in range(3))
        ratio = statistics.median(r[0][0] / r[i][0] for r in results)
        by_processor = statistics.median(r[0][1] / r[i][1] for r in results)
        lines.append(
            f"| {title}: {name} | {seconds:.2f} | {ratio:.2f} | {spent:.2f} | {by_processor:.2f} "
            f"| {peak:.2f} |"
        )
    return lines


def main(
    threads: Annotated[int, typer.Option(help="threads of each process")] = 2,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 3,
    batch: Annotated[int, typer.Option(help="patches a training step")] = 4,
    size: Annotated[int, typer.Option(help="side of the patches, pixels")] = 256,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    step = f"Training step, {batch} x {size} x {size}"
    training = {"train": True, "batch": batch, "size": size}
    command = (
        f"`python benchmarks/network.py --threads {threads} --rounds {rounds} --batch {batch} "
        f"--size {size}` on {processor()}"
    )
    columns = [
        "| | seconds | times faster | processor seconds | times fewer | peak GB |",
        "|---|---|---|---|---|---|",
    ]
    lines = [
        "## Network",
        "",
        f"{command}. "
        "Medians over the rounds; a round runs each configuration once, in turn. Processor seconds "
        "leave out waiting for other programs. The public tiramisu is written as those on the web "
        "are, of the same depth, in `plain_densenet.py`. In training, all but plain PyTorch keep "
        "freed memory for reuse.",
        "",
        *columns,
        *cpu_table(step, threads, rounds, **training),
        *cpu_table("Prediction of one patch", threads, rounds, train=False, batch=1, size=256),
    ]
    write_section("network", lines)
    with limited_to("AVX512_CORE_VNNI"):
        limited = cpu_table(step, threads, rounds, **training)
    lines = [
        "## Training without instructions for bfloat16",
        "",
        f"{command}, told to use no more than AVX-512 with VNNI; else as above. There `train` "
        "takes float32, unless told otherwise.",
        "",
        *columns,
        *limited,
    ]
    write_section("network_without_bfloat16", lines)


if __name__ == "__main__":
    typer.run(main)

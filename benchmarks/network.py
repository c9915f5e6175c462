"""How fast the network runs on this CPU, against plain PyTorch: `python benchmarks/network.py`.

Each configuration lives in a process of its own, since memory settings are of a whole process. The
processes take turns, step by step, so that each round compares neighbours in time; the table has
the median over the rounds of the seconds, and of the ratio to the plain network of that round.
"""

import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import typer
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))
CONFIGURATIONS = {
    "plain PyTorch, float32": {"ours": False, "bfloat16": False},
    "ours, float32": {"ours": True, "bfloat16": False},
    "ours, bfloat16": {"ours": True, "bfloat16": True},
}
TASKS = {
    "Prediction of one patch of 256 x 256": {"train": False, "batch": 1, "size": 256},
    "Training step, four crops of 128 x 128": {"train": True, "batch": 4, "size": 128},
}


def work(
    pipe: Connection, threads: int, ours: bool, bfloat16: bool, train: bool, batch: int, size: int
) -> None:
    """Answer each message with the seconds that one step took, until the message is false."""
    import torch  # noqa: PLC0415 - after the memory settings

    from lcviz import densenet  # noqa: PLC0415
    from lcviz.allocator import keep_freed_memory  # noqa: PLC0415

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = densenet.FCDenseNet(10, 8).train(train)
    if ours:
        keep_freed_memory()
        torch.nn.utils.convert_conv2d_weight_memory_format(network, torch.channels_last)
    else:
        densenet._upsample = lambda x, conv: conv(x)[:, :, :-1, :-1]
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    image, labels = torch.randn(batch, 10, size, size), torch.randint(0, 8, (batch, size, size))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = network(image)
        if train:
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits.float(), labels).backward()
            optimiser.step()

    while pipe.recv():
        start = time.perf_counter()
        with torch.inference_mode(not train):
            step()
        pipe.send(time.perf_counter() - start)


def measure(threads: int, rounds: int, **task: int) -> list[list[float]]:
    """Seconds of each round (after two to warm up) and configuration."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for configuration in CONFIGURATIONS.values():
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work, args=(theirs, threads), kwargs={**configuration, **task}, daemon=True
        )
        process.start()
        pipes.append(ours)
        processes.append(process)
    seconds = []
    for _ in range(rounds + 2):
        seconds.append([])
        for pipe in pipes:
            pipe.send(True)
            seconds[-1].append(pipe.recv())
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(False)
        process.join()
    return seconds[2:]


def main(
    threads: Annotated[int, typer.Option(help="threads of each process")] = 1,
    rounds: Annotated[int, typer.Option(help="measured rounds")] = 9,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    lines = [
        "## Network",
        "",
        f"`python benchmarks/network.py --threads {threads} --rounds {rounds}` on {processor()}.",
        "Medians over the rounds; a round runs each configuration once, in turn.",
        "",
        "| | seconds | thousand pixels a second | times faster |",
        "|---|---|---|---|",
    ]
    for title, task in TASKS.items():
        seconds = measure(threads, rounds, **task)
        pixels = task["batch"] * task["size"] ** 2
        for i, name in enumerate(CONFIGURATIONS):
            median = statistics.median(row[i] for row in seconds)
            ratio = statistics.median(row[0] / row[i] for row in seconds)
            lines.append(
                f"| {title}: {name} | {median:.2f} | {pixels / median / 1e3:.0f} | {ratio:.1f} |"
            )
    write_section("network", lines)


if __name__ == "__main__":
    typer.run(main)

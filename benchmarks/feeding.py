"""How busy training keeps the device that computes: `python benchmarks/feeding.py`.

Two rates of the same step are compared: alone, on a batch that lies in the device's memory already;
and as `lcviz.network.training.fit` does it, on patches read from the packed cache, with all that
Lightning, checkpoints and transfers add. Their ratio is the share of the time in which the device
computes. It is a GPU where there is one, else the CPU, which also does the reading.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import lightning
import numpy as np
import torch
import typer
from lightning.pytorch.callbacks import Callback
from loading import write_patches
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.allocator import keep_freed_memory
from lcviz.data.packed import PackedPatches, write_shard
from lcviz.data.sen12ms import PatchFiles, find_patches
from lcviz.network.training.fit import fit
from lcviz.network.training.model import LandCoverModel
from lcviz.network.training.patches import PatchData, PatchDataset
from lcviz.network.training.precision import precision_here
from lcviz.network.training.recipe import TrainingConfig

MEAN, STD = (1500.0,) * 10, (900.0,) * 10
FILES = 64
"""Patches written; an epoch reads them again and again."""
WARM = 5
"""Steps before the clock starts: compilation, the caches of allocators, workers that start."""


def finish_work() -> None:
    """Wait for what the GPU was asked for."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def alone(config: TrainingConfig, dataset: PatchDataset, device: str, steps: int) -> float:
    """Patches/s of steps on one batch that is never read again."""
    torch.manual_seed(0)
    model = LandCoverModel(config, MEAN, STD).to(device).train()
    if device == "cuda":
        model.network.compile(dynamic=False)
    optimiser = torch.optim.Adam(model.parameters(), config.learning_rate)
    batch = [
        torch.stack(part).to(device)
        for part in zip(*(dataset[0, i] for i in range(config.batch_size)), strict=True)
    ]
    for step in range(WARM + steps):
        if step == WARM:
            finish_work()
            start = time.perf_counter()
        optimiser.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=config.precision == "bf16-mixed"):
            loss = model.training_step(batch, step)
        loss.backward()
        optimiser.step()
    finish_work()
    return steps * config.batch_size / (time.perf_counter() - start)


class Clock(Callback):
    """Seconds from the end of step `WARM` to that of the epoch's last one."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.seconds = 0.0

    def on_train_batch_end(
        self, trainer: lightning.Trainer, model: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the clock after the first and the last step that count."""
        if batch_idx + 1 in (WARM, self.steps):
            finish_work()
            self.seconds = time.perf_counter() - self.seconds


def fed(
    config: TrainingConfig, patches: list[PatchFiles], packed: PackedPatches, steps: int
) -> float:
    """Patches/s of an epoch of `fit`."""
    wanted = (WARM + steps) * config.batch_size
    training = [patches[i % len(patches)] for i in range(wanted)]
    clock = Clock(WARM + steps)
    with tempfile.TemporaryDirectory() as scratch:
        data = PatchData(training, patches[:1], config, packed)
        fit(data, MEAN, STD, Path(scratch), callbacks=[clock])
    return steps * config.batch_size / clock.seconds


def main(
    steps: Annotated[int, typer.Option(help="steps of each measurement")] = 0,
    rounds: Annotated[int, typer.Option(help="measurements of each")] = 3,
    batch: Annotated[int, typer.Option(help="patches a step")] = 4,
    workers: Annotated[int, typer.Option(help="processes that read, on a GPU")] = 4,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    gpu = torch.cuda.is_available()
    device, steps = ("cuda", steps or 500) if gpu else ("cpu", steps or 12)
    config = TrainingConfig(
        batch_size=batch,
        max_epochs=1,
        precision=precision_here(gpu),
        workers=workers if gpu else 0,
    )
    keep_freed_memory()
    rates = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_patches(folder / "data", FILES)
        patches = find_patches(folder / "data")
        write_shard(folder / patches[0].scene_id, "f", patches)
        packed = PackedPatches(folder, {patches[0].scene_id: "f"})
        dataset = PatchDataset(patches, config, packed)
        for _ in range(rounds):
            rates.append(
                (alone(config, dataset, device, steps), fed(config, patches, packed, steps))
            )
    bare, real = np.median(rates, axis=0)
    busy = np.median([after / before for before, after in rates])
    on = torch.cuda.get_device_name() if gpu else processor()
    write_section(
        "feeding",
        [
            "## Feeding",
            "",
            f"`python benchmarks/feeding.py --steps {steps} --rounds {rounds} --batch {batch}` on "
            f"{on}, {config.precision}{', compiled' if gpu else ''}, patches of 256 x 256 from the "
            "packed cache, "
            f"{f'{workers} processes read' if gpu else 'read by the process that computes'}."
            " Medians; a round measures both, in turn.",
            "",
            "| | patches/s |",
            "|---|---|",
            f"| The step alone, on a batch in memory | {bare:,.1f} |",
            f"| Training: reading, transfers, Lightning and all | {real:,.1f} |",
            f"| Share of the time in which the device computes | {busy:.1%} |",
        ],
    )


if __name__ == "__main__":
    typer.run(main)

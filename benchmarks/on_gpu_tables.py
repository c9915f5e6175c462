"""The GPU's tables: training and prediction against eager float32, and against two ceilings."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from network import FORWARD_FLOP, RAW_MAPS, TRAINING_FLOP, network_of, step_of
from report import processor

from lcviz.network.training.recipe import TrainingConfig
from lcviz.taxonomy import PATCH_SIZE

TASKS = {"training": (TRAINING_FLOP, 6), "prediction": (FORWARD_FLOP, 2)}
"""Operations of one patch of 256 x 256, and how often its maps are read or written at least."""
ROWS = (
    ("training", "plain PyTorch, float32, batch 4", "plain", False, 4),
    ("prediction", "plain PyTorch, float32, batch 4", "plain", False, 4),
    ("training", "ours, bfloat16, batch 4", "ours", True, 4),
    ("training", "ours, bfloat16, batch 32", "ours", True, 32),
    ("prediction", "ours, bfloat16, batch 32", "ours", True, 32),
)


@dataclass
class Table:
    """What was measured so far."""

    device: str
    flops: float
    """Operations a second of a matrix product in bfloat16."""
    bandwidth: float
    """Bytes a second, read and written, of a copy."""
    rows: list[tuple[str, str, float, float]] = field(default_factory=list)
    """Task, name, patches/s, peak GB."""
    feeding: list[str] = field(default_factory=list)
    models: list[tuple[float, int]] = field(default_factory=list)
    side: int = PATCH_SIZE

    def floor(self, task: str) -> float:
        """Seconds a patch that no network of this kind can go below."""
        flop, passes = TASKS[task]
        return max(flop / self.flops, passes * RAW_MAPS * PATCH_SIZE**2 * 2 / self.bandwidth)

    def add_training(
        self, config: TrainingConfig, rate: float, alone: float, compiled: bool
    ) -> None:
        """Add the step that trains the models: crops/s as fed, and of a batch that is there."""
        self.side = config.crop
        patches = rate * (config.crop / PATCH_SIZE) ** 2
        name = f"the demo's, {config.precision}{', compiled' if compiled else ''}"
        name += f", {config.batch_size} crops of {config.crop}"
        self.rows.append(("training", name, patches, _peak_gb()))
        self.feeding = [
            "",
            "Fed from its own memory, with crops cut, turned and relit there, the device trains "
            f"at {short(rate)} crops/s; on one batch again and again at {short(alone)}: it is busy "
            f"{min(rate / alone, 1):.0%} of the time.",
        ]

    def add_model(self, seconds: float, crops: int) -> None:
        """Add a model that was trained."""
        self.models.append((seconds, crops))

    def lines(self) -> list[str]:
        """The section of RESULTS.md."""
        on = torch.cuda.get_device_name() if self.device == "cuda" else processor()
        lines = [
            "## On a GPU",
            "",
            f"`python benchmarks/on_gpu.py run` on {on}: {short(self.flops / 1e12)} TFLOP/s in a "
            f"bfloat16 matrix product, {short(self.bandwidth / 1e12)} TB/s in a copy. The floor is "
            "the longer of the network's operations at the one and its maps, written and read once "
            "a pass in bfloat16, at the other. Crops count by their pixels; float32 is PyTorch's, "
            "which has cuDNN convolve in TF32.",
            "",
            "| | patches/s | times faster | share of the floor | peak GB |",
            "|---|---|---|---|---|",
        ]
        plain = {task: rate for task, name, rate, _ in self.rows if name.startswith("plain")}
        for task, name, rate, peak in self.rows:
            times = f"{rate / plain[task]:.1f}" if task in plain else ""
            share = rate * self.floor(task)
            memory = "" if np.isnan(peak) else f"{peak:.2f}"
            lines.append(f"| {task}: {name} | {short(rate)} | {times} | {share:.2f} | {memory} |")
        lines += self.feeding
        if self.models:
            seconds, crops = (sum(part) for part in zip(*self.models, strict=True))
            lines += [
                "",
                f"{len(self.models)} models in {seconds:,.0f} s, validation and averages included: "
                f"{short(crops / seconds * (self.side / PATCH_SIZE) ** 2)} patches/s.",
            ]
        return lines


def short(value: float) -> str:
    """Three digits, or the whole part of what has more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def tables(device: str, until: float, say: Callable[[str], None]) -> Table:
    """Measure row by row, and begin none after the moment `until` of `time.monotonic`."""
    table = Table(device, *ceilings(device))
    say(f"{short(table.flops / 1e12)} TFLOP/s, {short(table.bandwidth / 1e12)} TB/s")
    for task, name, kind, bfloat16, batch in ROWS:
        if time.monotonic() > until:
            say(f"no time for {task}: {name}")
            continue
        side = PATCH_SIZE if device == "cuda" else 64
        network = network_of(kind, device)
        _forget_peak()
        step = step_of(network, task == "training", batch, side, bfloat16, device)
        rate = batch * (side / PATCH_SIZE) ** 2 / seconds_of(step, device, 10, until)
        table.rows.append((task, name, rate, _peak_gb()))
        say(f"{task}: {name}: {short(rate)} patches/s")
    if device == "cuda":
        table.rows.append(("prediction", *_from_dn(device)))
    return table


def ceilings(device: str) -> tuple[float, float]:
    """Operations a second of a matrix product in bfloat16, and bytes a second of a copy."""
    size, volume = (8192, 2**30) if device == "cuda" else (512, 2**24)
    a = torch.randn(size, size, device=device, dtype=torch.bfloat16)
    source = torch.empty(volume, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return (
        2 * size**3 / seconds_of(lambda: a @ a, device, 20),
        2 * volume / seconds_of(lambda: target.copy_(source), device, 20),
    )


def _from_dn(device: str) -> tuple[str, float, float]:
    from lcviz.network.predictor import Predictor  # noqa: PLC0415

    s2 = np.random.default_rng(0).integers(0, 4000, (32, 10, PATCH_SIZE, PATCH_SIZE), np.uint16)
    valid = np.ones((32, PATCH_SIZE, PATCH_SIZE), bool)
    predictor = Predictor(network_of("ours", "cpu"), (1500.0,) * 10, (900.0,) * 10, device)
    rate = 32 / seconds_of(lambda: predictor.classes(s2, valid), device, 10)
    return "from DN to classes, as `evaluate` does it, batch 32", rate, _peak_gb()


def seconds_of(
    step: Callable[[], Any], device: str, repeats: int, until: float = float("inf")
) -> float:
    """Median seconds of a step, over fewer repeats where the time runs out."""
    times: list[float] = []
    for number in range(repeats + 3):
        start = time.perf_counter()
        step()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
        if time.monotonic() > until and number:
            break
    # The first of them compile, choose algorithms and fill caches.
    return statistics.median(times[3:] or times[-1:])


def _forget_peak() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _peak_gb() -> float:
    return torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else float("nan")

"""Train the demo's models on a machine with a GPU, in minutes, and measure the GPU on the way.

    python benchmarks/on_gpu.py plan --study studies/demo --out plan.json       where the study is
    python benchmarks/on_gpu.py run plan.json --out FOLDER --minutes 8          where the GPU is
    python benchmarks/on_gpu.py install FOLDER --study studies/demo             where the study is

The plan holds the demo's settings and which patches each model learns from. The run makes those
patches anew, on all cores, measures the GPU meanwhile, and trains the models one after another, as
long as it has the time for each. It needs PyTorch, Lightning, pandas and pydantic, and neither
GDAL nor a network. What it writes is whole at every moment: a model is there, or it is not, and
what was installed counts as trained for `python -m precompute run`.

A package that is missing there can lie as a wheel in `benchmarks/wheels/` (not kept by git):

    pip download --only-binary=:all: --python-version 3.12 --platform manylinux2014_x86_64 \
        --dest benchmarks/wheels --no-deps \
        pydantic==2.14.3 pydantic-core annotated-types typing-inspection
"""

import math
import os
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import typer
from on_gpu_world import World

if TYPE_CHECKING:  # The processes that make patches import this file, and need no PyTorch.
    from on_gpu_files import Plan, RunFolder
    from on_gpu_tables import Table

    from lcviz.network.training.recipe import TrainingConfig
    from lcviz.network.training.resident import ResidentTrainer
    from lcviz.network.training.resident_crops import ResidentPatches

WHEELS = Path(__file__).with_name("wheels")
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

TABLES_SHARE, WORLD_SHARE = 0.25, 0.5
"""Of the time, after which no further table row is begun, and the patches have to suffice."""
RESERVE = 0.03
"""Share of the time that is left at the end, for what takes longer than it was measured to."""
EPOCHS = 8
"""Validations of a model: each takes a second."""


def add_wheels() -> None:
    """Make the packages in `wheels/` importable, here and in processes started from here."""
    wheels = sorted(WHEELS.glob("*.whl"))
    if not wheels:
        return
    place = tempfile.mkdtemp(prefix="lcviz-wheels-")
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
    os.environ["PYTHONPATH"] = os.pathsep.join([place, os.environ.get("PYTHONPATH", "")])
    sys.path.insert(0, place)


class Clock:
    """Time since the start, and the end."""

    def __init__(self, minutes: float) -> None:
        self.start = time.monotonic()
        self.seconds = 60 * minutes

    def at(self, share: float) -> float:
        """The moment at which a share of the time is over."""
        return self.start + share * self.seconds

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        return self.at(1 - RESERVE) - time.monotonic()

    def say(self, text: str) -> None:
        """Print a line with the time."""
        print(f"{time.monotonic() - self.start:6.1f} s  {text}", flush=True)


@app.command()
def plan(
    study: Annotated[Path, typer.Option(help="A demo study, with its index and statistics.")],
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("on_gpu_plan.json"),
) -> None:
    """Write down what is to be trained."""
    from on_gpu_files import write_plan  # noqa: PLC0415

    models = write_plan(study, out)
    print(f"{out}: {models} models")


@app.command()
def run(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="What `plan` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for at most 8 files of at most 16 MB.")],
    minutes: Annotated[float, typer.Option(help="It ends before.")] = 8,
    crop: Annotated[int, typer.Option(help="Side of the crops, pixels.")] = 128,
    batch: Annotated[int, typer.Option(help="Crops a step.")] = 32,
    compile_network: Annotated[
        bool | None, typer.Option("--compile/--no-compile", help="On a GPU, if not given.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes that make patches; 0 for all but two cores.")
    ] = 0,
) -> None:
    """Measure, make the patches, train."""
    clock = Clock(minutes)
    add_wheels()
    from on_gpu_files import RunFolder, read_plan  # noqa: PLC0415

    wanted = read_plan(plan_file)
    folder = RunFolder(out, wanted)
    with World(wanted.settings, wanted.patches, workers or spare_cores()) as world:
        # After the processes that need none of it were started.
        import torch  # noqa: PLC0415
        from on_gpu_tables import tables  # noqa: PLC0415

        from lcviz.network.training.precision import precision_here  # noqa: PLC0415

        device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.backends.cudnn.benchmark = True  # All batches are of one size.
        table = tables(device, until=clock.at(TABLES_SHARE), say=clock.say)
        folder.write_results(table.lines())
        config = replace(
            wanted.config,
            crop=crop,
            batch_size=batch,
            max_epochs=EPOCHS,
            accumulate=1,
            workers=0,
            precision=precision_here(device == "cuda"),
        )
        compiled = device == "cuda" if compile_network is None else compile_network
        # Compiling takes a minute, which a few patches suffice for.
        few = world.collect(0, [wanted.patches])
        trainer, compiled = warm_trainer(wanted, few, config, device, compiled, clock)
        needed = [p for m in wanted.models for p in (m.training_patches, m.validation_patches)]
        made = world.collect(clock.at(WORLD_SHARE), needed)
    clock.say(f"{len(made)} of {len(wanted.patches)} patches are there")
    folder.note_world(made)
    trainer.patches = resident(made, device)
    rate, alone = trainer.rate(config, np.arange(len(made)), clock.left / 100)
    clock.say(f"{rate:,.4g} crops/s of {crop} pixels; {alone:,.4g} of a batch that is there")
    table.add_training(config, rate, alone, compiled)
    folder.write_results(table.lines())
    train_all(folder, list(made), trainer, config, clock, table, rate, compiled)
    folder.write_results(table.lines())
    clock.say(f"done: {len(folder.done)} of {len(wanted.models)} models in {out}")


def spare_cores() -> int:
    """Processes that make patches: two cores are left to the GPU's own process."""
    return max(1, (os.cpu_count() or 1) - 2)


def resident(made: dict[str, tuple[np.ndarray, np.ndarray]], device: str) -> "ResidentPatches":
    """Patches on the device, in order."""
    from lcviz.network.training.resident_crops import ResidentPatches  # noqa: PLC0415

    dn, classes = zip(*made.values(), strict=True)
    return ResidentPatches.of(dn, classes, device)


def warm_trainer(
    wanted: "Plan",
    few: dict[str, tuple[np.ndarray, np.ndarray]],
    config: "TrainingConfig",
    device: str,
    compiled: bool,
    clock: Clock,
) -> tuple["ResidentTrainer", bool]:
    """A trainer whose network is compiled, or one whose is not where that fails; and which."""
    from lcviz.network.training.resident import ResidentTrainer  # noqa: PLC0415

    patches = resident(few, device)
    statistics = wanted.band_mean, wanted.band_std
    bfloat16 = config.precision == "bf16-mixed"
    trainer = ResidentTrainer(patches, *statistics, device, bfloat16=bfloat16, compiled=compiled)
    if not compiled:
        return trainer, False
    try:
        trainer.rate(config, np.arange(len(few)), 0)
    except Exception as error:  # The compiler's own are of many kinds, and none must cost the run.
        clock.say(f"trains uncompiled: {' '.join(str(error).split())[:200]}")
        trainer = ResidentTrainer(patches, *statistics, device, bfloat16=bfloat16, compiled=False)
        return trainer, False
    clock.say("compiled")
    return trainer, True


def train_all(
    folder: "RunFolder",
    patch_ids: list[str],
    trainer: "ResidentTrainer",
    base: "TrainingConfig",
    clock: Clock,
    table: "Table",
    rate: float,
    compiled: bool,
) -> None:
    """Train the plan's models, each with its share of the time that is left."""
    import lightning  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from lcviz.network.training.fit import to_half  # noqa: PLC0415

    wanted, batch = folder.plan.models, base.batch_size
    numbers = {patch_id: number for number, patch_id in enumerate(patch_ids)}
    for number, model in enumerate(wanted):
        if clock.left <= 0 and folder.done:
            clock.say(f"{model.experiment}: no time left")
            break
        training, validation = (
            np.array([numbers[p] for p in ids if p in numbers], dtype=np.intp)
            for ids in (model.training_patches, model.validation_patches)
        )
        seconds = 0.94 * clock.left / (len(wanted) - number)
        steps = max(1, int(rate * seconds / EPOCHS / batch))
        config = replace(base, epoch_crops=steps * batch)
        began = time.monotonic()
        # Too short a time is still worth one model.
        deadline = clock.at(1 - RESERVE) if folder.done else math.inf
        found = trainer.train(config, training, validation, deadline)
        if found is None:
            clock.say(f"{model.experiment}: given up, the time is over")
            break
        weights, history = found
        spent = time.monotonic() - began
        # What validation, drawing and the average cost is known from here on.
        crops = EPOCHS * config.epoch_crops
        rate = (rate + crops / spent) / 2
        table.add_model(spent, crops)
        provenance = {
            "device": torch.cuda.get_device_name() if table.device == "cuda" else "cpu",
            "processes": 1,
            "patches_per_step": batch,
            "compiled": compiled,
            "precision": base.precision,
            "torch": torch.__version__,
            "lightning": lightning.__version__,
            "training_patches": len(training),
            "validation_patches": len(validation),
        }
        folder.add(model.experiment, asdict(config), to_half(weights), history, provenance)
        clock.say(
            f"{model.experiment}: validation accuracy {history.validation_accuracy.iloc[-1]:.3f}, "
            f"loss {history.validation_loss.iloc[-1]:.3f}, {spent:.1f} s, {crops:,} "
            f"crops of {len(training)} patches"
        )


@app.command()
def install(
    folder: Annotated[Path, typer.Argument(help="What `run` wrote.")],
    study: Annotated[Path, typer.Option(help="The study that the plan was made from.")],
) -> None:
    """Take the models into the study, and the tables into RESULTS.md."""
    from on_gpu_files import install_models  # noqa: PLC0415
    from report import write_section  # noqa: PLC0415

    for line in install_models(folder, study):
        print(line)
    with suppress(FileNotFoundError):
        write_section("on_gpu", (folder / "results.md").read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    app()

"""Options that several commands share, with their help."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from precompute.running.stage import console
from precompute.running.workers import ALL_CORES, Workers
from precompute.stages import label_maps


@dataclass(frozen=True)
class Crew:
    """Among what a stage's work is shared out; each field is an option."""

    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes of one core; 0 works in this one.")
    ] = ALL_CORES
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="Dask scheduler to work with, such as tcp://host:8786."),
    ] = None
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Serve Dask's dashboard, to this machine alone.")
    ] = False

    def at_work(self) -> Workers:
        """Begin; the workers end with the context."""
        return Workers(self.workers, self.scheduler, dashboard=self.dashboard, say=console.print)


def with_crew(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `Crew` in place of its parameter `crew`."""
    hints = get_type_hints(Crew, include_extras=True)
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.name != "crew"]
    added = [
        inspect.Parameter(f.name, f.kind, default=f.default, annotation=hints[f.name])
        for f in inspect.signature(Crew).parameters.values()
    ]
    names = [parameter.name for parameter in added]

    @wraps(command)
    def taking_options(**given: Any) -> None:
        crew = Crew(**{name: given.pop(name) for name in names})
        command(**given, crew=crew)

    parameters = [*own, *added]
    taking_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    taking_options.__annotations__ = {p.name: p.annotation for p in parameters}
    return taking_options


Data = Annotated[Path, typer.Option("--data", help="Folder in SEN12MS's layout.")]
Study = Annotated[Path, typer.Option("--study", help="Folder of the study.")]
Predictions = Annotated[
    label_maps.Predictions | None,
    typer.Option("--predictions", help="Label maps to keep; as before if not given."),
]
Browsable = Annotated[
    int,
    typer.Option("--browsable", min=1, help="Patches a scene that the app can show."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of every random choice.")]
Name = Annotated[str | None, typer.Option("--name", help="How the app calls the study.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
Experiment = Annotated[
    list[str] | None,
    typer.Option(
        "--experiment",
        help="Train only this one, such as continent-africa or without-africa; repeatable.",
    ),
]
Recipe = Annotated[
    str | None,
    typer.Option("--recipe", help="paper or demo; the demo's for a demo study, if not given."),
]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="At most so many.")]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="First learning rate.")]
Batch = Annotated[int | None, typer.Option("--batch-size", min=1, help="Patches a step.")]
Accumulate = Annotated[
    int | None, typer.Option("--accumulate", min=1, help="Batches that make one step.")
]
CheckpointSeconds = Annotated[
    float, typer.Option(min=0, help="How often the place within an epoch is kept.")
]
Split = Annotated[
    Literal["three", "paper"] | None,
    typer.Option(
        "--split",
        help="three (if not given): 20% of the scenes test at home, 10% choose the epoch, scenes "
        "that share ground stay together. paper: the same 20% do both.",
    ),
]
Crop = Annotated[int | None, typer.Option("--crop", help="Side of the squares trained on, pixels.")]
Precision = Annotated[str | None, typer.Option("--precision", help="auto, 32-true or bf16-mixed.")]
Devices = Annotated[int, typer.Option("--devices", help="GPUs that train a model together.")]
Nodes = Annotated[int, typer.Option("--nodes", help="Machines; start the same command on each.")]
Compile = Annotated[
    bool | None,
    typer.Option("--compile/--no-compile", help="Compile the network; on a GPU, if not given."),
]
Loaders = Annotated[
    int | None, typer.Option("--workers", min=0, help="Processes that read; 0 or 8, if not given.")
]
Clusters = Annotated[
    list[int] | None,
    typer.Option("--k", min=2, help="Clusters; repeatable. 6 to 24, if not given."),
]
Starts = Annotated[
    int | None,
    typer.Option(
        "--starts", min=1, help="Of K-Means; the best counts. 50, or 10 of many, if not given."
    ),
]
Scheme = Annotated[
    str,
    typer.Option(
        "--scheme",
        help="What the map's numbers mean: eight, igbp, worldcover, dynamic-world, esri, dfc2020, "
        "eurosat, or a CSV with the columns code, name and class.",
    ),
]


class Allocation(StrEnum):
    """How the points of a sample are shared among strata."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"
    NEYMAN = "neyman"

"""Options that several commands share, with their help."""

from pathlib import Path
from typing import Annotated

import typer

from precompute.stages import label_maps

Data = Annotated[Path, typer.Option("--data", help="Folder in SEN12MS's layout.")]
Study = Annotated[Path, typer.Option("--study", help="Folder of the study.")]
Workers = Annotated[
    int, typer.Option("--workers", min=0, help="Processes of one core; 0 works in this one.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Dask scheduler to work with, such as tcp://host:8786."),
]
Dashboard = Annotated[
    bool, typer.Option("--dashboard", help="Serve Dask's dashboard, to this machine alone.")
]
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
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="At most so many.")]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="First learning rate.")]
Batch = Annotated[int | None, typer.Option("--batch-size", min=1, help="Patches a step.")]
Accumulate = Annotated[
    int | None, typer.Option("--accumulate", min=1, help="Batches that make one step.")
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
Starts = Annotated[int, typer.Option("--starts", min=1, help="Of K-Means; the best counts.")]

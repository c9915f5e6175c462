"""`python -m precompute`: the stages that make a study, as commands."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from lcviz.errors import ConfigurationError, StudyError
from lcviz.georeference import proj_fault
from lcviz.network.training.recipe import Hardware
from lcviz.study import Study
from precompute import assessment, exchange, options, prediction
from precompute.options import Crew
from precompute.running.messages import one_message
from precompute.running.stage import console
from precompute.running.training_settings import checked, training_config

app = typer.Typer(
    help="Make a study from a SEN12MS folder. Every stage can be stopped and goes on where it was.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stage = TypeVar("Stage", bound=Callable[..., None])


@app.callback()
def say_what_is_broken() -> None:
    """Say at the start of each command what would spoil it."""
    if fault := proj_fault():
        console.print(f"[yellow]warning:[/] {fault}", soft_wrap=True)


def shared_out(command: Stage) -> Stage:
    """Make a function a command; for its `crew` it has --workers, --scheduler and --dashboard."""
    app.command()(options.with_crew(command))
    return command


def open_study(path: Path) -> Study:
    """The study at `path`, for a stage that works on its dataset.

    Raises:
        ConfigurationError: it holds published facts, and never has a dataset.
        StudyError: there is none, or it cannot be read.
    """
    study = Study.open(path)
    if study.is_published:
        raise ConfigurationError(f"{path} has no dataset. {study.how_to_make('index')}")
    return study


@shared_out
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the dataset to.")],
    scenes: Annotated[int, typer.Option(min=1, help="Scenes in all.")] = 240,
    patches: Annotated[int, typer.Option(min=1, help="Patches in each scene.")] = 12,
    seed: options.Seed = 0,
    *,
    crew: Crew,
) -> None:
    """Write the synthetic demo dataset, in SEN12MS's layout."""
    from precompute.stages.demo import make  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        make(out, scenes, patches, seed, workers)


@app.command()
def published(study: options.Study) -> None:
    """Make a study of what is known of SEN12MS itself: its scenes, without imagery."""
    from precompute.stages.published import make  # noqa: PLC0415

    with one_message():
        make(study)


@shared_out
def check(data: options.Data, *, crew: Crew) -> None:
    """Compare a copy of SEN12MS with what is known of the whole."""
    from precompute.stages.check import run as run_check  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        raise typer.Exit(run_check(data, workers))


@shared_out
def index(
    data: options.Data,
    study: options.Study,
    browsable: options.Browsable = 5,
    seed: options.Seed = 0,
    name: options.Name = None,
    *,
    crew: Crew,
) -> None:
    """Find the scenes and patches of a dataset."""
    from precompute.stages.index import index as run_index  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        with suppress(StudyError):  # What is missing or broken, the index makes anew.
            open_study(study)
        run_index(data, study, browsable=browsable, seed=seed, name=name, workers=workers)


@shared_out
def statistics(study: options.Study, *, crew: Crew) -> None:
    """Measure every patch: labels, classes, band means."""
    from precompute.stages.statistics import statistics as run_statistics  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        run_statistics(open_study(study), workers=workers)


@shared_out
def landscapes(
    study: options.Study,
    k: options.Clusters = None,
    seed: options.Seed = 0,
    starts: options.Starts = None,
    *,
    crew: Crew,
) -> None:
    """Cluster the patches into landscapes; K = 16, as in the paper, is always made."""
    from precompute.stages.landscapes import landscapes as run_landscapes  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        run_landscapes(open_study(study), ks=k or [], seed=seed, starts=starts, workers=workers)


@shared_out
def quicklooks(study: options.Study, *, crew: Crew) -> None:
    """Keep pictures of the browsable patches."""
    from precompute.stages.quicklooks import quicklooks as run_quicklooks  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        run_quicklooks(open_study(study), workers=workers)


@shared_out
def pack(
    study: options.Study,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder, if not packed/ in the study.")
    ] = None,
    *,
    crew: Crew,
) -> None:
    """Write what training reads as plain arrays, once, so that a GPU need not wait for it."""
    from precompute.stages.pack import pack as run_pack  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        run_pack(open_study(study), out=out, workers=workers)


@app.command()
def train(
    study: options.Study,
    experiment: options.Experiment = None,
    epochs: options.Epochs = None,
    learning_rate: options.Rate = None,
    batch_size: options.Batch = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    accumulate: options.Accumulate = None,
    crop: options.Crop = None,
    split: options.Split = None,
    precision: options.Precision = None,
    devices: options.Devices = 1,
    nodes: options.Nodes = 1,
    compile_network: options.Compile = None,
    recipe: options.Recipe = None,
    workers: options.Loaders = None,
    checkpoint_seconds: options.CheckpointSeconds = 120,
) -> None:
    """Train the models: six continents, four seasons."""
    from precompute.stages.train import default_workers  # noqa: PLC0415
    from precompute.stages.train import train as run_train  # noqa: PLC0415

    with one_message():
        opened = open_study(study)
        hardware = checked(
            Hardware, device=device, devices=devices, nodes=nodes, compile=compile_network
        )
        config = training_config(
            opened,
            recipe,
            max_epochs=epochs,
            learning_rate=learning_rate,
            batch_size=batch_size,
            accumulate=accumulate,
            crop=crop,
            split=split,
            precision=precision,
            workers=default_workers(hardware) if workers is None else workers,
            seed=seed,
        )
        run_train(
            opened,
            experiments=experiment or [],
            config=config,
            hardware=hardware,
            checkpoint_seconds=checkpoint_seconds,
        )


@shared_out
def evaluate(
    study: options.Study,
    device: options.Device = "auto",
    predictions: options.Predictions = None,
    *,
    crew: Crew,
) -> None:
    """Score every model on every scene it was not trained on, and write its card."""
    from precompute.stages.cards import write_cards  # noqa: PLC0415
    from precompute.stages.evaluate import evaluate as run_evaluate  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        opened = open_study(study)
        run_evaluate(opened, device=device, workers=workers, predictions=predictions)
        write_cards(opened)


@shared_out
def transfer(
    study: options.Study,
    patches: Annotated[
        int | None, typer.Option("--patches", min=1, help="Patches of a scene to look at.")
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            "--side", min=64, max=256, help="Pixels along a side of each, from its middle."
        ),
    ] = None,
    device: options.Device = "auto",
    *,
    crew: Crew,
) -> None:
    """Forecast every model's accuracy on every scene without labels, and score the forecasts."""
    from precompute.stages.transfer import transfer as run_transfer  # noqa: PLC0415

    with one_message(), crew.at_work() as workers:
        run_transfer(open_study(study), patches=patches, side=side, device=device, workers=workers)


app.command()(prediction.predict)
exchange.add_to(app)
app.command()(assessment.sample)
app.command()(assessment.assess)
app.command()(assessment.adapt)


@app.command()
@shared_out
def run(
    data: options.Data,
    study: options.Study,
    browsable: options.Browsable = 5,
    seed: options.Seed = 0,
    name: options.Name = None,
    experiment: options.Experiment = None,
    epochs: options.Epochs = None,
    learning_rate: options.Rate = None,
    batch_size: options.Batch = None,
    split: options.Split = None,
    device: options.Device = "auto",
    predictions: options.Predictions = None,
    *,
    crew: Crew,
) -> None:
    """Run all stages; one that is up to date is skipped."""
    index(data, study, browsable, seed, name, crew=crew)
    statistics(study, crew=crew)
    landscapes(study, None, seed, 10, crew=crew)
    quicklooks(study, crew=crew)
    train(study, experiment, epochs, learning_rate, batch_size, seed, device, split=split)
    evaluate(study, device, predictions, crew=crew)
    transfer(study, None, None, device, crew=crew)
    console.print(f"done. Open it with: streamlit run app.py -- --study {study}", markup=False)


if __name__ == "__main__":
    app()

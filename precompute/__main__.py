"""`python -m precompute`: the stages that make a study, as commands."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.markup import escape

from lcviz.errors import ConfigurationError, LcvizError, StudyError
from lcviz.study import Study
from lcviz.training_config import DEMO_CONFIG, Hardware, TrainingConfig
from precompute.options import (
    AccumulateOption,
    BatchOption,
    BrowsableOption,
    ClustersOption,
    CompileOption,
    CropOption,
    DashboardOption,
    DataOption,
    DeviceOption,
    DevicesOption,
    EpochsOption,
    ExperimentOption,
    LoadersOption,
    NameOption,
    NodesOption,
    PrecisionOption,
    PredictionsOption,
    RateOption,
    SchedulerOption,
    SeedOption,
    StartsOption,
    StudyOption,
    WorkersOption,
)
from precompute.stage import console
from precompute.workers import ALL_CORES, Workers

app = typer.Typer(
    help="Make a study from a SEN12MS folder. Every stage can be stopped and goes on where it was.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Settings = TypeVar("Settings", TrainingConfig, Hardware)


class Offset(StrEnum):
    """DN that processing baselines before and since 04.00 add."""

    NONE = "0"
    BASELINE_04 = "1000"


@contextmanager
def one_message() -> Iterator[None]:
    """End with status 1 and one clear message when a stage cannot do its work."""
    try:
        yield
    except LcvizError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from error
    except OSError as error:
        told = f"{escape(str(error))}. Check the disk, then run again."
        console.print(f"[bold red]error:[/] {told}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        console.print("stopped; the same command goes on from here")
        raise typer.Exit(130) from error


def at_work(workers: int, scheduler: str | None, dashboard: bool) -> Workers:
    """The workers that were asked for."""
    return Workers(workers, scheduler, dashboard=dashboard, say=console.print)


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


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the dataset to.")],
    scenes: Annotated[int, typer.Option(min=1, help="Scenes in all.")] = 72,
    patches: Annotated[int, typer.Option(min=1, help="Patches in each scene.")] = 5,
    seed: SeedOption = 0,
) -> None:
    """Write the synthetic demo dataset, in SEN12MS's layout."""
    from precompute.demo import make  # noqa: PLC0415

    with one_message():
        make(out, scenes, patches, seed)


@app.command()
def published(study: StudyOption) -> None:
    """Make a study of what is known of SEN12MS itself: its scenes, without imagery."""
    from precompute.published import make  # noqa: PLC0415

    with one_message():
        make(study)


@app.command()
def check(
    data: DataOption,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Compare a copy of SEN12MS with what is known of the whole."""
    from precompute.check import run as run_check  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        raise typer.Exit(run_check(data, crew))


@app.command()
def index(
    data: DataOption,
    study: StudyOption,
    browsable: BrowsableOption = 5,
    seed: SeedOption = 0,
    name: NameOption = None,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Find the scenes and patches of a dataset."""
    from precompute.index import index as run_index  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        with suppress(StudyError):  # What is missing or broken, the index makes anew.
            open_study(study)
        run_index(data, study, browsable=browsable, seed=seed, name=name, workers=crew)


@app.command()
def statistics(
    study: StudyOption,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Measure every patch: labels, classes, band means."""
    from precompute.statistics import statistics as run_statistics  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        run_statistics(open_study(study), workers=crew)


@app.command()
def landscapes(
    study: StudyOption,
    k: ClustersOption = None,
    seed: SeedOption = 0,
    starts: StartsOption = 10,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Cluster the patches into landscapes; K = 16, as in the paper, is always made."""
    from precompute.landscapes import landscapes as run_landscapes  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        run_landscapes(open_study(study), ks=k or [], seed=seed, starts=starts, workers=crew)


@app.command()
def quicklooks(
    study: StudyOption,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Keep pictures of the browsable patches."""
    from precompute.quicklooks import quicklooks as run_quicklooks  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        run_quicklooks(open_study(study), workers=crew)


@app.command()
def pack(
    study: StudyOption,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder, if not packed/ in the study.")
    ] = None,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Write what training reads as plain arrays, once, so that a GPU need not wait for it."""
    from precompute.pack import pack as run_pack  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        run_pack(open_study(study), out=out, workers=crew)


@app.command()
def train(
    study: StudyOption,
    experiment: ExperimentOption = None,
    epochs: EpochsOption = None,
    learning_rate: RateOption = None,
    batch_size: BatchOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    accumulate: AccumulateOption = None,
    crop: CropOption = None,
    precision: PrecisionOption = None,
    devices: DevicesOption = 1,
    nodes: NodesOption = 1,
    compile_network: CompileOption = None,
    workers: LoadersOption = None,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="How often the place within an epoch is kept.")
    ] = 120,
) -> None:
    """Train the models: six continents, four seasons."""
    from precompute.train import default_workers  # noqa: PLC0415
    from precompute.train import train as run_train  # noqa: PLC0415

    with one_message():
        opened = open_study(study)
        hardware = checked(
            Hardware, device=device, devices=devices, nodes=nodes, compile=compile_network
        )
        config = training_config(
            opened,
            max_epochs=epochs,
            learning_rate=learning_rate,
            batch_size=batch_size,
            accumulate=accumulate,
            crop=crop,
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


@app.command()
def evaluate(
    study: StudyOption,
    device: DeviceOption = "auto",
    predictions: PredictionsOption = None,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Score every model on every scene it was not trained on."""
    from precompute.evaluate import evaluate as run_evaluate  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        opened = open_study(study)
        run_evaluate(opened, device=device, workers=crew, predictions=predictions)


@app.command()
def transfer(
    study: StudyOption,
    patches: Annotated[
        int | None, typer.Option("--patches", min=1, help="Patches of a scene to look at.")
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            "--side", min=64, max=256, help="Pixels along a side of each, from its middle."
        ),
    ] = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Forecast every model's accuracy on every scene without labels, and score the forecasts."""
    from precompute.transfer import transfer as run_transfer  # noqa: PLC0415

    with one_message(), at_work(workers, scheduler, dashboard) as crew:
        run_transfer(open_study(study), patches=patches, side=side, device=device, workers=crew)


@app.command()
def predict(
    source: Annotated[Path, typer.Argument(metavar="IN.tif", help="Sentinel-2 GeoTIFF.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.tif", help="Class map to write.")],
    study: StudyOption,
    model: Annotated[str, typer.Option("--model", help="Such as continent-africa.")],
    offset: Annotated[
        Offset | None, typer.Option("--offset", help="DN added to all values, if it must be said.")
    ] = None,
    probabilities: Annotated[
        Path | None, typer.Option("--probabilities", help="GeoTIFF of the probabilities to write.")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option("--areas", help="CSV of the areas of the classes to write.")
    ] = None,
    mode: Annotated[str, typer.Option("--mode", help="fast (bfloat16) or exact.")] = "fast",
    device: DeviceOption = "auto",
) -> None:
    """Predict a GeoTIFF with one model."""
    from precompute.predict import predict as run_predict  # noqa: PLC0415

    with one_message():
        try:
            run_predict(
                Study.open(study),
                model,
                source,
                target,
                offset=None if offset is None else int(offset),
                probabilities=probabilities,
                areas=areas,
                mode=mode,
                device=device,
            )
        except KeyboardInterrupt as error:  # Unlike a stage, it starts again from the beginning.
            console.print("stopped; no result was kept")
            raise typer.Exit(130) from error


@app.command()
def run(
    data: DataOption,
    study: StudyOption,
    browsable: BrowsableOption = 5,
    seed: SeedOption = 0,
    name: NameOption = None,
    experiment: ExperimentOption = None,
    epochs: EpochsOption = None,
    learning_rate: RateOption = None,
    batch_size: BatchOption = None,
    device: DeviceOption = "auto",
    predictions: PredictionsOption = None,
    workers: WorkersOption = ALL_CORES,
    scheduler: SchedulerOption = None,
    dashboard: DashboardOption = False,
) -> None:
    """Run all stages; one that is up to date is skipped."""
    crew = (workers, scheduler, dashboard)
    index(data, study, browsable, seed, name, *crew)
    statistics(study, *crew)
    landscapes(study, None, seed, 10, *crew)
    quicklooks(study, *crew)
    train(study, experiment, epochs, learning_rate, batch_size, seed, device)
    evaluate(study, device, predictions, *crew)
    transfer(study, None, None, device, *crew)
    console.print(f"done. Open it with: streamlit run app.py -- --study {study}")


def training_config(study: Study, **changes: Any) -> TrainingConfig:
    """The paper's hyper-parameters, or the demo's for a demo study, with what the user changed."""
    base = DEMO_CONFIG if study.is_demo else TrainingConfig()
    given = {name: value for name, value in changes.items() if value is not None}
    return checked(TrainingConfig, **(asdict(base) | given))


def checked(kind: type[Settings], **values: Any) -> Settings:
    """Settings with these values.

    Raises:
        ConfigurationError: one of them is not possible.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ConfigurationError(
            f"{'.'.join(map(str, problem['loc']))} cannot be {problem['input']!r}: {problem['msg']}"
        ) from error


if __name__ == "__main__":
    app()

"""The command that predicts a person's image."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lcviz.study import Study
from precompute import options
from precompute.running.messages import one_message
from precompute.running.stage import console


class Offset(StrEnum):
    """DN that processing baselines before and since 04.00 add."""

    NONE = "0"
    BASELINE_04 = "1000"


class Fill(StrEnum):
    """What a value that looks like no data is."""

    NO_DATA = "no-data"
    MEASURED = "measured"


Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN",
        help="Sentinel-2 GeoTIFF, SAFE folder or zip, folder or zip with one file a band, or all "
        "parts of one export.",
    ),
]


def predict(
    sources: Sources,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.tif", help="Class map to write; its legend for GIS goes beside it."
        ),
    ],
    study: options.Study,
    model: Annotated[str, typer.Option("--model", help="Such as continent-africa.")],
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            "--box", metavar="W S E N", help="Read and predict this box alone, in degrees."
        ),
    ] = None,
    area: Annotated[
        Path | None,
        typer.Option("--area", help="GeoJSON of polygons: read and predict these alone."),
    ] = None,
    scene: Annotated[
        str | None, typer.Option("--scene", help="Which of several scenes, such as T32TNM.")
    ] = None,
    resample: Annotated[
        bool, typer.Option("--resample", help="Bring pixels that are not 10 m to 10 m.")
    ] = False,
    no_clouds: Annotated[
        bool,
        typer.Option(
            "--no-clouds",
            help="Leave out cloud and shadow, by Level-2A's SCL; of Level-1C cloud alone.",
        ),
    ] = False,
    bands: Annotated[
        str | None,
        typer.Option(
            "--bands",
            help="Bands in their order, B2,B3,B4,... with - for what is none, or a known order "
            "such as eurosat, if it must be said.",
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option("--unit", help="dn, reflectance, thousandths ..., if it must be said."),
    ] = None,
    offset: Annotated[
        Offset | None, typer.Option("--offset", help="DN added to all values, if it must be said.")
    ] = None,
    fill: Annotated[
        Fill | None,
        typer.Option("--fill", help="What undeclared fill values are, if it must be said."),
    ] = None,
    probabilities: Annotated[
        Path | None, typer.Option("--probabilities", help="GeoTIFF of the probabilities to write.")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option("--areas", help="CSV of the areas of the classes to write.")
    ] = None,
    mode: Annotated[str, typer.Option("--mode", help="fast or exact (float32).")] = "fast",
    device: options.Device = "auto",
) -> None:
    """Predict an image with one model."""
    from precompute.stages.predict import predict as run_predict  # noqa: PLC0415
    from precompute.stages.predict import wished  # noqa: PLC0415

    said = {"order": bands, "unit": unit, "offset": offset, "fill": fill}
    with one_message():
        try:
            run_predict(
                Study.open(study),
                model,
                sources,
                target,
                wish=wished(box, area, scene, resample=resample, without_clouds=no_clouds),
                answers={
                    topic: str(answer) for topic, answer in said.items() if answer is not None
                },
                probabilities=probabilities,
                areas=areas,
                mode=mode,
                device=device,
            )
        except KeyboardInterrupt as error:  # Unlike a stage, it starts again from the beginning.
            console.print("stopped; no result was kept")
            raise typer.Exit(130) from error

"""The commands that check a map with labels."""

from pathlib import Path
from typing import Annotated

import typer

from lcviz.study import Study
from precompute import options
from precompute.prediction import Fill, Offset
from precompute.running.messages import one_message


def sample(
    map_file: Annotated[Path, typer.Argument(metavar="MAP.tif", help="Map of classes.")],
    out: Annotated[
        Path, typer.Option("--out", help="Points to write: .gpkg, .geojson, .shp or .csv.")
    ],
    strata: Annotated[
        str | None,
        typer.Option(
            "--strata",
            help="`map` (its classes), `confidence` (classes, sure and unsure) or a file of "
            "polygons; none if absent.",
        ),
    ] = None,
    probabilities: Annotated[
        Path | None,
        typer.Option("--probabilities", help="Of the map's model, for --strata confidence."),
    ] = None,
    points: Annotated[int | None, typer.Option("--points", min=1, help="Points in all.")] = None,
    half_width: Annotated[
        float | None,
        typer.Option("--half-width", help="Or how exact: 0.05 for +-5 points at 95%."),
    ] = None,
    expected: Annotated[
        float, typer.Option("--expected", min=0, max=1, help="Overall accuracy that is expected.")
    ] = 0.7,
    allocation: Annotated[
        options.Allocation, typer.Option("--allocation", help="How strata share the points.")
    ] = options.Allocation.PROPORTIONAL,
    minimum: Annotated[
        int, typer.Option("--minimum", min=0, help="Points of each stratum at least.")
    ] = 0,
    scheme: options.Scheme = "eight",
    seed: options.Seed = 0,
) -> None:
    """Draw points to label, by design, for any map of classes."""
    from precompute.stages.sample import sample as run_sample  # noqa: PLC0415

    with one_message():
        run_sample(
            map_file,
            out,
            scheme=scheme,
            strata=strata,
            probabilities=probabilities,
            points=points,
            half_width=half_width,
            expected=expected,
            allocation=allocation.value,
            minimum=minimum,
            seed=seed,
        )


def assess(
    map_file: Annotated[Path, typer.Argument(metavar="MAP.tif", help="Map of classes.")],
    points: Annotated[
        Path | None, typer.Option("--points", help="Labelled points: .gpkg, .geojson, .shp, .csv.")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="Column of the labels.")] = "label",
    reference: Annotated[
        Path | None, typer.Option("--reference", help="Or a raster of labels of the same ground.")
    ] = None,
    scheme: Annotated[
        str, typer.Option("--scheme", help="What the labels mean: a known legend or a CSV.")
    ] = "eight",
    map_scheme: Annotated[
        str, typer.Option("--map-scheme", help="What the map's numbers mean, likewise.")
    ] = "eight",
    design: Annotated[
        str | None,
        typer.Option("--design", help="simple-random, if the points do not say how they came."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="JSON file to write.")] = None,
) -> None:
    """Measure a map of classes with labels: accuracies and areas, with intervals."""
    from precompute.stages.assess import assess as run_assess  # noqa: PLC0415

    with one_message():
        run_assess(
            map_file,
            points=points,
            reference=reference,
            label=label,
            map_scheme=map_scheme,
            scheme=scheme,
            design=design,
            out=out,
        )


def adapt(
    map_file: Annotated[
        Path, typer.Argument(metavar="MAP.tif", help="What a model of the study predicted.")
    ],
    image: Annotated[Path, typer.Option("--image", help="The image that it was predicted from.")],
    points: Annotated[Path, typer.Option("--points", help="Labelled points of the map.")],
    study: options.Study,
    place: Annotated[str, typer.Option("--name", help="What to call the new model after.")],
    label: Annotated[str, typer.Option("--label", help="Column of the labels.")] = "label",
    scheme: Annotated[
        str, typer.Option("--scheme", help="What the labels mean: a known legend or a CSV.")
    ] = "eight",
    design: Annotated[
        str | None,
        typer.Option("--design", help="simple-random, if the points do not say how they came."),
    ] = None,
    bands: Annotated[
        str | None, typer.Option("--bands", help="Of the image, as `predict` takes it.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Likewise.")] = None,
    offset: Annotated[Offset | None, typer.Option("--offset", help="Likewise.")] = None,
    fill: Annotated[Fill | None, typer.Option("--fill", help="Likewise.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="JSON file to write.")] = None,
) -> None:
    """Refit the last layer of the model that made a map to labels, and keep it if that helps."""
    from precompute.stages.adapt import adapt as run_adapt  # noqa: PLC0415

    said = {"order": bands, "unit": unit, "offset": offset, "fill": fill}
    with one_message():
        run_adapt(
            Study.open(study),
            map_file,
            image,
            points,
            place,
            label=label,
            scheme=scheme,
            design=design,
            answers={topic: str(answer) for topic, answer in said.items() if answer is not None},
            out=out,
        )

"""The commands that check a map with labels."""

from pathlib import Path
from typing import Annotated

import typer

from precompute import options
from precompute.running.messages import one_message


def sample(
    map_file: Annotated[Path, typer.Argument(metavar="MAP.tif", help="Map of classes.")],
    out: Annotated[
        Path, typer.Option("--out", help="Points to write: .gpkg, .geojson, .shp or .csv.")
    ],
    strata: Annotated[
        str | None,
        typer.Option("--strata", help="`map` (its classes) or a file of polygons; none if absent."),
    ] = None,
    points: Annotated[int | None, typer.Option("--points", min=1, help="Points in all.")] = None,
    half_width: Annotated[
        float | None,
        typer.Option("--half-width", help="Or how exact: 0.05 for +-5 points at 95 %."),
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

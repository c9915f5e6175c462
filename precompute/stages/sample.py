"""Draw a sample of points for a map of classes."""

import tempfile
from pathlib import Path

from lcviz.assessment import samples
from lcviz.assessment.class_map import ClassMap, little_memory, open_class_map
from lcviz.assessment.confidence import write_confidence
from lcviz.assessment.planning import Allocation
from lcviz.assessment.points import write_points
from lcviz.assessment.samples import (
    Strata,
    one_stratum,
    strata_of_classes,
    strata_of_confidence,
    strata_of_polygons,
)
from lcviz.errors import ConfigurationError
from lcviz.legends import find_scheme
from precompute.running.stage import console, share_bar


def sample(
    map_file: Path,
    out: Path,
    *,
    scheme: str,
    strata: str | None,
    probabilities: Path | None,
    points: int | None,
    half_width: float | None,
    expected: float,
    allocation: Allocation,
    minimum: int,
    seed: int,
) -> None:
    """Draw points and write them with their design.

    Args:
        map_file: map of classes.
        out: file to write, .gpkg, .geojson, .shp or .csv.
        scheme: what the map's numbers mean: a name or a CSV.
        strata: None for a simple random sample, `map` for the map's classes, `confidence` for each
            class where the model is sure and where it is not, or a file of polygons.
        probabilities: of the model, for `confidence`.
        points: in all; or
        half_width: wanted of the overall accuracy's 95% interval, in 0 to 0.5.
        expected: overall accuracy that is expected, in 0 to 1.
        allocation: how points are shared among strata.
        minimum: points of each stratum at least.
        seed: of the draw.

    Raises:
        LcvizError: the map, the strata or the wish cannot be used.
    """
    with (
        little_memory(),
        open_class_map(map_file, find_scheme(scheme)) as of_map,
        tempfile.TemporaryDirectory() as folder,
    ):
        parted = _parted(of_map, strata, probabilities, Path(folder))
        with share_bar("counting the map") as progress:
            frame = samples.count(of_map, parted, progress)
        planned = samples.plan(
            parted,
            frame,
            points=points,
            half_width=half_width,
            expected=expected,
            allocation=allocation,
            minimum=minimum,
        )
        table, design = samples.draw(of_map, parted, frame, planned, seed)
    write_points(out, table, design)
    total = sum(planned.sizes.values())
    for name, size in planned.sizes.items():
        n = planned.points[name]
        console.print(f"  {name}: {n} points, {size / total:.1%} of {total:,} pixels", markup=False)
    width = planned.half_width
    exact = "" if width is None else f", +-{100 * width:.1f} points if {expected:.0%} are right"
    console.print(f"{planned.n} points in {out}{exact}; seed {seed}", markup=False)


def _parted(
    of_map: ClassMap, strata: str | None, probabilities: Path | None, folder: Path
) -> Strata:
    if (strata == "confidence") != (probabilities is not None):
        raise ConfigurationError(
            "--strata confidence and --probabilities FILE go together: FILE is what `predict "
            "--probabilities` wrote for this map"
        )
    if strata is None:
        return one_stratum(of_map)
    if strata == "map":
        return strata_of_classes(of_map)
    if probabilities is None:
        return strata_of_polygons(of_map, Path(strata))
    with share_bar("reading how sure the model is") as progress:
        sure = folder / "confidence.tif"
        write_confidence(probabilities.expanduser(), sure, progress)
    return strata_of_confidence(of_map, sure)

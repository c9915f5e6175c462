"""Measure a map of classes with labels at points."""

import json
from pathlib import Path

from lcviz.assessment import measurement
from lcviz.assessment.class_map import little_memory, open_class_map
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.measurement import Measurement
from lcviz.assessment.points import read_points
from lcviz.assessment.reference import labelled_by, measure_by_raster
from lcviz.atomic import write_text
from lcviz.errors import ConfigurationError
from lcviz.legends import find_scheme
from precompute.running.stage import console, share_bar


def assess(
    map_file: Path,
    *,
    points: Path | None,
    reference: Path | None,
    label: str,
    map_scheme: str,
    scheme: str,
    design: str | None,
    out: Path | None,
) -> None:
    """Print what the points say of the map, and write it as JSON.

    Args:
        map_file: map of classes.
        points: file of points, with labels; or
        reference: raster of labels of the same ground: compared pixel by pixel, or, with points,
            at these.
        label: column of the labels.
        map_scheme: what the map's numbers mean: a name or a CSV.
        scheme: what the labels mean, likewise.
        design: `simple-random` where the points do not say how they were drawn.
        out: JSON file to write.

    Raises:
        LcvizError: map, points or schemes cannot be used.
    """
    if design not in (None, "simple-random"):
        raise ConfigurationError(
            f"--design {design} is not known; say simple-random, or give the points the columns "
            "stratum and inclusion_probability"
        )
    legend = find_scheme(scheme)
    with little_memory(), open_class_map(map_file, find_scheme(map_scheme)) as of_map:
        if reference is not None and points is None:
            with open_class_map(reference, legend) as labels, share_bar("comparing") as progress:
                found = measure_by_raster(of_map, labels, progress)
        elif points is not None:
            read = read_points(points)
            if reference is not None:
                with open_class_map(reference, legend) as labels:
                    read = labelled_by(read, label, labels, of_map)
            found = measurement.measure(
                of_map, read, label, legend, simple_random=design is not None
            )
        else:
            raise ConfigurationError(
                "Give labelled points (--points), a raster of labels (--reference), or both."
            )
    if out is not None:
        write_text(out.expanduser(), json.dumps(found.report(), indent=1) + "\n")
    _tell(found)


def _tell(found: Measurement) -> None:
    for remark in found.remarks:
        console.print(remark, markup=False)
    if found.assessment is None:
        console.print(
            f"Map and labels agree at {found.agree} of {found.used} points. That is no estimate of "
            "the map's accuracy: the points do not say how they were drawn. Draw some with `python "
            "-m precompute sample`, or say --design simple-random if they are a random sample.",
            markup=False,
        )
        return
    if found.interim:
        console.print(
            f"Interim: {found.unlabelled} points have no label yet. Label them all before you "
            "believe the interval, or stopping early will flatter the map.",
            markup=False,
        )
    console.print(f"Overall accuracy: {_said(found.assessment.overall)}", markup=False)
    tables = {
        "User's accuracy": found.assessment.users,
        "Producer's accuracy": found.assessment.producers,
        "Area": found.assessment.area,
    }
    for title, estimates in tables.items():
        console.print(f"{title}:")
        for k, name in enumerate(found.names):
            ground = ""
            if title == "Area" and found.hectares is not None:
                ground = _ground(estimates[k].scaled(found.hectares))
            console.print(f"  {name}: {_said(estimates[k])}{ground}", markup=False)


def _ground(each: Estimate) -> str:
    if each.estimate is None or each.low is None or each.high is None:
        return ""
    error = "" if each.standard_error is None else f", SE {each.standard_error:,.0f}"
    return f"; {each.estimate:,.0f} ha (95%: {each.low:,.0f} to {each.high:,.0f}{error})"


def _said(each: Estimate) -> str:
    if each.estimate is None or each.low is None or each.high is None:
        return "no estimate, no point"
    error = "" if each.standard_error is None else f", SE {100 * each.standard_error:.1f}"
    bounds = f"{100 * each.low:.1f} to {100 * each.high:.1f}"
    return f"{100 * each.estimate:.1f}% (95%: {bounds}{error}; n = {each.n})"

"""A sample for a map: planned, drawn, and kept with its design."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.features import rasterize
from rasterio.windows import Window
from rasterio.windows import transform as window_transform

from lcviz.assessment.class_map import ClassMap
from lcviz.assessment.confidence import confidence_shape, read_confidence
from lcviz.assessment.drawing import Frame
from lcviz.assessment.planning import Allocation, allocate, expected_half_width, points_for
from lcviz.assessment.points import SAMPLE_COLUMNS
from lcviz.errors import ConfigurationError, PointsError, RasterError

DESIGN_SCHEMA: Final = 1
SURE: Final = 0.7
"""Confidence from which a pixel is in the sure stratum of its class."""
_ROUNDING: Final = 1e-5
Method = Literal["stratified", "simple-random"]


@dataclass(frozen=True, eq=False)
class Strata:
    """How a map is parted for a sample."""

    names: tuple[str, ...]
    read: Callable[[slice], npt.NDArray[np.integer]]
    """Rows -> index of each pixel's stratum, -1 where none may be drawn."""
    codes: tuple[int, ...] | None = None
    """Class of each stratum, where strata are the map's classes."""


@dataclass(frozen=True)
class Plan:
    """How many points, and where."""

    points: Mapping[str, int]
    """Of each stratum."""
    sizes: Mapping[str, int]
    half_width: float | None
    """Of the overall accuracy's 95% interval, should what is expected come true."""

    @property
    def n(self) -> int:
        """Points in all."""
        return sum(self.points.values())


def one_stratum(of_map: ClassMap) -> Strata:
    """The whole map as one: for a simple random sample."""
    return Strata(("map",), lambda rows: np.where(of_map.codes(rows) >= 0, 0, -1))


def strata_of_classes(of_map: ClassMap) -> Strata:
    """A stratum for each class that the map's scheme knows."""
    codes = tuple(of_map.scheme.classes)
    table = np.full(256, -1, np.int16)
    table[list(codes)] = np.arange(len(codes))
    names = tuple(of_map.scheme.classes[code].name for code in codes)
    return Strata(names, lambda rows: of_map.codes(rows, table), codes)


def strata_of_confidence(of_map: ClassMap, confidence: Path) -> Strata:
    """Two strata for each class: where the model is sure of it, and where it is not.

    Errors gather where it is unsure; by Neyman's allocation or an equal one, more points go there.

    Args:
        of_map: the map.
        confidence: as `confidence.write_confidence` writes it, on the map's grid; pixels without
            any are not drawn.

    Raises:
        RasterError: its grid is another.
    """
    shape = confidence_shape(confidence)
    if shape != of_map.dataset.shape:
        raise RasterError(
            f"The probabilities have {shape[0]} x {shape[1]} pixels, the map "
            f"{of_map.dataset.height} x {of_map.dataset.width}. Give those of the same prediction"
        )
    classes = strata_of_classes(of_map)
    names = [f"{name}, {how}" for name in classes.names for how in ("unsure", "sure")]

    def read(rows: slice) -> npt.NDArray[np.integer]:
        index = classes.read(rows)
        sure = read_confidence(confidence, rows)
        known = (index >= 0) & ~np.isnan(sure)
        return np.where(known, 2 * index + (sure >= SURE), -1).astype(np.int16)

    return Strata(tuple(names), read)


def strata_of_polygons(of_map: ClassMap, file: Path) -> Strata:
    """A stratum for each polygon of a file; pixels in none of them are not drawn.

    Raises:
        PointsError: the file cannot be read, or holds no polygon on the map.
    """
    try:
        frame = gpd.read_file(file.expanduser(), engine="pyogrio")
    except (DataSourceError, DataLayerError, OSError) as error:
        raise PointsError(f"{file} cannot be read as polygons: {error}") from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise PointsError(f"{file.name} holds no polygons with a CRS; assign its CRS first")
    frame = frame[frame.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    if frame.empty:
        raise PointsError(f"{file.name} holds no polygon.")
    frame = frame.to_crs(of_map.dataset.crs)
    named = next((c for c in ("stratum", "name", "NAME", "id") if c in frame.columns), None)
    names = frame[named].astype(str).tolist() if named else [str(i + 1) for i in range(len(frame))]
    order = list(dict.fromkeys(names))
    shapes = [(shape, order.index(n)) for shape, n in zip(frame.geometry, names, strict=True)]

    def read(rows: slice) -> npt.NDArray[np.integer]:
        codes = of_map.codes(rows)
        window = Window(0, rows.start, codes.shape[1], codes.shape[0])
        place = window_transform(window, of_map.dataset.transform)
        strata = rasterize(shapes, codes.shape, fill=-1, transform=place, dtype=np.int16)
        return np.where(codes >= 0, strata, -1)

    return Strata(tuple(order), read)


def count(
    of_map: ClassMap, strata: Strata, progress: Callable[[float], None] | None = None
) -> Frame:
    """Count the pixels of each stratum: the map is read once.

    Raises:
        ConfigurationError: no pixel of the map lies in a stratum.
    """
    frame = Frame(
        strata.read,
        of_map.dataset.shape,
        len(strata.names),
        block_rows=of_map.block_rows,
        progress=progress,
    )
    if not frame.sizes.any():
        raise ConfigurationError(
            f"No pixel of {of_map.file.name} can be drawn: none holds a class of "
            f"{of_map.scheme.title}, or none lies in a stratum. Does --scheme name its legend?"
        )
    return frame


def plan(
    strata: Strata,
    frame: Frame,
    *,
    points: int | None = None,
    half_width: float | None = None,
    expected: float | Mapping[str, float] = 0.7,
    allocation: Allocation = "proportional",
    minimum: int = 0,
) -> Plan:
    """How many points each stratum gets.

    Args:
        strata: how the map is parted.
        frame: its pixels, counted.
        points: in all; or
        half_width: wanted of the overall accuracy's 95% interval, from which they follow.
        expected: accuracy that is expected, in all or of each stratum; a forecast, say.
        allocation: how they are shared.
        minimum: points of each stratum at least.

    Raises:
        ConfigurationError: neither or both of `points` and `half_width` are given.
    """
    if (points is None) == (half_width is None):
        raise ConfigurationError("Say how many points (--points) or how exact (--half-width).")
    sizes = {n: int(s) for n, s in zip(strata.names, frame.sizes, strict=True) if s}
    if isinstance(expected, Mapping):
        shares = {name: expected.get(name, 0.7) for name in sizes}
    else:
        shares = dict.fromkeys(sizes, expected)
    try:
        n = points if half_width is None else points_for(half_width, shares, sizes)
        planned = _shared(n or 0, sizes, shares, allocation, minimum)
        # That number is for Neyman's allocation; another, or a minimum, may need more.
        while half_width is not None and not _exact_enough(planned, half_width):
            planned = _shared(planned.n + 1 + planned.n // 50, sizes, shares, allocation, minimum)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return planned


def _shared(
    n: int,
    sizes: Mapping[str, int],
    shares: Mapping[str, float],
    allocation: Allocation,
    minimum: int,
) -> Plan:
    given = allocate(n, sizes, allocation, expected=shares, minimum=minimum)
    return Plan(given, sizes, expected_half_width(given, shares, sizes))


def _exact_enough(planned: Plan, half_width: float) -> bool:
    """Or nothing to be done: no pixel left, or a stratum with a single point, which foretells none.

    Such a stratum is small; to have two points of it by proportion would take far too many.
    """
    found = planned.half_width
    everything = planned.n >= sum(planned.sizes.values())
    return everything or found is None or found <= half_width + _ROUNDING


def draw(
    of_map: ClassMap, strata: Strata, frame: Frame, planned: Plan, seed: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw the points, in random order, and write down how.

    Returns:
        The points (columns `SAMPLE_COLUMNS`, the labels empty), and the design.
    """
    wanted = {strata.names.index(name): n for name, n in planned.points.items()}
    rows, columns, of = frame.draw(wanted, seed, strata.read)
    longitude, latitude = of_map.places_of(rows, columns)
    chances = [
        planned.points.get(name, 0) / planned.sizes[name] if name in planned.sizes else 0.0
        for name in strata.names
    ]
    codes = of_map.at(rows, columns)
    table = pd.DataFrame(
        {
            "sample_id": np.arange(1, len(rows) + 1),
            "longitude": longitude,
            "latitude": latitude,
            "row": rows,
            "column": columns,
            "stratum": np.array(strata.names, dtype=object)[of],
            "inclusion_probability": np.array(chances)[of],
            "map_class": [of_map.scheme.classes[int(code)].name for code in codes],
            "label": pd.array([None] * len(rows), dtype="string"),
            "sure": pd.array([None] * len(rows), dtype="boolean"),
            "note": pd.array([None] * len(rows), dtype="string"),
            "labelled_at": pd.array([None] * len(rows), dtype="string"),
        },
        columns=list(SAMPLE_COLUMNS),
    )
    method: Method = "simple-random" if strata.names == ("map",) else "stratified"
    design = {
        "schema": DESIGN_SCHEMA,
        "map": of_map.file.name,
        "map_digest": of_map.digest(),
        "map_scheme": of_map.scheme.name,
        "scheme": of_map.scheme.name,
        "classes": [each.name for each in of_map.scheme.classes.values()],
        "strata": dict(planned.sizes),
        "points": dict(planned.points),
        "method": method,
        "seed": seed,
        "planned": planned.n,
        "unit": "one pixel of the map",
    }
    return table, design

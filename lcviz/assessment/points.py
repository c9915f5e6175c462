"""Sample points in files: GeoPackage, GeoJSON, CSV or Shapefile, out to other tools and back."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from lcviz.atomic import atomic_path
from lcviz.errors import PointsError

SAMPLE_COLUMNS: Final = (
    "sample_id",
    "longitude",
    "latitude",
    "row",
    "column",
    "stratum",
    "inclusion_probability",
    "map_class",
    "label",
    "sure",
    "note",
    "labelled_at",
)
"""Of a sample that lcviz drew; other columns are carried through."""
_DRIVERS: Final = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
}
_SHORT: Final = {"inclusion_probability": "incl_prob", "labelled_at": "labelled"}
"""Names that a Shapefile's ten characters would cut."""
_LONGITUDE: Final = ("longitude", "lon", "long", "lng", "x", "pl_lon", "center_lon", "lon_wgs84")
_LATITUDE: Final = ("latitude", "lat", "y", "pl_lat", "center_lat", "lat_wgs84")
_SAID: Final = 5


@dataclass(frozen=True, eq=False)
class Points:
    """Points as read, and all that had to be said about them."""

    table: pd.DataFrame
    """A row a point: longitude and latitude (degrees, WGS 84) and the file's own columns."""
    remarks: tuple[str, ...] = ()
    design: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of how the points were drawn; empty where it says nothing."""


def write_points(file: Path, table: pd.DataFrame, design: Mapping[str, Any]) -> None:
    """Write points; the ending of `file` says the format.

    Args:
        file: .gpkg (points in the layer `sample`, the design in the layer `design`), .geojson,
            .shp or .csv (the design beside them, in `<name>.design.json`).
        table: with longitude and latitude in degrees (WGS 84).
        design: JSON-like.

    Raises:
        PointsError: the ending is none of these, or the file cannot be written.
    """
    suffix = file.suffix.lower()
    if suffix not in {*_DRIVERS, ".csv"}:
        raise PointsError(f"{file.name}: points are written as .gpkg, .geojson, .shp or .csv")
    try:
        if suffix == ".csv":
            with atomic_path(file) as temporary:
                table.to_csv(temporary, index=False)
            _write_design(file, design)
            return
        places = gpd.points_from_xy(table.longitude, table.latitude)
        frame = gpd.GeoDataFrame(table, geometry=places, crs="EPSG:4326")
        if suffix == ".shp":
            frame.rename(columns=_SHORT).to_file(file, driver=_DRIVERS[suffix], engine="pyogrio")
            _write_design(file, design)
            return
        with atomic_path(file) as temporary:
            layer = {"layer": "sample"} if suffix == ".gpkg" else {}
            frame.to_file(temporary, driver=_DRIVERS[suffix], engine="pyogrio", **layer)
            if suffix == ".gpkg":
                said = {key: [json.dumps(value)] for key, value in design.items()}
                pyogrio.write_dataframe(
                    pd.DataFrame(said), temporary, layer="design", driver="GPKG", append=True
                )
        if suffix != ".gpkg":
            _write_design(file, design)
    except (DataSourceError, DataLayerError, OSError) as error:
        raise PointsError(f"{file} cannot be written: {error}") from error


def read_points(file: Path) -> Points:
    """Read points, with or without a design.

    Raises:
        PointsError: the file is missing, holds no points, or does not say where they lie.
    """
    file = file.expanduser()
    if not file.exists():
        raise PointsError(f"There is no file {file}.")
    return (
        _read_csv(file) if file.suffix.lower() in (".csv", ".txt", ".tsv") else _read_vector(file)
    )


def _read_vector(file: Path) -> Points:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(file)]
        layer = "sample" if "sample" in layers else next(iter(layers), None)
        frame = gpd.read_file(file, layer=layer, engine="pyogrio")
        design = _layer_design(file) if "design" in layers else _read_design(file)
    except (DataSourceError, DataLayerError, ValueError, OSError) as error:
        raise PointsError(f"{file.name} cannot be read as points: {error}") from error
    remarks = []
    if not isinstance(frame, gpd.GeoDataFrame):
        if {"longitude", "latitude"} <= set(frame.columns):
            return Points(pd.DataFrame(frame), (), design)
        raise PointsError(f"{file.name} holds a table without places; it needs points.")
    if frame.crs is None:
        bounds = frame.total_bounds
        if not (np.abs(bounds[[0, 2]]) <= 360).all() or not (np.abs(bounds[[1, 3]]) <= 90).all():
            raise PointsError(
                f"{file.name} has no CRS and its coordinates are no degrees; assign its CRS first"
            )
        remarks.append("The points have no CRS; they were taken for longitude and latitude.")
        frame = frame.set_crs("EPSG:4326")
    missing = frame.geometry.isna() | frame.geometry.is_empty
    if missing.any():
        remarks.append(f"{_rows(missing)} without a place: not used.")
        frame = frame[~missing]
    others = frame.geometry.geom_type != "Point"
    if others.any():
        kind = frame.geometry.geom_type[others].iloc[0]
        remarks.append(f"{int(others.sum())} are no points but {kind}: the middle of each is used.")
        frame = frame.set_geometry(
            frame.geometry.where(~others, frame.geometry.representative_point())
        )
    degrees = frame.to_crs("EPSG:4326")
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table = table.rename(columns={short: name for name, short in _SHORT.items()})
    table["longitude"], table["latitude"] = degrees.geometry.x, degrees.geometry.y
    return Points(table.reset_index(drop=True), tuple(remarks), design)


def _read_csv(file: Path) -> Points:
    raw = file.read_bytes()
    text, remarks = _decoded(raw, file)
    head = text.splitlines()[0] if text.strip() else ""
    separator = max(";\t,", key=head.count)
    decimal = "," if separator != "," and _decimal_commas(text) else "."
    try:
        rows = text.splitlines()
        table = pd.read_csv(
            pd.io.common.StringIO("\n".join(rows)),
            sep=separator,
            decimal=decimal,
            dtype_backend="numpy_nullable",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise PointsError(f"{file.name} cannot be read as a table: {error}") from error
    table, quoted = _with_points(table)
    if decimal == "," or quoted:
        remarks = (*remarks, "Numbers are written with decimal commas; they were read as such.")
    names = {str(name).strip().casefold(): name for name in table.columns}
    longitude = next((names[name] for name in _LONGITUDE if name in names), None)
    latitude = next((names[name] for name in _LATITUDE if name in names), None)
    if longitude is None or latitude is None:
        raise PointsError(
            f"{file.name} has the columns {', '.join(map(str, table.columns))}; it needs longitude "
            "and latitude, in degrees"
        )
    table = table.rename(columns={longitude: "longitude", latitude: "latitude"})
    for name in ("longitude", "latitude"):
        table[name] = pd.to_numeric(table[name], errors="coerce").astype("Float64")
    bad = table.longitude.isna() | table.latitude.isna()
    if bad.any():
        remarks = (*remarks, f"{_rows(bad)} without a longitude or latitude: not used.")
        table = table[~bad]
    table = table.astype({"longitude": float, "latitude": float}).reset_index(drop=True)
    return Points(table, remarks, _read_design(file))


def _decoded(raw: bytes, file: Path) -> tuple[str, tuple[str, ...]]:
    for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"):
        try:
            return unicodedata.normalize("NFC", raw.decode(encoding)), ()
        except UnicodeDecodeError:
            continue
    said = f"{file.name} is no UTF-8; it was read as Windows-1252 (Western European)."
    return raw.decode("cp1252", errors="replace"), (said,)


def _decimal_commas(text: str) -> bool:
    cells = [
        cell for line in text.splitlines()[1:50] for cell in line.replace("\t", ";").split(";")
    ]
    return any(
        cell.strip().lstrip("-").replace(",", "", 1).isdigit() and "," in cell for cell in cells
    )


def _with_points(table: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Columns of numbers that were quoted for their decimal commas, with decimal points."""
    found = {}
    for name in table.columns[table.dtypes == "string"]:
        cells = table[name].str.strip()
        some = cells.dropna()
        if (
            len(some)
            and some.str.fullmatch(r"[-+]?\d+(,\d+)?").all()
            and some.str.contains(",").any()
        ):
            found[name] = pd.to_numeric(cells.str.replace(",", ".", regex=False)).astype("Float64")
    return table.assign(**found), bool(found)


def _rows(which: pd.Series) -> str:
    numbers = [str(int(i) + 1) for i in np.flatnonzero(which)]
    more = f" and {len(numbers) - _SAID} more" if len(numbers) > _SAID else ""
    return f"Row{'s' if len(numbers) > 1 else ''} {', '.join(numbers[:_SAID])}{more}"


def _design_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}.design.json")


def _write_design(file: Path, design: Mapping[str, Any]) -> None:
    with atomic_path(_design_file(file)) as temporary:
        temporary.write_text(json.dumps(design, indent=1) + "\n", encoding="utf-8")


def _read_design(file: Path) -> dict[str, Any]:
    beside = _design_file(file)
    if not beside.is_file():
        return {}
    try:
        return dict(json.loads(beside.read_text(encoding="utf-8")))
    except ValueError as error:
        raise PointsError(f"{beside.name} is no JSON ({error}); remove it or mend it") from error


def _layer_design(file: Path) -> dict[str, Any]:
    row = pyogrio.read_dataframe(file, layer="design", read_geometry=False).iloc[0]
    return {key: json.loads(value) for key, value in row.items() if isinstance(value, str)}

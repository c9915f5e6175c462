"""Where the scenes and patches of a dataset's folder lie, and what is known about them."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.crs import CRS

from lcviz.data.catalog import SEASON_FOLDERS, read_scenes, sen12ms_scenes
from lcviz.data.patchfile import read_geobox
from lcviz.data.sen12ms import PatchFiles
from lcviz.errors import PatchDamagedError
from lcviz.georeference import GeoBox, to_longitude_latitude
from lcviz.taxonomy import PATCH_STRIDE

_ONE_PLACE: Final = 0.5
"""Degrees that the patches of one scene may lie apart to be called one place."""
_TYPES: Final = {
    "scene_id": str,
    "season": str,
    "scene": int,
    "longitude": float,
    "latitude": float,
    "country": object,
    "continent": object,
    "patches": int,
    "expected": "Int64",
    "holdout": bool,
    "known": bool,
}
"""Columns of `describe_scenes`. A "str" column would turn a country's None into NaN."""


def describe_scenes(
    root: Path, patches: Iterable[PatchFiles], own_list: bool = True
) -> pd.DataFrame:
    """Describe every scene of which a patch is there.

    A scene of SEN12MS is described by the catalogue, any other by `scenes.csv` in `root` if that
    lists its season and number, else by the georeference of its patches alone.

    Args:
        root: The dataset's folder.
        patches: What `sen12ms.find_patches(root)` found, or the like, scene after scene; those of
            one scene are held at a time.
        own_list: Whether to read `scenes.csv`.

    Returns:
        One row a scene, in the order of `patches`: scene_id, season, scene (int), longitude,
        latitude (degrees, centre; NaN if no patch of an unlisted scene can be read), country,
        continent (None if unknown), patches (int, found here), expected (Int64, missing if
        unknown), holdout (bool) and known (bool: listed in the catalogue or in `scenes.csv`).

    Raises:
        DatasetError: `scenes.csv` is there and malformed.
    """
    catalogue = sen12ms_scenes().set_index("scene_id").to_dict("index")
    own_file = root / "scenes.csv"
    own: dict[tuple[str, int], Mapping[str, object]] = {}
    if own_list and own_file.exists():
        own = {
            (row["season"], row["scene"]): row for row in read_scenes(own_file).to_dict("records")
        }
    rows = []
    for scene_id, scene in groupby(patches, lambda patch: patch.scene_id):
        members = list(scene)
        first = members[0]
        facts = catalogue.get(scene_id)
        if facts is None and first.folder not in SEASON_FOLDERS.values():
            facts = own.get((first.season, first.scene))
        row = _listed(facts) if facts is not None else _unlisted(members)
        row |= {"scene_id": scene_id, "season": first.season, "scene": first.scene}
        rows.append(row | {"patches": len(members)})
    return pd.DataFrame(rows, columns=list(_TYPES), dtype=object).astype(_TYPES)


def _listed(facts: Mapping[str, object]) -> dict[str, object]:
    kept = ("longitude", "latitude", "country", "continent", "holdout")
    return {name: facts[name] for name in kept} | {"expected": facts["patches"], "known": True}


def _unlisted(members: list[PatchFiles]) -> dict[str, object]:
    longitude, latitude = np.nan, np.nan
    if not members[0].is_on_grid:
        longitude, latitude = _middle(members)
    elif (reference := _reference(members)) is not None:
        box, place = reference
        rows, columns = np.mean([patch.grid_position for patch in members], axis=0) - place
        longitude, latitude = box.shifted(rows * PATCH_STRIDE, columns * PATCH_STRIDE).centre
    return {
        "longitude": longitude,
        "latitude": latitude,
        "country": None,
        "continent": None,
        "expected": pd.NA,
        "holdout": False,
        "known": False,
    }


def _middle(members: list[PatchFiles]) -> tuple[float, float]:
    """The middle of patches that lie near each other; NaN where they lie in several places."""
    places = patch_positions(members)
    known = np.isfinite(places.longitudes)
    if not known.any():
        return np.nan, np.nan
    longitudes, latitudes = places.longitudes[known], places.latitudes[known]
    if max(np.ptp(longitudes), np.ptp(latitudes)) > _ONE_PLACE:
        return np.nan, np.nan
    return float(longitudes.mean()), float(latitudes.mean())


class PatchPositions(NamedTuple):
    """Centres of the patches of one scene, float64, in the order asked for."""

    longitudes: npt.NDArray[np.float64]
    """Degrees (WGS 84), as the latitudes; NaN where no file has a readable header."""
    latitudes: npt.NDArray[np.float64]
    eastings: npt.NDArray[np.float64]
    """In `crs`, m, as the northings; NaN likewise."""
    northings: npt.NDArray[np.float64]
    crs: tuple[str | None, ...]
    """Of each patch's grid, such as `EPSG:32737`; None where no file has a readable header."""


def patch_positions(patches: list[PatchFiles]) -> PatchPositions:
    """Where the patches of one scene lie.

    One header is read, the rest follows from the patches' numbers; where it does not, as for
    DFC2020, each patch's own header is read.

    Args:
        patches: Patches of one scene.
    """
    boxes = _boxes(patches)
    x, y, longitudes, latitudes = np.full((4, len(patches)), np.nan)
    for place, box in enumerate(boxes):
        if box is not None:
            rows, columns = np.array(box.shape) / 2
            x[place], y[place] = box.to_xy(rows, columns)
    for crs, members in _by_crs(boxes).items():
        longitudes[members], latitudes[members] = to_longitude_latitude(x[members], y[members], crs)
    names = tuple(None if box is None or box.crs is None else box.crs.to_string() for box in boxes)
    return PatchPositions(longitudes, latitudes, x, y, names)


def patch_corners(patches: list[PatchFiles]) -> npt.NDArray[np.float64]:
    """Where the corners of the patches of one scene lie; arguments as for `patch_positions`.

    Returns:
        (patches, 4, 2) float64: longitude and latitude in degrees (WGS 84) of the upper left, upper
        right, lower right and lower left corner; NaN if no file has a readable header. East of
        the date line longitudes go on beyond 180, so that no patch spans the globe.
    """
    boxes = _boxes(patches)
    found = np.full((len(patches), 4, 2), np.nan)
    for crs, members in _by_crs(boxes).items():
        places = [_corners(box) for box in (boxes[i] for i in members) if box is not None]
        x, y = np.concatenate(places).T
        found[members] = np.column_stack(to_longitude_latitude(x, y, crs)).reshape(-1, 4, 2)
    spans_globe = np.ptp(found[..., 0], axis=1) > 180
    found[..., 0] += np.where(spans_globe[:, None] & (found[..., 0] < 0), 360, 0)
    return found


def _corners(box: GeoBox) -> npt.NDArray[np.float64]:
    """(4, 2) x and y, clockwise from the upper left."""
    height, width = box.shape
    rows, columns = np.array([0, 0, height, height]), np.array([0, width, width, 0])
    return np.column_stack(box.to_xy(rows.astype(np.float64), columns.astype(np.float64)))


def _by_crs(boxes: list[GeoBox | None]) -> dict[CRS, list[int]]:
    """Coordinate reference system -> places in the list that have it."""
    found: dict[CRS, list[int]] = {}
    for place, box in enumerate(boxes):
        if box is not None:
            found.setdefault(box.crs, []).append(place)
    return found


def _boxes(patches: list[PatchFiles]) -> list[GeoBox | None]:
    """Georeference of each patch; None where no header can be read."""
    if not all(patch.is_on_grid for patch in patches):
        found = (_reference([patch]) for patch in patches)
        return [None if each is None else each[0] for each in found]
    reference = _reference(patches)
    if reference is None:
        return [None] * len(patches)
    box, (row, column) = reference
    return [
        box.shifted((r - row) * PATCH_STRIDE, (c - column) * PATCH_STRIDE)
        for r, c in (patch.grid_position for patch in patches)
    ]


def _reference(patches: list[PatchFiles]) -> tuple[GeoBox, tuple[int, int]] | None:
    """The first readable georeference among `patches`, and its row and column in the grid."""
    for patch in patches:
        for sensor, path in patch.files.items():
            try:
                return read_geobox(path, sensor), patch.grid_position
            except PatchDamagedError:
                continue  # The next file will do; the patch's status tells of this one.
    return None

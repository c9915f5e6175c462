"""Where the scenes and patches of a dataset's folder lie, and what is known about them."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.catalog import SEASON_FOLDERS, read_scenes, sen12ms_scenes
from lcviz.data.patchfile import read_geobox
from lcviz.data.sen12ms import PatchFiles
from lcviz.errors import PatchDamagedError
from lcviz.georeference import GeoBox, to_longitude_latitude
from lcviz.taxonomy import PATCH_STRIDE

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
    reference = _reference(members)
    if reference is not None:
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


class PatchPositions(NamedTuple):
    """Centres of the patches of one scene, float64, in the order asked for."""

    longitudes: npt.NDArray[np.float64]
    """Degrees (WGS 84), as the latitudes; NaN where no file has a readable header."""
    latitudes: npt.NDArray[np.float64]
    eastings: npt.NDArray[np.float64]
    """In `crs`, m, as the northings; NaN likewise."""
    northings: npt.NDArray[np.float64]
    crs: str | None
    """Of the scene's grid, such as `EPSG:32737`."""


def patch_positions(patches: list[PatchFiles]) -> PatchPositions:
    """Where the patches of one scene lie: one header is read, the rest follows from their numbers.

    Args:
        patches: Patches of one scene.
    """
    reference = _reference(patches)
    if reference is None:
        unknown = np.full(len(patches), np.nan)
        return PatchPositions(unknown, unknown, unknown, unknown, None)
    box, place = reference
    steps = (np.array([patch.grid_position for patch in patches]) - place) * PATCH_STRIDE
    rows, columns = (steps + np.array(box.shape) / 2).T
    x, y = box.to_xy(rows, columns)
    return PatchPositions(
        *to_longitude_latitude(x, y, box.crs), x, y, box.crs.to_string() if box.crs else None
    )


def patch_corners(patches: list[PatchFiles]) -> npt.NDArray[np.float64]:
    """Where the corners of the patches of one scene lie; arguments as for `patch_positions`.

    Returns:
        (patches, 4, 2) float64: longitude and latitude in degrees (WGS 84) of the upper left, upper
        right, lower right and lower left corner; NaN if no file has a readable header. East of
        the date line longitudes go on beyond 180, so that no patch spans the globe.
    """
    reference = _reference(patches)
    if reference is None:
        return np.full((len(patches), 4, 2), np.nan)
    box, place = reference
    steps = (np.array([patch.grid_position for patch in patches]) - place) * PATCH_STRIDE
    corners = np.array([(0, 0), (0, box.shape[1]), box.shape, (box.shape[0], 0)])
    rows, columns = (steps[:, None, :] + corners).reshape(-1, 2).T.astype(np.float64)
    there = np.column_stack(to_longitude_latitude(*box.to_xy(rows, columns), box.crs))
    found = there.reshape(len(patches), 4, 2)
    spans_globe = np.ptp(found[..., 0], axis=1) > 180
    found[..., 0] += np.where(spans_globe[:, None] & (found[..., 0] < 0), 360, 0)
    return found


def _reference(patches: list[PatchFiles]) -> tuple[GeoBox, tuple[int, int]] | None:
    """The first readable georeference among `patches`, and its row and column in the grid."""
    for patch in patches:
        for sensor, path in patch.files.items():
            try:
                return read_geobox(path, sensor), patch.grid_position
            except PatchDamagedError:
                continue  # The next file will do; the patch's status tells of this one.
    return None

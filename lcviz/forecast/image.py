"""The pixels that a forecast is made for: patches of a study, or windows of a raster."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isqrt
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.windows import Window

from lcviz.errors import (
    DatasetNotFoundError,
    NoImageryError,
    PatchDamagedError,
    PatchVanishedError,
    RasterError,
)
from lcviz.georeference import GeoBox
from lcviz.study import Study
from lcviz.study.columns import WITH_IMAGERY
from lcviz.study.pixels import patch_pixels
from lcviz.taxonomy import PATCH_SIZE, split_patch_id

if TYPE_CHECKING:
    from lcviz.rasters.prediction import Reader

Item = TypeVar("Item")

MOST_WINDOWS: Final = 16
"""Windows of a raster that are looked at, and patches of several scenes."""


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels to forecast for: patches of one scene, of several, or windows of a raster."""

    name: str
    """For people: "ROIs0000_spring_1_p3", "3 scenes", "fields.tif"."""
    values: npt.NDArray[np.uint16]
    """DN (windows, 10, rows, columns); all windows have one size."""
    valid: npt.NDArray[np.bool_]
    """(windows, rows, columns)."""
    names: tuple[str, ...]
    """Of each window: a patch id, or its rows and columns."""
    windows: tuple[Window, ...] | None
    """Where each window lies in the raster; None for patches."""
    shape: tuple[int, int] | None
    """Rows and columns of the whole raster; None for patches."""
    total_windows: int
    """How many windows there are in all; more than `len(values)` where a sample was taken."""
    scene_ids: tuple[str, ...]
    """Scenes of the study that the patches are of; empty for a raster."""
    notes: tuple[str, ...] = ()
    """What was left out, in sentences."""
    continent: str | None = None
    """Of a raster, where that is known; that of patches is their scenes'."""
    problems: tuple[str, ...] = ()
    """Why patches could not be read."""


def patch_image(study: Study, patch_ids: Sequence[str], name: str | None = None) -> Image:
    """Read patches of the study's dataset, or of a demo's settings, as one image.

    Args:
        study: the study.
        patch_ids: at least one; a damaged one is left out, if another can be read.
        name: for people; the patch's id, or how many they are, if None.

    Raises:
        DatasetNotFoundError, PatchVanishedError: the imagery is not at hand, or no more.
        PatchDamagedError: no patch can be read.
    """
    read, problems = [], []
    for patch_id in patch_ids:
        try:
            read.append((patch_id, patch_pixels(study, patch_id)))
        except PatchDamagedError as error:
            if isinstance(error, PatchVanishedError):
                raise
            problems.append(error)
    if not read:
        raise problems[0] if problems else DatasetNotFoundError("No patch was given to read.")
    if name is None:
        name = patch_ids[0] if len(patch_ids) == 1 else f"{len(patch_ids)} patches"
    return Image(
        name=name,
        values=np.stack([raster.values for _, raster in read]),
        valid=np.stack([raster.valid for _, raster in read]),
        names=tuple(patch_id for patch_id, _ in read),
        windows=None,
        shape=None,
        total_windows=len(patch_ids),
        scene_ids=tuple(dict.fromkeys(split_patch_id(patch_id)[0] for patch_id, _ in read)),
        notes=tuple(f"Left out: {error}" for error in problems),
        problems=tuple(str(error) for error in problems),
    )


def scene_image(study: Study, scene_ids: Sequence[str], most: int = MOST_WINDOWS) -> Image:
    """Patches spread evenly over some scenes, at most `most` in all, as one image.

    Where there are more scenes than patches may be taken, only some scenes have one.

    Raises:
        NoImageryError: no patch of the scenes has imagery.
        DatasetError: as `patch_image`.
    """
    table = study.patches(["patch_id", "scene_id", "status"])
    usable = table[table.status.isin(WITH_IMAGERY) & table.scene_id.isin(scene_ids)]
    by_scene = {scene: list(rows.patch_id) for scene, rows in usable.groupby("scene_id")}
    if not by_scene:
        raise NoImageryError(
            f"No patch of {', '.join(scene_ids)} has imagery. Choose another scene."
        )
    scenes = evenly([scene for scene in scene_ids if scene in by_scene], most)
    share, extra = divmod(most, len(scenes))
    chosen = [
        patch_id
        for number, scene in enumerate(scenes)
        for patch_id in evenly(by_scene[scene], share + (number < extra))
    ]
    name = scene_ids[0] if len(scene_ids) == 1 else f"{len(scene_ids)} scenes"
    image = patch_image(study, chosen, name)
    notes = list(image.notes)
    if len(chosen) < len(usable):
        notes.append(f"{len(chosen)} of {len(usable)} patches were looked at.")
    return Image(**(vars(image) | {"total_windows": len(usable), "notes": tuple(notes)}))


def raster_image(
    reader: "Reader", name: str, most: int = MOST_WINDOWS, scenes: pd.DataFrame | None = None
) -> Image:
    """Windows of 256 x 256 pixels spread evenly over a raster, at most `most`, as one image.

    A window without a valid pixel is passed over. A side shorter than 256 is taken whole. Its
    continent is that of the nearest of `scenes` (longitude, latitude, continent), if these are
    given and the raster knows where it lies.

    Raises:
        RasterError: a window cannot be read, or none that was looked at holds data.
    """
    rows, columns = reader.geobox.shape
    height, width = min(rows, PATCH_SIZE), min(columns, PATCH_SIZE)
    down, across = ceil(rows / height), ceil(columns / width)
    total = down * across
    if total > most:
        # As many rows as columns of windows, unless the raster is longer than that.
        down = min(down, max(isqrt(most), most // across))
        across = min(across, most // down)
    tops = np.linspace(0, rows - height, down).astype(int)
    lefts = np.linspace(0, columns - width, across).astype(int)
    windows = [Window(int(left), int(top), width, height) for top in tops for left in lefts]
    read = [(window, *reader.read(window)) for window in windows]
    kept = [(window, values, valid) for window, values, valid in read if valid.any()]
    if not kept:
        raise RasterError(
            f"{name}: {len(windows)} windows were looked at, and none holds data. Bring a raster "
            "cropped to where it has them"
        )
    notes = []
    if len(kept) < total:
        notes.append(
            f"{len(kept)} windows of {height} x {width} pixels were looked at, spread over "
            f"{rows} x {columns}."
        )
    return Image(
        name=name,
        values=np.stack([values for _, values, _ in kept]),
        valid=np.stack([valid for *_, valid in kept]),
        names=tuple(
            f"rows {w.row_off} to {w.row_off + height}, columns {w.col_off} to {w.col_off + width}"
            for w, *_ in kept
        ),
        windows=tuple(window for window, *_ in kept),
        shape=(rows, columns),
        total_windows=total,
        scene_ids=(),
        notes=tuple(notes),
        continent=None if scenes is None else nearest_continent(_place(reader.geobox), scenes),
    )


def nearest_continent(place: tuple[float, float] | None, scenes: pd.DataFrame) -> str | None:
    """Continent of the scene nearest to a longitude and latitude, along a great circle.

    None where the place is not known, or no scene's continent is.
    """
    known = scenes.dropna(subset=["longitude", "latitude", "continent"])
    if place is None or known.empty:
        return None
    x, y = np.radians(place)
    longitude = np.radians(known.longitude.to_numpy(float))
    latitude = np.radians(known.latitude.to_numpy(float))
    cosine = np.sin(y) * np.sin(latitude) + np.cos(y) * np.cos(latitude) * np.cos(longitude - x)
    return str(known.continent.iloc[int(cosine.argmax())])


def _place(box: GeoBox) -> tuple[float, float] | None:
    """Longitude and latitude of a raster's middle; None without a georeference."""
    if box.crs is None:
        return None
    return box.centre if np.isfinite(box.centre).all() else None


def centre(image: Image, side: int) -> Image:
    """The squares of `side` pixels in the middle of an image's windows."""
    rows, columns = image.valid.shape[1:]
    top, left = max(0, (rows - side) // 2), max(0, (columns - side) // 2)
    part = slice(top, top + side), slice(left, left + side)
    return Image(
        **(
            vars(image)
            | {"values": image.values[:, :, *part], "valid": image.valid[:, *part], "windows": None}
        )
    )


def sample_pixels(valid: npt.NDArray[np.bool_], most: int, seed: int) -> npt.NDArray[np.int64]:
    """Places of some valid pixels, in random order: flat indexes into (windows, rows, columns)."""
    places = np.flatnonzero(valid)
    return np.random.default_rng(seed).permutation(places)[:most]


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of some things, spread evenly over their order."""
    if len(items) <= most:
        return list(items)
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, most)]

"""Find the patches of a SEN12MS folder and read them with mask and georeference.

Layout (Schmitt et al. 2019, SEN12MS): `<folder>/s2_<scene>/<folder>_s2_<scene>_p<number>.tif`, and
the same with `s1` and `lc`; `<folder>` is `ROIs<number>_<season>`. Scene numbers repeat across
seasons, so that a scene is known by its folder and number together.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lcviz.data.layout import REFERENCE_SENSORS, patch_file
from lcviz.data.patchfile import check_file, read_bands
from lcviz.data.relatives import advice_on, relative_of
from lcviz.errors import DatasetNotFoundError, PatchDamagedError, PatchVanishedError
from lcviz.georeference import GeoBox
from lcviz.taxonomy import (
    NO_LABEL,
    PATCH_GRID_COLUMNS,
    S2_BAND_INDEXES,
    SEASONS,
    consolidate_land_use,
)

LAND_USE_BAND: Final = 3
"""The LCCS land-use layer in an `lc` file, 1-based."""

_FOLDER = re.compile(r"ROIs[0-9]+_(spring|summer|fall|winter|test|validation)")
_SCENE_FOLDER = re.compile(r"(s1|s2|lc)_(0|[1-9][0-9]{0,5})")
_ARCHIVE = re.compile(r"ROIs[0-9]+_(spring|summer|fall|winter)_(s1|s2|lc)(\.tar\.gz|\.tar|\.tgz)?")
# What lcviz itself keeps in a dataset's folder: descriptions, a legend of better labels, and
# what `precompute fetch` notes; such labels have folders of their own (`data.reference`).
_COMPANIONS: Final = frozenset({"scenes.csv", "demo.json", "labels.csv", ".fetch"})
_REFERENCE_FOLDER = re.compile(rf"({'|'.join(REFERENCE_SENSORS)})_(0|[1-9][0-9]{{0,5}})")
_NO_SEASONS: Final = ("Test", "Validation")
"""What DFC2020's folders are named after."""
_LAYOUT: Final = (
    "expected files like ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p30.tif (and s1, lc) below it"
)


@dataclass(frozen=True, slots=True)
class PatchFiles:
    """The files of one patch; a sensor that the copy does not hold is None."""

    patch_id: str
    """`ROIs1158_spring_1_p30`"""
    scene_id: str
    """`ROIs1158_spring_1`"""
    folder: str
    """`ROIs1158_spring`"""
    season: str
    """One of `taxonomy.SEASONS`; of DFC2020 Test or Validation."""
    scene: int
    number: int
    """Place in the scene's grid: row x 29 + column, in steps of 128 pixels. DFC2020 counts on."""
    s1: Path | None
    s2: Path | None
    lc: Path | None

    @property
    def files(self) -> dict[str, Path]:
        """The files that are there, by sensor."""
        found = {"s1": self.s1, "s2": self.s2, "lc": self.lc}
        return {sensor: path for sensor, path in found.items() if path is not None}

    @property
    def is_on_grid(self) -> bool:
        """Whether its place follows from its number."""
        return self.season in SEASONS

    @property
    def grid_position(self) -> tuple[int, int]:
        """Row and column of the patch in its scene's grid."""
        return divmod(self.number, PATCH_GRID_COLUMNS)


@dataclass(frozen=True)
class PatchList:
    """Which files of a scene there are; their paths follow from the layout of SEN12MS."""

    root: Path
    """Folder of the dataset."""
    folder: str
    """`ROIs1158_spring`"""
    scene: int
    numbers: Mapping[str, tuple[int, ...]]
    """Sensor -> numbers of the patches that have such a file, rising."""

    @property
    def scene_id(self) -> str:
        """`ROIs1158_spring_1`"""
        return f"{self.folder}_{self.scene}"

    @property
    def all_numbers(self) -> frozenset[int]:
        """Numbers of the patches, whichever files they have."""
        return frozenset(number for numbers in self.numbers.values() for number in numbers)

    def __len__(self) -> int:
        return len(self.all_numbers)

    def only(self, patch_ids: Collection[str]) -> "PatchList":
        """Those of the patches that are among `patch_ids`."""
        numbers = {
            sensor: tuple(n for n in numbers if f"{self.scene_id}_p{n}" in patch_ids)
            for sensor, numbers in self.numbers.items()
        }
        return PatchList(self.root, self.folder, self.scene, numbers)

    def files(self) -> list[PatchFiles]:
        """The patches with their files, by patch number."""
        found: dict[int, dict[str, Path]] = {}
        for sensor, numbers in self.numbers.items():
            for number in numbers:
                file = patch_file(self.root, self.folder, sensor, self.scene, number)
                found.setdefault(number, {})[sensor] = file
        return [
            _patch_files(self.folder, self.scene, number, found[number]) for number in sorted(found)
        ]


class Unexpected(NamedTuple):
    """Something in a dataset's folder that is no part of SEN12MS and was passed over."""

    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels with their mask and their place on the ground."""

    values: npt.NDArray[Any]
    """(bands, rows, columns); labels: (rows, columns)."""
    valid: npt.NDArray[np.bool_]
    """(rows, columns), False where there is no measurement or no label."""
    geobox: GeoBox


def find_patches(root: Path, unexpected: list[Unexpected] | None = None) -> list[PatchFiles]:
    """List the patches of a whole or partial copy of SEN12MS, by names alone.

    Arguments and errors as for `find_scenes`.

    Returns:
        One entry for each patch of which at least one sensor is there, sorted by season, scene and
        patch number.
    """
    return [patch for scene in find_scenes(root, unexpected) for patch in scene.files()]


def find_scenes(root: Path, unexpected: list[Unexpected] | None = None) -> list[PatchList]:
    """List the scenes of a whole or partial copy of SEN12MS with their patches, by names alone.

    The whole of it takes a few megabytes so, and half a gigabyte as `find_patches` lists it.

    Args:
        root: The folder that holds `ROIs1158_spring` and its like.
        unexpected: If given, gains one entry for whatever is not in the layout and was passed over.

    Returns:
        One entry for each scene of which a file is there, sorted by season and scene.

    Raises:
        DatasetNotFoundError: `root` does not exist, is no folder, or holds nothing in the layout.
    """
    unexpected = [] if unexpected is None else unexpected
    if not root.is_dir():
        seen = "is a file" if root.exists() else "does not exist"
        raise DatasetNotFoundError(f"{root} {seen}; name a SEN12MS folder: {_LAYOUT}")
    found: dict[tuple[str, int], dict[str, list[int]]] = {}
    for folder in _entries(root, unexpected):
        if folder.name in _COMPANIONS:
            continue
        if not (_FOLDER.fullmatch(folder.name) and folder.is_dir()):
            unexpected.append(_unexpected(folder, "no SEN12MS folder"))
            continue
        for scene_folder in _entries(folder.path, unexpected):
            if _REFERENCE_FOLDER.fullmatch(scene_folder.name):
                continue
            match = _SCENE_FOLDER.fullmatch(scene_folder.name)
            if match is None or not scene_folder.is_dir():
                unexpected.append(_unexpected(scene_folder, "no scene folder"))
                continue
            sensor, scene = match.groups()
            name = re.compile(rf"{folder.name}_{sensor}_{scene}_p(0|[1-9][0-9]{{0,5}})\.tif")
            for file in _entries(scene_folder.path, unexpected):
                patch = name.fullmatch(file.name)
                if patch is None or not file.is_file():
                    unexpected.append(Unexpected(Path(file.path), "no patch of this scene"))
                    continue
                numbers = found.setdefault((folder.name, int(scene)), {})
                numbers.setdefault(sensor, []).append(int(patch[1]))
    if not found:
        raise DatasetNotFoundError(f"{root} holds no patch; {_LAYOUT}. {_hint(root)}".rstrip())
    scenes = [
        PatchList(root, *key, {sensor: tuple(sorted(n)) for sensor, n in numbers.items()})
        for key, numbers in found.items()
    ]
    order = (*SEASONS, *_NO_SEASONS)
    scenes.sort(key=lambda s: (order.index(_season(s.folder)), s.scene, s.folder))
    return scenes


def _entries(folder: Path | str, unexpected: list[Unexpected]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        unexpected.append(Unexpected(Path(folder), f"cannot be listed: {error.strerror}"))
        return []


def _unexpected(entry: os.DirEntry[str], reason: str) -> Unexpected:
    relative = relative_of(entry.name)
    told = f"of {relative.name}, not of SEN12MS" if relative else reason
    return Unexpected(Path(entry.path), told)


def _season(folder: str) -> str:
    return folder.rpartition("_")[2].capitalize()


def _patch_files(folder: str, scene: int, number: int, files: Mapping[str, Path]) -> PatchFiles:
    scene_id = f"{folder}_{scene}"
    return PatchFiles(
        patch_id=f"{scene_id}_p{number}",
        scene_id=scene_id,
        folder=folder,
        season=_season(folder),
        scene=scene,
        number=number,
        s1=files.get("s1"),
        s2=files.get("s2"),
        lc=files.get("lc"),
    )


def _hint(root: Path) -> str:
    """The likeliest reason why nothing was found in `root`."""
    root = root.absolute()
    if _FOLDER.fullmatch(root.name):
        return f"This looks like one season of it: name {root.parent} instead."
    if _SCENE_FOLDER.fullmatch(root.name) and _FOLDER.fullmatch(root.parent.name):
        return f"This looks like one scene of it: name {root.parent.parent} instead."
    unreadable: list[Unexpected] = []
    entries = _entries(root, unreadable)
    inside = (e.name for entry in entries if entry.is_dir() for e in _entries(entry.path, []))
    if advice := advice_on((root.name, *sorted(entry.name for entry in entries), *inside)):
        return advice[0]
    return _hint_of_parts(entries, unreadable)


def _hint_of_parts(entries: list[os.DirEntry[str]], unreadable: list[Unexpected]) -> str:
    """Likewise, of a folder that may hold SEN12MS or parts of it."""
    archives = sorted(entry.name for entry in entries if _ARCHIVE.fullmatch(entry.name))
    if archives:
        return (
            f"{archives[0]} looks like one archive of it: unpack the archives into one folder, so "
            "that the s1_, s2_ and lc_ folders of a season lie side by side in ROIs..._<season>."
        )
    for entry in entries:
        if entry.is_dir() and any(_FOLDER.fullmatch(e.name) for e in _entries(entry.path, [])):
            return f"The dataset may be one level down: try {entry.path}."
    if unreadable:
        return f"It {unreadable[0].reason}."
    return ""


def read_s2(path: Path, bands: Sequence[int] = S2_BAND_INDEXES) -> Raster:
    """Read Sentinel-2 bands.

    Args:
        path: An `s2` file.
        bands: 1-based places in the file; the default is the ten of `taxonomy.BANDS`, in order.

    Returns:
        Values (bands, 256, 256), uint16, DN = top-of-atmosphere reflectance x 10,000; not valid
        where every band read is zero.

    Raises:
        PatchDamagedError: The file cannot be read as a Sentinel-2 patch.
    """
    values, geobox = read_bands(path, "s2", bands)
    # Where one band has no zero, which most patches have not, the others need no look.
    full = bool(values[0].all())
    valid = np.ones(values.shape[1:], bool) if full else np.bitwise_or.reduce(values, axis=0) != 0
    return Raster(values, valid, geobox)


def read_s1(path: Path) -> Raster:
    """Read Sentinel-1 backscatter.

    Returns:
        Values (2, 256, 256), float32, VV and VH in dB; not valid where either is not finite, or
        both are exactly zero. Values that are not valid are left as they are in the file.

    Raises:
        PatchDamagedError: The file cannot be read as a Sentinel-1 patch.
    """
    values, geobox = read_bands(path, "s1", (1, 2))
    return Raster(values, np.isfinite(values).all(axis=0) & values.any(axis=0), geobox)


def read_labels(path: Path) -> Raster:
    """Read MODIS land use as the eight classes.

    Returns:
        Values (256, 256), uint8, class index 0 to 7, 255 and not valid where the LCCS land-use
        code is none of the eleven.

    Raises:
        PatchDamagedError: The file cannot be read as a label patch.
    """
    # Band 4 is flagged as alpha, so that GDAL's own mask would be made of hydrology codes.
    values, geobox = read_bands(path, "lc", (LAND_USE_BAND,))
    classes = consolidate_land_use(values[0])
    return Raster(classes, np.not_equal(classes, NO_LABEL), geobox)


def inspect_patch(patch: PatchFiles) -> str:
    """State of a patch, as the study records it, from sizes and headers.

    Pixels are read only where a file's size is not the known one, since it may be truncated or
    merely compressed.

    Returns:
        "ok", "no labels" (no `lc` file), "no imagery" (no `s2` file) or "damaged: why".

    Raises:
        PatchVanishedError: A file is there no more.
    """
    for sensor, path in patch.files.items():
        try:
            check_file(path, sensor)
        except PatchVanishedError:
            raise
        except PatchDamagedError as error:
            return f"damaged: {error}".replace(str(path), path.name)
    if patch.s2 is None:
        return "no imagery"
    return "no labels" if patch.lc is None else "ok"

"""What a person has, made one GeoTIFF: a product, files of one band, or parts of an export.

`prepare` is the one way in: what it returns is opened by `lcviz.rasters.reading.open_raster`.
"""

import math
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.areas import pixel_area
from lcviz.rasters.products.assembling import (
    CLOUDS,
    class_place,
    stack_of_parts,
    stack_of_scene,
)
from lcviz.rasters.products.clouds import CloudMask, mask_clouds
from lcviz.rasters.products.holdings import Holding, Member, is_zip
from lcviz.rasters.products.metadata import METADATA_FILE
from lcviz.rasters.products.names import PICTURES, is_landsat, named_file
from lcviz.rasters.products.places import Place
from lcviz.rasters.products.scenes import Scene, find_scenes
from lcviz.rasters.products.sheets import METRES, fits, open_sheet
from lcviz.rasters.products.stack import Progress, Stack, Written, write_stack
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.taxonomy import S2_BAND_NAMES

MAX_PARTS: Final = 64
_FINEST, _COARSEST = 6.0, 15.0
"""Sides of pixels, m, that are near enough to 10: degrees of 10 m are narrower away from the
equator."""
_BRING: Final = (
    "Bring a SAFE folder or its zip, a folder or zip with one file for each of "
    f"{' '.join(S2_BAND_NAMES)}, or a GeoTIFF of them"
)


@dataclass(frozen=True)
class Wish:
    """What a person asks of a raster before it is read."""

    place: Place | None = None
    """Only this area is read and predicted."""
    resample: bool = False
    """Whether pixels that are not 10 m are brought to 10 m."""
    without_clouds: bool = False
    """Whether cloud is made no data: by the scene classification, which tells shadow too, or for
    Level-1C as `clouds` tells it."""
    scene: str | None = None
    """Which of several scenes: its name, or a part that no other has."""


@dataclass(frozen=True)
class Prepared:
    """A GeoTIFF to open."""

    path: Path
    folder: Path | None
    """As `open_raster` takes it."""
    notes: tuple[str, ...] = ()
    """What was made of what, in words."""


_BY_SCENE_CLASSES: Final = "Cloud and its shadow, by the scene classification (SCL)"


class SeveralScenesError(RasterError):
    """There are several scenes, and none was named."""

    def __init__(self, names: Sequence[str]):
        super().__init__(
            f"There are {len(names)} scenes: {', '.join(names[:20])}. Name one (--scene)"
        )
        self.names = tuple(names)


def prepare(
    paths: Sequence[Path],
    work: Path,
    wish: Wish | None = None,
    folder: Path | None = None,
    progress: Progress = lambda fraction: None,
) -> Prepared:
    """Make one GeoTIFF of what a person has; a GeoTIFF that needs nothing is left where it is.

    Args:
        paths: a file, zip or folder, or several files.
        work: folder for what is made; it must outlive the result.
        wish: what is asked of it.
        folder: all files must lie in it, links resolved.
        progress: called with the fraction that is done.

    Raises:
        SeveralScenesError: a scene has to be named.
        RasterError: nothing of it can be used; the message says what was seen and what to bring.
    """
    wish = wish or Wish()
    with tempfile.TemporaryDirectory(
        prefix="taken-out-", dir=work, ignore_cleanup_errors=True
    ) as taken:
        opener = _Opener(Path(taken), work, wish, folder, progress)
        try:
            return opener.prepare([path.absolute() for path in paths])
        except OSError as error:
            raise RasterError(
                f"{paths[0].name} cannot be read: {error.strerror or 'no such path'}. Check it"
            ) from error


class _Opener:
    def __init__(
        self, taken: Path, work: Path, wish: Wish, folder: Path | None, progress: Progress
    ):
        self._taken = taken
        self._work = work
        self._wish = wish
        self._folder = folder
        self._progress = progress
        self._holding = Holding(taken, folder)

    def prepare(self, paths: Sequence[Path]) -> Prepared:
        if len(paths) == 1 and METADATA_FILE.fullmatch(paths[0].name):
            paths = [paths[0].parent]
        if len(paths) == 1 and not (paths[0].is_dir() or is_zip(paths[0]) or _is_picture(paths[0])):
            return self._of_rasters(paths)
        members = [member for path in paths for member in self._members(path, len(paths) == 1)]
        scenes = find_scenes(members, self._holding.reach)
        if scenes:
            return self._of_scene(self._chosen(scenes))
        if any(is_landsat(member.path) for member in members):
            raise RasterError(
                f"{paths[0].name} is a scene of Landsat; the models know Sentinel-2 alone. {_BRING}"
            )
        rasters = [
            m for m in members if m.path.lower().endswith((".tif", ".tiff")) and not _is_extra(m)
        ]
        if not rasters or len(rasters) > MAX_PARTS:
            held = ", ".join(PurePosixPath(m.path).name for m in members[:5]) or "nothing"
            raise RasterError(
                f"{paths[0].name} holds no bands of Sentinel-2 that can be told by their names; of "
                f"{len(members)} in it, the first are {held[:300]}. {_BRING}"
            )
        return self._of_rasters([self._holding.reach(member) for member in rasters])

    def _members(self, path: Path, alone: bool) -> list[Member]:
        if path.is_dir() or is_zip(path):
            self._require_allowed(path)
            return self._holding.members(path)
        self._require_allowed(path)
        size = path.stat().st_size
        if alone and not named_file(path.name):
            raise RasterError(f"{path.name} is one JPEG 2000 file, not named like a band. {_BRING}")
        return [Member(path.name, size, path)]

    def _require_allowed(self, path: Path) -> None:
        real = path.resolve(strict=True)
        if self._folder is not None and not real.is_relative_to(self._folder.resolve()):
            raise RasterError(f"{path.name} is not in the allowed folder")

    def _chosen(self, scenes: list[Scene]) -> Scene:
        names = [scene.name for scene in scenes]
        wanted = self._wish.scene
        if wanted is None:
            if len(scenes) > 1:
                raise SeveralScenesError(names)
            return scenes[0]
        found = [s for s in scenes if s.name == wanted] or [s for s in scenes if wanted in s.name]
        if len(found) != 1:
            raise RasterError(
                f"{len(found)} scenes are called {wanted[:80]!r}. There are: "
                f"{', '.join(names[:20])}"
            )
        return found[0]

    def _of_scene(self, scene: Scene) -> Prepared:
        files = {band: self._holding.reach(member) for band, member in scene.bands.items()}
        with ExitStack() as opened:
            sheets = {b: opened.enter_context(open_sheet(f)) for b, f in files.items()}
            size = _side(min((s.geobox for s in sheets.values()), key=lambda box: -box.shape[0]))
            resampled = self._must_resample(size)
            if resampled:
                sheets = {b: opened.enter_context(open_sheet(f, METRES)) for b, f in files.items()}
            classes, by = None, _BY_SCENE_CLASSES
            if scene.classes is not None:
                file = self._holding.reach(scene.classes)
                metres = METRES if resampled else None
                classes = opened.enter_context(open_sheet(file, metres, classes=True))
            elif self._wish.without_clouds and not resampled:
                mask = self._masked_clouds(scene, sheets)
                if mask is not None:
                    classes = opened.enter_context(open_sheet(mask.path, classes=True))
                    by = mask.by
            stack = stack_of_scene(scene, sheets, classes, self._wish.without_clouds)
            coarse = [b for b, s in sheets.items() if s.height < stack.grid.shape[0]]
            target = self._target(scene.name)
            seen = self._write(stack, target)
        notes = [_told(scene)]
        if coarse:
            notes.append(
                f"{', '.join(coarse)} are coarser: each of their pixels is repeated, as in the "
                "imagery that the models learned from."
            )
        if scene.aside:
            notes.append(f"Set aside: {', '.join(scene.aside)}.")
        clouds = self._clouds_told(None) if classes is None else self._clouds(seen, by)
        notes += [*clouds, *self._resampled(size, resampled)]
        return Prepared(target, None, tuple(notes))

    def _of_rasters(self, paths: Sequence[Path]) -> Prepared:
        with ExitStack() as opened:
            parts = []
            for path in paths:
                folder = None if path.is_relative_to(self._taken) else self._folder
                parts.append(opened.enter_context(open_raster(path, folder)))
            size = _side(parts[0].geobox)
            resampled = self._must_resample(size)
            place = class_place(parts)
            masked = self._wish.without_clouds and place is not None
            if len(parts) == 1 and self._wish.place is None and not resampled and not masked:
                return replace(self._as_it_is(parts[0]), notes=self._clouds_told(place))
            if resampled:
                parts = [opened.enter_context(open_sheet(part.path, METRES)) for part in parts]
            target = self._target(_clear(parts[0].path.stem))
            dropped = CLOUDS if self._wish.without_clouds else ()
            stack = replace(stack_of_parts(parts), class_place=place, dropped=dropped)
            seen = self._write(stack, target)
        notes = [f"{len(paths)} parts of one export, read as one."] if len(paths) > 1 else []
        notes += self._clouds_told(place) if place is None else self._clouds(seen)
        return Prepared(target, None, (*notes, *self._resampled(size, resampled)))

    def _as_it_is(self, raster: InputRaster) -> Prepared:
        if not raster.path.is_relative_to(self._taken.resolve()):
            return Prepared(raster.path, self._folder)
        target = self._target(_clear(raster.path.stem))
        shutil.move(raster.path, target)
        return Prepared(target, None)

    def _must_resample(self, size: float | None) -> bool:
        if size is None or _FINEST <= size <= _COARSEST:
            return False
        if not self._wish.resample:
            raise RasterError(
                f"A pixel is {size:.3g} m wide. The models know pixels of {METRES:.0f} m, and what "
                "land looks like in them. Get the same image at 10 m, or ask for it to be "
                "resampled, which adds no detail (--resample)"
            )
        return True

    def _write(self, stack: Stack, target: Path) -> Written:
        return write_stack(stack, target, self._wish.place, self._progress, CLOUDS)

    def _target(self, name: str) -> Path:
        kept = re.sub(r"[^\w.-]+", "_", name).strip("._")[-100:] or "raster"
        return self._work / f"{kept}.tif"

    def _clouds_told(self, place: int | None) -> tuple[str, ...]:
        """What becomes of clouds that were not looked for."""
        if place is not None:
            return (
                "It holds a scene classification (SCL): cloud and its shadow, which are predicted "
                "like land, can be left out (--no-clouds).",
            )
        if self._wish.without_clouds:
            return ("There is no scene classification (SCL): clouds are not left out.",)
        return ()

    def _clouds(self, seen: Written, by: str = _BY_SCENE_CLASSES) -> list[str]:
        share = seen.clouded / max(1, seen.classified)
        done = "left out" if self._wish.without_clouds else "predicted like land"
        return [f"{by}: {share:.0%}, {done}."]

    def _masked_clouds(self, scene: Scene, sheets: Mapping[str, InputRaster]) -> CloudMask | None:
        """Clouds of Level-1C; None where it is not known to be that, or what its numbers are."""
        offsets = {band: scene.offset(band) for band in (*S2_BAND_NAMES, *scene.others)}
        if scene.level != "L1C" or None in offsets.values():
            return None
        with ExitStack() as opened:
            grid = min((s.geobox for s in sheets.values()), key=lambda box: -box.shape[0])
            seen = dict(sheets)
            for band, member in scene.others.items():
                sheet = opened.enter_context(open_sheet(self._holding.reach(member)))
                if fits(sheet.geobox, grid):
                    seen[band] = sheet
            return mask_clouds(
                seen,
                grid,
                scene.metadata.quantification if scene.metadata else 10_000.0,
                {band: offset or 0.0 for band, offset in offsets.items()},
                self._taken / "clouds.tif",
            )

    def _resampled(self, size: float | None, resampled: bool) -> list[str]:
        if not resampled or size is None:
            return []
        how = "averaged" if size < METRES else "repeated"
        return [f"Pixels of {size:.3g} m were {how} to {METRES:.0f} m: expect a worse map."]


def _side(box: GeoBox) -> float | None:
    """Side of the middle pixel on the ground, m; None where it cannot be told."""
    area = pixel_area(box, Window(0, 0, box.shape[1], box.shape[0]))
    if area is None or not math.isfinite(area) or area <= 0:
        return None
    return math.sqrt(area)


def _told(scene: Scene) -> str:
    kind = "product" if scene.metadata is not None else "bands"
    parts = [f"Read from the {kind} {scene.name}"]
    if scene.baseline:
        parts.append(f"processing baseline {scene.baseline}")
    offsets = {scene.offset(band) for band in S2_BAND_NAMES}
    if offsets != {None}:
        by = "its metadata" if scene.metadata and scene.metadata.offsets else "its baseline"
        said = ", ".join(f"{offset:.0f}" for offset in sorted(o or 0.0 for o in offsets))
        parts.append(f"to be added by {by}: {said} DN")
    return "; ".join(parts) + "."


def _clear(stem: str) -> str:
    """A name without the number that it got when it was taken out of a zip."""
    return re.sub(r"^\d{3}-", "", stem)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES[:2] and path.is_file()


def _is_extra(member: Member) -> bool:
    named = named_file(member.path)
    return named is not None and named.band is None

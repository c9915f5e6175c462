"""What a person has, made one GeoTIFF: a product, files of one band, or parts of an export.

`prepare` is the one way in: what it returns is opened by `lcviz.rasters.reading.open_raster`.
"""

import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
from lcviz.rasters.products.clouds import clouds_of_scene
from lcviz.rasters.products.holdings import Holding, Member, is_zip
from lcviz.rasters.products.metadata import METADATA_FILE
from lcviz.rasters.products.names import PICTURES, is_landsat, named_file
from lcviz.rasters.products.opening_words import (
    BY_SCENE_CLASSES,
    CLASSES_KNOWN,
    clouds_told,
    clouds_unseen_told,
    resampled_told,
    scene_told,
)
from lcviz.rasters.products.scenes import Scene, find_scenes
from lcviz.rasters.products.sheets import METRES, open_sheet
from lcviz.rasters.products.stack import Progress, Stack, StackRaster, Written, write_stack
from lcviz.rasters.products.wishes import SeveralScenesError, Wish
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.taxonomy import S2_BAND_NAMES

__all__ = ["Opened", "Prepared", "SeveralScenesError", "Wish", "opened_once", "prepare"]

MAX_PARTS: Final = 64
_FINEST, _COARSEST = 6.0, 15.0
"""Sides of pixels, m, near enough to 10: degrees of 10 m are narrower away from the equator."""
_BRING: Final = (
    "Bring a SAFE folder or its zip, a folder or zip with one file for each of "
    f"{' '.join(S2_BAND_NAMES)}, or a GeoTIFF of them"
)


@dataclass(frozen=True)
class Prepared:
    """A GeoTIFF to open."""

    path: Path
    folder: Path | None
    """As `open_raster` takes it."""
    notes: tuple[str, ...] = ()
    """What was made of what, in words."""


@dataclass(frozen=True)
class Opened:
    """A raster that is open."""

    raster: InputRaster
    files: tuple[Path, ...]
    """What it is read from."""
    notes: tuple[str, ...]
    """As of `Prepared`."""


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
    with _opener(paths, work, wish, folder, progress) as opener:
        return opener.prepare([path.absolute() for path in paths])


@contextmanager
def opened_once(
    paths: Sequence[Path],
    work: Path,
    wish: Wish | None = None,
    folder: Path | None = None,
    progress: Progress = lambda fraction: None,
) -> Iterator[Opened]:
    """Open what a person has to read it once, window by window: bands are decoded as they are read.

    Args and errors as for `prepare`, which suits what is read again. Parts are put together before.
    """
    with (
        _opener(paths, work, wish, folder, progress) as opener,
        opener.opened([path.absolute() for path in paths]) as opened,
    ):
        yield opened


@contextmanager
def _opener(
    paths: Sequence[Path],
    work: Path,
    wish: Wish | None,
    folder: Path | None,
    progress: Progress,
) -> Iterator["_Opener"]:
    with tempfile.TemporaryDirectory(
        prefix="taken-out-", dir=work, ignore_cleanup_errors=True
    ) as taken:
        try:
            yield _Opener(Path(taken), work, wish or Wish(), folder, progress)
        except OSError as error:
            raise RasterError(
                f"{paths[0].name} cannot be read: {error.strerror or 'no such path'}. Check it"
            ) from error


@dataclass(frozen=True)
class _SceneStack:
    stack: Stack
    by: str
    """What its classes are told by, in words."""
    coarse: tuple[str, ...]
    size: float | None
    resampled: bool
    files: tuple[Path, ...]


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
        found = self._found(paths)
        return self._of_scene(found) if isinstance(found, Scene) else self._of_rasters(found)

    @contextmanager
    def opened(self, paths: Sequence[Path]) -> Iterator[Opened]:
        found = self._found(paths)
        if isinstance(found, Scene):
            with ExitStack() as opened:
                made = self._stack_of(found, opened)
                direct = StackRaster(made.stack, self._target(found.name), self._wish.place)
                notes = self._scene_notes(found, made, direct.clouds(CLOUDS))
                yield Opened(direct, made.files, notes)
            return
        prepared = self._of_rasters(found)
        with open_raster(prepared.path, prepared.folder) as raster:
            yield Opened(raster, (raster.path,), prepared.notes)

    def _found(self, paths: Sequence[Path]) -> Scene | Sequence[Path]:
        """A scene of bands in files, or rasters of all bands."""
        if len(paths) == 1 and METADATA_FILE.fullmatch(paths[0].name):
            paths = [paths[0].parent]
        if len(paths) == 1 and not (paths[0].is_dir() or is_zip(paths[0]) or _is_picture(paths[0])):
            return paths
        members = [member for path in paths for member in self._members(path, len(paths) == 1)]
        scenes = find_scenes(members, self._holding.reach)
        if scenes:
            return self._chosen(scenes)
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
        return [self._holding.reach(member) for member in rasters]

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
        with ExitStack() as opened:
            found = self._stack_of(scene, opened)
            target = self._target(scene.name)
            seen = self._write(found.stack, target)
        return Prepared(target, None, self._scene_notes(scene, found, seen))

    def _stack_of(self, scene: Scene, opened: ExitStack) -> "_SceneStack":
        files = {band: self._holding.reach(member) for band, member in scene.bands.items()}
        sheets = {b: opened.enter_context(open_sheet(f)) for b, f in files.items()}
        size = _side(min((s.geobox for s in sheets.values()), key=lambda box: -box.shape[0]))
        resampled = self._must_resample(size)
        if resampled:
            sheets = {b: opened.enter_context(open_sheet(f, METRES)) for b, f in files.items()}
        classes, by = None, BY_SCENE_CLASSES
        if scene.classes is not None:
            file = self._holding.reach(scene.classes)
            metres = METRES if resampled else None
            classes = opened.enter_context(open_sheet(file, metres, classes=True))
        elif self._wish.without_clouds and not resampled:
            mask = clouds_of_scene(scene, sheets, self._holding.reach, self._taken / "clouds.tif")
            if mask is not None:
                classes = opened.enter_context(open_sheet(mask.path, classes=True))
                by = mask.by
        stack = stack_of_scene(scene, sheets, classes, self._wish.without_clouds)
        coarse = tuple(b for b, s in sheets.items() if s.height < stack.grid.shape[0])
        return _SceneStack(stack, by, coarse, size, resampled, tuple(files.values()))

    def _scene_notes(self, scene: Scene, found: "_SceneStack", seen: Written) -> tuple[str, ...]:
        without = self._wish.without_clouds
        return (
            *scene_told(scene, found.coarse),
            *(
                clouds_unseen_told(without)
                if found.stack.classes is None
                else clouds_told(seen, found.by, without)
            ),
            *resampled_told(found.size, found.resampled),
        )

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
                return replace(self._as_it_is(parts[0]), notes=self._classes_told(place))
            if resampled:
                parts = [opened.enter_context(open_sheet(part.path, METRES)) for part in parts]
            target = self._target(_clear(parts[0].path.stem))
            dropped = CLOUDS if self._wish.without_clouds else ()
            stack = replace(stack_of_parts(parts), class_place=place, dropped=dropped)
            seen = self._write(stack, target)
        notes = [f"{len(paths)} parts of one export, read as one."] if len(paths) > 1 else []
        if place is None:
            notes += self._classes_told(place)
        else:
            notes += clouds_told(seen, BY_SCENE_CLASSES, self._wish.without_clouds)
        return Prepared(target, None, (*notes, *resampled_told(size, resampled)))

    def _classes_told(self, place: int | None) -> tuple[str, ...]:
        without = self._wish.without_clouds
        return clouds_unseen_told(without) if place is None else CLASSES_KNOWN

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


def _side(box: GeoBox) -> float | None:
    """Side of the middle pixel on the ground, m; None where it cannot be told."""
    area = pixel_area(box, Window(0, 0, box.shape[1], box.shape[0]))
    if area is None or not math.isfinite(area) or area <= 0:
        return None
    return math.sqrt(area)


def _clear(stem: str) -> str:
    """A name without the number that it got when it was taken out of a zip."""
    return re.sub(r"^\d{3}-", "", stem)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES[:2] and path.is_file()


def _is_extra(member: Member) -> bool:
    named = named_file(member.path)
    return named is not None and named.band is None

"""How the files of a scene, or the parts of an export, make one raster."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.rasters.checks import DTYPES
from lcviz.rasters.products.names import SCENE_CLASSES
from lcviz.rasters.products.scenes import Scene
from lcviz.rasters.products.sheets import fits
from lcviz.rasters.products.stack import Layer, Stack
from lcviz.rasters.reading import InputRaster
from lcviz.taxonomy import S2_BAND_NAMES

CLOUDS: Final = (3, 8, 9, 10)
"""Scene classification: shadow of clouds, clouds of medium and high probability, thin cirrus."""
SATURATED: Final = 65_535
_QUANTIFICATION: Final = 10_000.0
_OFFSET: Final = -1000.0


def stack_of_scene(
    scene: Scene,
    sheets: Mapping[str, InputRaster],
    classes: InputRaster | None,
    without_clouds: bool,
) -> Stack:
    """The ten bands of a scene on the grid of its finest.

    Args:
        scene: what is known of it.
        sheets: band -> its opened file.
        classes: scene classification, if there is one.
        without_clouds: whether what it calls cloud or shadow is made no data.

    Raises:
        RasterError: the files do not lie on one another.
    """
    grid = min((sheet.geobox for sheet in sheets.values()), key=lambda box: -box.shape[0])
    for band, sheet in {**sheets, **({"SCL": classes} if classes else {})}.items():
        if sheet.count != 1:
            raise RasterError(f"{sheet.path.name} holds {sheet.count} bands, not {band} alone")
        if not fits(sheet.geobox, grid) or not _same_ground(sheet.geobox, grid):
            raise RasterError(
                f"{band} ({sheet.height} x {sheet.width} pixels) does not lie on the ground of the "
                f"others ({grid.shape[0]} x {grid.shape[1]}): bring bands of one scene and one CRS"
            )
    ten = [sheets[band] for band in S2_BAND_NAMES]
    dtype = np.result_type(*(sheet.dtype for sheet in ten)).name
    offsets = [scene.offset(band) for band in S2_BAND_NAMES]
    add: tuple[float, ...] = ()
    if len(set(offsets)) > 1:  # A raster has one offset for all: bring the bands to the usual one.
        add = tuple((offset or 0.0) - _OFFSET for offset in offsets)
        offsets = [_OFFSET]
        dtype = np.result_type(dtype, np.int32).name
    if dtype not in DTYPES:
        raise RasterError(f"The bands hold numbers of kinds that do not go together: {dtype}")
    integers = np.dtype(dtype).kind in "iu"
    by_product = scene.metadata is not None and integers
    own = {sheet.nodata[0] for sheet in ten}
    nodata = own.pop() if len(own) == 1 else (0.0 if integers else float("nan"))
    scales, shifts, tag = _units(scene, ten, offsets[0])
    return Stack(
        layers=tuple(Layer((band,), (sheets[band],)) for band in S2_BAND_NAMES),
        grid=grid,
        dtype=dtype,
        nodata=0.0 if by_product else nodata,
        tags=_tags(scene, tag),
        scales=scales,
        offsets=shifts,
        add=add,
        unusable=(SATURATED,) if by_product else (),
        classes=classes,
        dropped=CLOUDS if without_clouds else (),
    )


def _units(
    scene: Scene, ten: Sequence[InputRaster], offset: float | None
) -> tuple[tuple[float, ...], tuple[float, ...], float | None]:
    """Scale and offset to declare for each band, and the offset to tell of in a tag."""
    quantification = scene.metadata.quantification if scene.metadata else _QUANTIFICATION
    if quantification != _QUANTIFICATION or offset not in (0.0, _OFFSET, None):
        shift = (offset or 0.0) / quantification
        return (1 / quantification,) * len(ten), (shift,) * len(ten), None
    scales = tuple(sheet.scales[0] for sheet in ten)
    return scales, tuple(sheet.offsets[0] for sheet in ten), offset


def _tags(scene: Scene, offset: float | None) -> dict[str, str]:
    tags = {"PRODUCT_URI": scene.metadata.uri if scene.metadata else ""}
    tags["PROCESSING_BASELINE"] = scene.baseline
    tags["PROCESSING_LEVEL"] = {"L1C": "Level-1C", "L2A": "Level-2A"}.get(scene.level, "")
    if offset is not None:
        tags[f"{'BOA' if scene.level == 'L2A' else 'RADIO'}_ADD_OFFSET"] = f"{offset:.0f}"
    return {name: text for name, text in tags.items() if text}


def stack_of_parts(parts: Sequence[InputRaster]) -> Stack:
    """Parts of one export, such as Earth Engine cuts a large one into, as one raster.

    Raises:
        RasterError: they are not parts of one raster.
    """
    first = parts[0]
    for part in parts[1:]:
        named = f"{part.path.name} and {first.path.name}"
        if (part.count, part.dtype, part.band_names) != (
            first.count,
            first.dtype,
            first.band_names,
        ):
            raise RasterError(
                f"{named} have other bands or numbers ({part.count} of {part.dtype}, {first.count} "
                f"of {first.dtype}): no parts of one export. Name one of them"
            )
        same_size = np.allclose(
            [part.geobox.transform.a, part.geobox.transform.e],
            [first.geobox.transform.a, first.geobox.transform.e],
        )
        if first.geobox.crs is None or not same_size or not fits(part.geobox, first.geobox):
            raise RasterError(
                f"{named} do not lie on one grid: no parts of one export. Name one of them"
            )
    grid = _around([part.geobox for part in parts])
    if sum(part.height * part.width for part in parts) > grid.shape[0] * grid.shape[1]:
        raise RasterError(
            f"{len(parts)} rasters such as {first.path.name} overlap: no parts of one export. Name "
            "one of them"
        )
    dtype = first.dtype
    names = tuple(name or "" for name in first.band_names)
    return Stack(
        layers=(Layer(names, tuple(parts)),),
        grid=grid,
        dtype=dtype,
        nodata=first.nodata[0] if len(set(map(str, first.nodata))) == 1 else None,
        tags={name: text for name, text in first.tags[0].items() if name != "AREA_OR_POINT"},
        band_tags=first.tags[1:],
        scales=first.scales,
        offsets=first.offsets,
    )


def class_place(parts: Sequence[InputRaster]) -> int | None:
    """0-based place of the scene classification (SCL) among bands that their names tell apart."""
    words = [(name or "").strip().lower() for name in parts[0].band_names]
    return words.index(SCENE_CLASSES.lower()) if words.count(SCENE_CLASSES.lower()) == 1 else None


def _around(boxes: Sequence[GeoBox]) -> GeoBox:
    """The smallest box on the first one's grid that holds all."""
    first, inverse = boxes[0], ~boxes[0].transform
    starts = [inverse @ (box.transform.c, box.transform.f) for box in boxes]
    left, top = (round(min(axis)) for axis in zip(*starts, strict=True))
    right = max(round(x) + box.shape[1] for (x, _), box in zip(starts, boxes, strict=True))
    bottom = max(round(y) + box.shape[0] for (_, y), box in zip(starts, boxes, strict=True))
    moved = first.shifted(top, left) if (top, left) != (0, 0) else first
    return GeoBox((bottom - top, right - left), moved.transform, first.crs)


def _same_ground(sheet: GeoBox, grid: GeoBox) -> bool:
    """Whether corners and far corners agree to a pixel of the coarser."""
    if grid.crs is None:
        return True
    coarse = max(abs(sheet.transform.a), abs(grid.transform.a))
    ends = [
        (*(box.transform @ (0, 0)), *(box.transform @ (box.shape[1], box.shape[0])))
        for box in (sheet, grid)
    ]
    return bool(np.abs(np.subtract(*ends)).max() <= coarse)

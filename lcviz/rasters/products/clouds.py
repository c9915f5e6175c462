"""Where Level-1C, which has no scene classification, shows cloud: a mask in the classes of one.

By s2cloudless where it is installed (requirements-clouds.txt) and all the bands that it looks at
are there; else by the spectral tests of Fmask, a suspicion that takes bright ground for cloud. Both
look at pixels of about 120 m: Sentinel Hub makes its masks at 160 m.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine

from lcviz.georeference import GeoBox
from lcviz.rasters.products.holdings import Member
from lcviz.rasters.products.scenes import Scene
from lcviz.rasters.products.sheets import fits, open_sheet
from lcviz.rasters.reading import InputRaster
from lcviz.taxonomy import S2_BAND_NAMES

S2CLOUDLESS_BANDS: Final = ("B1", "B2", "B4", "B5", "B8", "B8A", "B9", "B10", "B11", "B12")
"""What s2cloudless looks at, in its order."""
CLOUD, CLEAR = 9, 7
"""Of the scene classification: cloud of high probability; unclassified."""
_STEPS: Final = (12, 10, 9, 8, 6, 5, 4, 3, 2, 1)
_THRESHOLD: Final = 0.4
_AVERAGED, _DILATED = 220, 110
"""Metres about a pixel. Source for all three: s2cloudless's documentation, for 10 m: 22, 11."""
_PIXEL: Final = 10
_QUANTIFICATION: Final = 10_000.0


class CloudMask(NamedTuple):
    """What was made, and by what."""

    path: Path
    by: str
    """What it shows and by what, in words."""


def clouds_of_scene(
    scene: Scene,
    sheets: Mapping[str, InputRaster],
    reach: Callable[[Member], Path],
    target: Path,
) -> CloudMask | None:
    """Mask a scene's clouds; None if it is not known to be Level-1C, or what its numbers are.

    Args:
        scene: what is known of it.
        sheets: band -> its opened file, of the ten.
        reach: gives the file of a member on this disk.
        target: file to write.

    Raises:
        RasterError: a file is damaged.
    """
    offsets = {band: scene.offset(band) for band in (*S2_BAND_NAMES, *scene.others)}
    if scene.level != "L1C" or None in offsets.values():
        return None
    grid = min((sheet.geobox for sheet in sheets.values()), key=lambda box: -box.shape[0])
    with ExitStack() as opened:
        seen = dict(sheets)
        for band, member in scene.others.items():
            sheet = opened.enter_context(open_sheet(reach(member)))
            if fits(sheet.geobox, grid):
                seen[band] = sheet
        quantification = scene.metadata.quantification if scene.metadata else _QUANTIFICATION
        added = {band: offset or 0.0 for band, offset in offsets.items()}
        return mask_clouds(seen, grid, quantification, added, target)


def mask_clouds(
    sheets: Mapping[str, InputRaster],
    grid: GeoBox,
    quantification: float,
    offsets: Mapping[str, float],
    target: Path,
) -> CloudMask:
    """Write a GeoTIFF of `CLOUD`, `CLEAR` and 0 for no data that lies on a scene of Level-1C.

    Args:
        sheets: band -> its opened file: the ten of `taxonomy.S2_BAND_NAMES`, and B1, B9 and B10 for
            s2cloudless.
        grid: the scene's, of 10 m.
        quantification: what reflectance was multiplied by.
        offsets: what is to be added to the stored values of each band.
        target: file to write.

    Raises:
        RasterError: a file cannot be decoded.
    """
    step = next(s for s in _STEPS if not (grid.shape[0] % s or grid.shape[1] % s))
    shape = grid.shape[0] // step, grid.shape[1] // step

    def reflectance(bands: Sequence[str]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        stored = [sheets[band].thumbnail(shape).astype(np.float32) for band in bands]
        measured = np.asarray(np.stack(stored).any(axis=0), dtype=np.bool_)
        added = [
            (values + offsets[band]) / quantification
            for band, values in zip(bands, stored, strict=True)
        ]
        values: npt.NDArray[np.float32] = np.stack(added).astype(np.float32).clip(0, None)
        return values, measured

    detector = _s2cloudless(step) if set(S2CLOUDLESS_BANDS) <= set(sheets) else None
    if detector is not None:
        values, measured = reflectance(S2CLOUDLESS_BANDS)
        cloudy = detector.get_cloud_masks(np.moveaxis(values, 0, -1)[None])[0] > 0
        by = "Cloud, by s2cloudless (its shadow is not looked for)"
    else:
        from lcviz.data.counting import cloud_suspects  # noqa: PLC0415 - numba takes a second

        values, measured = reflectance(S2_BAND_NAMES)
        cloudy = cloud_suspects(np.rint(values * 10_000).clip(0, 65_535).astype(np.uint16))
        by = (
            "Cloud, by its colour alone, a suspicion (bright ground may be taken for it; thin "
            "cloud and shadow are not seen)"
        )
    classes = np.where(measured, np.where(cloudy, CLOUD, CLEAR), 0).astype(np.uint8)
    profile: dict[str, Any] = {"driver": "GTiff", "dtype": "uint8", "count": 1}
    profile |= {"height": shape[0], "width": shape[1], "crs": grid.crs}
    profile |= {"transform": grid.transform @ Affine.scale(step)}
    with rasterio.open(target, "w", **profile) as file:
        file.write(classes, 1)
    return CloudMask(target, by)


def _s2cloudless(step: int) -> Any:
    """The detector for pixels so many times as wide as 10 m; None where it is not installed."""
    try:
        from s2cloudless import S2PixelCloudDetector  # noqa: PLC0415 - optional
    except ImportError:
        return None
    metres = step * _PIXEL
    return S2PixelCloudDetector(
        threshold=_THRESHOLD,
        average_over=round(_AVERAGED / metres),
        dilation_size=round(_DILATED / metres),
    )

"""Make and write one patch of the demo, from its settings alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lcviz.atomic import atomic_path
from lcviz.data.demo.appearance import optical
from lcviz.data.demo.labels import modis_labels
from lcviz.data.demo.landscape import Ground, survey
from lcviz.data.demo.noise import Floats, Noise, Window
from lcviz.data.demo.radar import backscatter
from lcviz.data.demo.sites import DemoSettings, Site, patch_numbers
from lcviz.data.demo.tiff import widen_strip_counts
from lcviz.data.layout import patch_file
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import (
    PATCH_GRID_COLUMNS,
    PATCH_SIZE,
    PATCH_STRIDE,
    S2_BAND_INDEXES,
    consolidate_land_use,
)

if TYPE_CHECKING:  # Pixels can be made where there is no GDAL.
    from lcviz.georeference import GeoBox

Values = TypeVar("Values", bound=npt.NDArray[Any])

# Everything is computed in blocks of one stride, with a border for the sensors' blur. Each block
# is always computed the same way, so that patches which share it agree to the last bit.
_BORDER = 2
_BLUR_10M = np.array([0.0, 0.1, 0.8, 0.1, 0.0])
_BLUR_20M = np.array([0.0, 0.25, 0.5, 0.25, 0.0])
_BLUR_60M = np.array([0.1, 0.24, 0.32, 0.24, 0.1])
_BLUR_SPECKLE = np.array([0.12, 0.24, 0.28, 0.24, 0.12])
_BLURS = (_BLUR_60M, _BLUR_10M, _BLUR_10M, _BLUR_10M, _BLUR_20M, _BLUR_20M, _BLUR_20M, _BLUR_10M,
          _BLUR_20M, _BLUR_60M, _BLUR_60M, _BLUR_20M, _BLUR_20M)  # fmt: skip
_SPECKLE_DB = 1.45
"""Standard deviation of speckle, dB, as measured on even ground of the real patches."""


@dataclass(frozen=True)
class DemoPatch:
    """One patch: what both satellites see, MODIS's labels, and the truth."""

    site: Site
    number: int
    """Place in the scene's grid: row x 29 + column."""
    s2: npt.NDArray[np.uint16]
    """(13, 256, 256), digital numbers, bands as in a SEN12MS file."""
    s1: npt.NDArray[np.float32]
    """(2, 256, 256), VV and VH, dB."""
    lc: npt.NDArray[np.uint8]
    """(4, 256, 256), IGBP, LCCS land cover, land use and surface hydrology."""
    truth: npt.NDArray[np.uint8]
    """(256, 256), true class index 0 to 7 at 10 m."""
    geobox: "GeoBox"

    @property
    def patch_id(self) -> str:
        """`ROIs0000_spring_1_p30`."""
        return f"{self.site.scene_id}_p{self.number}"


@lru_cache(maxsize=16)
def _ground(site: Site, row: int, column: int) -> tuple[Ground, Noise]:
    size = PATCH_STRIDE + 2 * _BORDER
    window = Window(row * PATCH_STRIDE - _BORDER, column * PATCH_STRIDE - _BORDER, size)
    return survey(site, window), Noise(site.seed, window)


def _blur(values: Floats, kernel: Floats) -> Floats:
    """Blur (n, n) along both axes and drop the border; (n - 4, n - 4)."""
    n = values.shape[0] - 2 * _BORDER
    down = sum(k * values[i : i + n] for i, k in enumerate(kernel) if k)
    return np.asarray(sum(k * np.asarray(down)[:, i : i + n] for i, k in enumerate(kernel) if k))


@lru_cache(maxsize=16)
def _s2_block(site: Site, row: int, column: int) -> npt.NDArray[np.uint16]:
    ground, noise = _ground(site, row, column)
    seen = optical(site, ground, noise)
    sharp = np.stack([_blur(band, kernel) for band, kernel in zip(seen, _BLURS, strict=True)])
    inner = slice(_BORDER, -_BORDER)
    grain = noise.white("sensor", range(13))[:, inner, inner]
    sharp += grain * (2.5 + 0.004 * sharp)
    return np.clip(np.rint(sharp), 1, 28_000).astype(np.uint16)


@lru_cache(maxsize=16)
def _s1_block(site: Site, row: int, column: int) -> npt.NDArray[np.float32]:
    ground, noise = _ground(site, row, column)
    gain = _SPECKLE_DB / float(np.sum(_BLUR_SPECKLE**2))
    speckle = [gain * _blur(n, _BLUR_SPECKLE) for n in noise.white("speckle", range(2))]
    inner = slice(_BORDER, -_BORDER)
    level = backscatter(site, ground, noise)[:, inner, inner] + np.stack(speckle)
    # Real files end at 0 dB too: brighter targets are stored as exactly zero.
    return np.clip(level, -36.0, 0.0).astype(np.float32)


@lru_cache(maxsize=16)
def _truth_block(site: Site, row: int, column: int) -> npt.NDArray[np.uint8]:
    inner = slice(_BORDER, -_BORDER)
    return _ground(site, row, column)[0].classes[inner, inner]


def _joined(block: Callable[[Site, int, int], Values], site: Site, number: int) -> Values:
    row, column = divmod(number, PATCH_GRID_COLUMNS)
    upper, lower = ((block(site, r, column), block(site, r, column + 1)) for r in (row, row + 1))
    joined = np.concatenate([np.concatenate(p, axis=-1) for p in (upper, lower)], axis=-2)
    return cast(Values, joined)


def generate_s2(settings: DemoSettings, site: Site, number: int) -> npt.NDArray[np.uint16]:
    """The Sentinel-2 pixels of one patch, without the other sensors.

    Returns:
        uint16 (13, 256, 256), digital numbers.

    Raises:
        ConfigurationError: the dataset of these settings has no such patch.
    """
    _check(settings, site, number)
    return _joined(_s2_block, site, number)


def generate_labelled(
    settings: DemoSettings, site: Site, number: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """What training and scoring read of one patch, without its files or GDAL.

    Returns:
        DN uint16 (10, 256, 256); class index of the labels uint8 (256, 256), 255 = none; class
        index of the truth uint8 (256, 256).

    Raises:
        ConfigurationError: the dataset of these settings has no such patch.
    """
    values = generate_s2(settings, site, number)[np.array(S2_BAND_INDEXES) - 1]
    row, column = divmod(number, PATCH_GRID_COLUMNS)
    land_use = modis_labels(site, row * PATCH_STRIDE, column * PATCH_STRIDE)[2]
    return values, consolidate_land_use(land_use), _joined(_truth_block, site, number)


def generate_patch(settings: DemoSettings, site: Site, number: int) -> DemoPatch:
    """One patch with all its sensors, labels and truth.

    Raises:
        ConfigurationError: the dataset of these settings has no such patch.
    """
    from lcviz.georeference import GeoBox  # noqa: PLC0415

    _check(settings, site, number)
    row, column = divmod(number, PATCH_GRID_COLUMNS)
    return DemoPatch(
        site=site,
        number=number,
        s2=_joined(_s2_block, site, number),
        s1=_joined(_s1_block, site, number),
        lc=modis_labels(site, row * PATCH_STRIDE, column * PATCH_STRIDE),
        truth=_joined(_truth_block, site, number),
        geobox=GeoBox((PATCH_SIZE, PATCH_SIZE), site.transform(number), site.crs),
    )


def _check(settings: DemoSettings, site: Site, number: int) -> None:
    if number not in patch_numbers(settings, site):
        raise ConfigurationError(
            f"The demo with {settings} has no patch {site.scene_id}_p{number}; "
            f"lcviz.data.demo.patch_numbers lists those it has"
        )


def patch_paths(root: Path, site: Site, number: int) -> dict[str, Path]:
    """Where the files of one patch belong: s2, s1, lc and truth."""

    kinds = ("s2", "s1", "lc", "truth")
    return {kind: patch_file(root, site.folder, kind, site.scene, number) for kind in kinds}


def write_patch(root: Path, patch: DemoPatch) -> None:
    """Write the four files of a patch, each whole or not at all."""
    import rasterio  # noqa: PLC0415
    from rasterio.enums import ColorInterp  # noqa: PLC0415

    arrays: dict[str, npt.NDArray[Any]] = {
        "s2": patch.s2,
        "s1": patch.s1,
        "lc": patch.lc,
        "truth": patch.truth[None],
    }
    for kind, path in patch_paths(root, patch.site, patch.number).items():
        values = arrays[kind]
        profile = {
            "driver": "GTiff",
            "count": values.shape[0],
            "height": PATCH_SIZE,
            "width": PATCH_SIZE,
            "dtype": values.dtype,
            "crs": patch.geobox.crs,
            "transform": patch.geobox.transform,
            "interleave": "pixel",
        }
        with atomic_path(path) as temporary:
            if kind == "lc":
                profile |= {"photometric": "RGB", "alpha": "YES"}
            with rasterio.open(temporary, "w", **profile) as dataset:
                if kind == "lc":
                    dataset.colorinterp = [
                        ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha,
                    ]  # fmt: skip
                dataset.write(values)
            widen_strip_counts(temporary)

"""GeoTIFFs that a person could bring."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from lcviz.data.demo.spectra import spectrum, to_sensor
from lcviz.georeference import open_dataset

SIZE = 96
PLACE = Affine(10, 0, 500_000, 0, -10, 5_000_000)


_L2A = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]
_TEN = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12]


def land(bands: int = 13) -> np.ndarray:
    """DN of a plausible scene with clear water in one corner, (bands, 96, 96).

    Thirteen bands are Level-1C, twelve Level-2A, ten are of Level-1C; another number is of bands of
    Level-1C, again and again.
    """
    seen = to_sensor(_ground(), haze=1.0)
    values = seen if bands != 12 else _ground()
    which = {12: _L2A, 10: _TEN}.get(bands, [place % 13 for place in range(bands)])
    return values[which].round().clip(1)


def surface(bands: int = 12) -> np.ndarray:
    """The same at the ground, Level-2A: twelve bands, or the ten."""
    return _ground()[_L2A if bands == 12 else _TEN].round().clip(1)


def desert(bands: int = 10) -> np.ndarray:
    """Ten bands of Level-1C without anything dark."""
    return to_sensor(_mixed(("sand", "red sand", "pale gravel")), haze=1.0)[_TEN][:bands].round()


def _ground() -> np.ndarray:
    values = _mixed(("broadleaf", "green grass", "brown soil", "grey roof"))
    water = _mixed(("clear water", "shallow water"))
    values[:, :20, :20] = water[:, :20, :20]
    return values


def _mixed(names: tuple[str, ...]) -> np.ndarray:
    """Surface reflectance x 10,000 of smoothly mixed spectra, with texture: (13, 96, 96)."""
    random = np.random.default_rng(0)
    waves = random.uniform(0.05, 0.35, (len(names), 2))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    weights = np.stack([np.exp(2 * np.sin(r * rows + c * columns)) for r, c in waves])
    weights = (weights * random.gamma(4, 1, weights.shape)) ** 2
    pure = np.stack([spectrum(name) for name in names])
    values = np.tensordot(pure.T, weights / weights.sum(axis=0), axes=1)
    values *= np.exp(random.normal(0, 0.1, (SIZE, SIZE)))
    return values * np.exp(random.normal(0, 0.02, values.shape))


def write(
    path: Path,
    values: np.ndarray,
    dtype: str = "uint16",
    names: Sequence[str] | None = None,
    tags: dict[str, str] | None = None,
    scale: tuple[float, float] | None = None,
    **profile,
) -> Path:
    """Write (bands, rows, columns), with names of the bands, tags, and a scale and offset."""
    settings = {
        **{"driver": "GTiff", "count": len(values), "dtype": dtype, "crs": "EPSG:32633"},
        **{"height": values.shape[1], "width": values.shape[2], "transform": PLACE},
    }
    with open_dataset(path, "w", **(settings | profile)) as dataset:
        dataset.write(values.astype(dtype))
        if names:
            dataset.descriptions = names
        if scale:
            dataset.scales = (scale[0],) * len(values)
            dataset.offsets = (scale[1],) * len(values)
        dataset.update_tags(**(tags or {}))
    return path


def sparse(path: Path, side: int, bands: int = 13, **profile) -> Path:
    """A raster that is all header: no block is stored."""
    settings = {"driver": "GTiff", "count": bands, "dtype": "uint16", "SPARSE_OK": True}
    settings |= {"height": side, "width": side, "compress": "deflate", "tiled": True}
    with open_dataset(path, "w", **(settings | profile)):
        pass
    return path


def damaged_late(path: Path, interleave: str = "pixel") -> Path:
    """A raster of which one block, that the guard does not look at, cannot be decoded.

    By band, it is one of the last band, which no preview shows.
    """
    values = np.tile(land(), (1, 8, 8))
    tiled = {"tiled": True, "blockxsize": 64, "blockysize": 64}
    write(path, values, compress="deflate", interleave=interleave, **tiled)
    with rasterio.open(path) as file:
        start = file.get_tag_item("BLOCK_OFFSET_8_8", "TIFF", bidx=13)
        length = file.get_tag_item("BLOCK_SIZE_8_8", "TIFF", bidx=13)
    with path.open("r+b") as file:
        file.seek(int(start))
        file.write(bytes(int(length)))
    return path

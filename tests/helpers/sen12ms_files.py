"""Patches as SEN12MS lays them out, byte for byte."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from lcviz.data.demo.tiff import widen_strip_counts
from lcviz.data.layout import patch_file
from lcviz.georeference import GeoBox
from lcviz.taxonomy import split_scene_id

SIZE = 256


def save_patch(
    root: Path,
    patch_id: str,
    sensors: tuple[str, ...] = ("s1", "s2", "lc"),
    values: dict[str, np.ndarray] | None = None,
    epsg: int = 32737,
    scene_origin: tuple[float, float] = (375412.3389928384, 8116742.836060452),
) -> dict[str, Path]:
    """Write `sensors` of a patch under `root`; pixels are seeded noise where `values` has none.

    `scene_origin` is the upper left corner of patch 0, in metres; the patch is put where its
    number says. Returns the files by sensor.
    """
    folder, scene, number = patch_id.rsplit("_", 2)
    row, column = divmod(int(number[1:]), 29)
    x, y = scene_origin[0] + column * 1280, scene_origin[1] - row * 1280
    place = GeoBox((SIZE, SIZE), Affine(10, 0, x, 0, -10, y), CRS.from_epsg(epsg))
    written = {}
    for sensor in sensors:
        path = root / folder / f"{sensor}_{scene}" / f"{folder}_{sensor}_{scene}_{number}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = (values or {}).get(sensor)
        save_tiff(path, noise(sensor) if pixels is None else pixels, place)
        written[sensor] = path
    return written


def save_tiff(path: Path, pixels: np.ndarray, place: GeoBox) -> None:
    """Write (bands, rows, columns) in the byte layout of SEN12MS."""
    bands, rows, columns = pixels.shape
    profile = {"count": bands, "height": rows, "width": columns, "dtype": pixels.dtype}
    profile |= {"crs": place.crs, "transform": place.transform, "interleave": "pixel"}
    if bands == 4:
        profile |= {"photometric": "RGB", "alpha": "YES"}
    with rasterio.open(path, "w", driver="GTiff", **profile) as file:
        if bands == 4:
            names = ("red", "green", "blue", "alpha")
            file.colorinterp = [ColorInterp[name] for name in names]
        file.write(pixels)
    widen_strip_counts(path)


def noise(sensor: str, seed: int = 0) -> np.ndarray:
    """Pixels of a file of that kind: (bands, 256, 256) in its dtype, plausible values."""
    random = np.random.default_rng(seed)
    if sensor == "s2":
        return random.integers(300, 3000, (13, SIZE, SIZE), dtype=np.uint16)
    if sensor == "s1":
        return random.uniform(-25, -3, (2, SIZE, SIZE)).astype(np.float32)
    return random.choice(np.array([10, 20, 30, 40, 9, 1, 3], np.uint8), (4, SIZE, SIZE))


def truth_path(data: Path, patch_id: str) -> Path:
    """Where the dataset in `data` keeps the truth of a patch, whether or not it is there."""
    scene_id, _, number = patch_id.rpartition("_p")
    folder, _, scene = split_scene_id(scene_id)
    return patch_file(data, folder, "truth", scene, number)

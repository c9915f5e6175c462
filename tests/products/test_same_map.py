"""The same pixels give the same map, whatever wraps them: of a real patch where one is at hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from places import DEMO
from product_factory import (
    BAND_IDS,
    L1C,
    TEN,
    loose,
    metadata,
    patch_scene,
    safe,
    write_band,
    zipped,
)
from raster_factory import PLACE, write
from rasterio.enums import ColorInterp
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.network.loading import load_model
from lcviz.rasters.geotiff import most_probable
from lcviz.rasters.guard import inspect
from lcviz.rasters.prediction import predict_patch
from lcviz.rasters.products.opening import Wish, prepare
from lcviz.rasters.products.places import place_of_box
from lcviz.rasters.reading import open_raster
from lcviz.study import Study

BANDS = patch_scene()
VALUES = np.stack([BANDS[band] for band in TEN])
HOLE = np.zeros((96, 96), dtype=bool)
HOLE[60:80, 50:90] = True  # no data: pixels of 20 m, so that all wrappers can say so


def stack(path: Path, values: np.ndarray = VALUES, **profile) -> Path:
    return write(path / "in.tif", np.where(HOLE, 0, values), names=TEN, **profile)


def filled(path: Path, fill: float, dtype: str, scale: float = 1, **profile) -> Path:
    """The values in another kind of number, the hole marked by a value of its own."""
    values = np.where(HOLE, fill, VALUES.astype(np.float64) * scale)
    return write(path / "in.tif", values, dtype, TEN, nodata=fill, **profile)


def with_mask(path: Path) -> Path:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(path / "in.tif", VALUES, names=TEN)
        with rasterio.open(path / "in.tif", "r+") as file:
            file.write_mask(~HOLE)
    return path / "in.tif"


def with_alpha(path: Path) -> Path:
    values = np.concatenate([VALUES, np.where(HOLE, 0, 65_535)[None]])
    write(path / "in.tif", values, names=(*TEN, "alpha"))
    with rasterio.open(path / "in.tif", "r+") as file:
        file.colorinterp = (*(ColorInterp.undefined,) * 10, ColorInterp.alpha)
    return path / "in.tif"


def reordered(path: Path) -> Path:
    order = [9, 0, 5, 2, 8, 1, 7, 3, 6, 4]
    values = np.where(HOLE, 0, VALUES)[order]
    return write(path / "in.tif", values, names=[TEN[i] for i in order])


def among_extras(path: Path) -> Path:
    mask = np.where(HOLE, 0, 1)[None]
    values = np.concatenate([np.where(HOLE, 0, VALUES), mask, mask * 4])
    return write(path / "in.tif", values, names=(*TEN, "dataMask", "SCL"))


def in_tags(path: Path) -> Path:
    return stack(path, scale=(1e-4, 0.0))


def holed(fill: int = 0, add: int = 0) -> dict[str, np.ndarray]:
    return {b: np.where(HOLE, fill, v + add).astype(np.uint16) for b, v in BANDS.items()}


def offset_product(path: Path) -> Path:
    xml = metadata(L1C, "05.09", dict.fromkeys(BAND_IDS, -1000))
    return safe(path, bands=holed(add=1000), xml=xml)


def loose_floats(path: Path) -> Path:
    for band, values in BANDS.items():
        reflectance = np.where(HOLE, np.nan, values / 1e4).astype(np.float32)
        write_band(path / "held" / f"{band}.tif", reflectance, nodata=float("nan"))
    return path / "held"


def loose_with_several_fills(path: Path) -> Path:
    for number, band in enumerate(BANDS):
        fill = 40_000 + number
        write_band(path / "held" / f"{band}.tif", holed(fill)[band], nodata=fill)
    return path / "held"


def in_parts(path: Path) -> Path:
    (path / "held").mkdir()
    for column in (0, 56):
        part = np.where(HOLE, 0, VALUES)[:, :, column : (96 if column else 56)]
        at = PLACE @ Affine.translation(column, 0)
        write(path / "held" / f"ee-{column}.tif", part, names=TEN, transform=at)
    return path / "held"


TILED = {"tiled": True, "blockxsize": 32, "blockysize": 16}
WRAPPERS: dict[str, Callable[[Path], Path]] = {
    "deflate": lambda p: stack(p, compress="deflate", predictor=2),
    "lerc": lambda p: stack(p, compress="lerc_zstd", **TILED),
    "zstd": lambda p: stack(p, compress="zstd"),
    "lzw": lambda p: stack(p, compress="lzw", interleave="band"),
    "tiles": lambda p: stack(p, interleave="band", **TILED),
    "int16": lambda p: filled(p, -9999, "int16"),
    "int32": lambda p: filled(p, -9999, "int32"),
    "uint32": lambda p: filled(p, 4_294_967_295, "uint32"),
    "int64": lambda p: filled(p, -1, "int64"),
    "float32": lambda p: filled(p, -9999, "float32"),
    "float64": lambda p: filled(p, float("nan"), "float64"),
    "reflectance": lambda p: filled(p, float("nan"), "float32", 1e-4, predictor=3, compress="lzw"),
    "tag": lambda p: filled(p, 65_535, "uint16"),
    "mask": with_mask,
    "alpha": with_alpha,
    "order": reordered,
    "extras": among_extras,
    "scale in the tags": in_tags,
    "SAFE": lambda p: safe(p, bands=holed()),
    "SAFE with offset": offset_product,
    "zip of a SAFE": lambda p: zipped(safe(p, bands=holed()), p / "in.zip"),
    "loose": lambda p: loose(p / "held", "{code}.tif", holed(), nodata=0),
    "loose jp2": lambda p: loose(p / "held", "T33TVJ_20210908T042701_{code}.jp2", holed()),
    "zip of loose": lambda p: zipped(loose(p / "held", "x.{band}.tif", holed()), p / "in.zip"),
    "loose floats": loose_floats,
    "loose fills": loose_with_several_fills,
    "zip of a stack": lambda p: zipped(stack(p).parent, p.parent / "in.zip"),
    "parts": in_parts,
}


@pytest.fixture(scope="module")
def classes_of(tmp_path_factory):
    model = load_model(Study.open(DEMO), "continent-africa")
    predictor = model.predictor("cpu", "exact")

    def predicted(held: Path, wish: Wish | None = None) -> np.ndarray:
        prepared = prepare([held], tmp_path_factory.mktemp("work"), wish)
        with open_raster(prepared.path, prepared.folder) as raster:
            finding = inspect(raster)
            assert finding.certain, finding.question
            window = Window(0, 0, raster.width, raster.height)
            dn, valid = raster.reading(finding.units).read(window)
        return most_probable(predict_patch(predictor, dn, valid))

    return predicted


@pytest.fixture(scope="module")
def plain(classes_of, tmp_path_factory):
    return classes_of(stack(tmp_path_factory.mktemp("plain")))


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_same_pixels_give_the_same_map(wrapper, plain, classes_of, tmp_path):
    (tmp_path / "a").mkdir()
    np.testing.assert_array_equal(classes_of(WRAPPERS[wrapper](tmp_path / "a")), plain)
    assert len(np.unique(plain)) > 2
    assert (plain[HOLE] == 255).all() and (plain[~HOLE] < 8).all()


def test_a_box_round_all_gives_the_whole_map(plain, classes_of, tmp_path):
    everywhere = Wish(place_of_box(10, 40, 20, 50))
    np.testing.assert_array_equal(classes_of(safe(tmp_path, bands=holed()), everywhere), plain)

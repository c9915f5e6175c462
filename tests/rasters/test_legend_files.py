"""Files beside a class map: names and colours where QGIS and GDAL look for them."""

import json
import shutil
import subprocess
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from raster_factory import PLACE

from lcviz.georeference import GeoBox
from lcviz.rasters.geotiff import class_map_writer, write_cog
from lcviz.rasters.legend_files import write_legend
from lcviz.taxonomy import CLASS_COLOURS, CLASSES


@pytest.fixture
def class_map(tmp_path):
    classes = np.random.default_rng(0).integers(0, 8, (64, 64)).astype(np.uint8)
    geobox = GeoBox((64, 64), PLACE, rasterio.CRS.from_epsg(32633))
    with class_map_writer(tmp_path / "grown.tif", geobox, {}) as file:
        file.write(classes, 1)
    write_cog(tmp_path / "grown.tif", tmp_path / "map.tif")
    return tmp_path / "map.tif"


def test_qgis_has_a_colour_and_a_name_for_each_class(class_map):
    write_legend(class_map)
    entries = ET.parse(class_map.with_suffix(".qml")).findall(".//paletteEntry")
    assert [(int(e.get("value")), e.get("label"), e.get("color")) for e in entries] == [
        *zip(range(8), CLASSES, CLASS_COLOURS, strict=True)
    ]


@pytest.mark.skipif(shutil.which("gdalinfo") is None, reason="gdalinfo is not installed")
def test_gdalinfo_lists_the_classes(class_map):
    write_legend(class_map)
    said = subprocess.run(
        ["gdalinfo", "-json", str(class_map)], capture_output=True, text=True, check=True
    )
    told = json.loads(said.stdout)
    rows = told["rat"]["row"]
    assert [row["f"][:2] for row in rows] == [[i, name] for i, name in enumerate(CLASSES)]
    assert [bytes(row["f"][2:]).hex() for row in rows] == [
        colour[1:].lower() for colour in CLASS_COLOURS
    ]


def test_gdal_reads_the_table_and_the_map_stays_as_it_is(class_map):
    with rasterio.open(class_map) as file:
        before, colours = file.read(1), file.colormap(1)
    write_legend(class_map)
    with rasterio.open(class_map) as file:
        np.testing.assert_array_equal(file.read(1), before)
        assert file.colormap(1) == colours
    rows = ET.parse(class_map.with_name("map.tif.aux.xml")).findall(".//Row")
    assert [[cell.text for cell in row][1] for row in rows] == list(CLASSES)


def test_a_style_of_ones_own_is_left(class_map):
    class_map.with_suffix(".qml").write_text("mine", encoding="utf-8")
    class_map.with_name("map.tif.aux.xml").write_text("<PAMDataset/>", encoding="utf-8")
    assert write_legend(class_map) == (class_map.with_name("map.tif.aux.xml"),)
    assert class_map.with_suffix(".qml").read_text(encoding="utf-8") == "mine"
    assert "GDALRasterAttributeTable" in class_map.with_name("map.tif.aux.xml").read_text("utf-8")

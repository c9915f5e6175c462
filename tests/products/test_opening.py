"""What people hold becomes one raster, with the numbers that they hold."""

import os
import zipfile

import numpy as np
import pytest
import rasterio
from opened_products import expected, opened, read
from product_factory import (
    BAND_IDS,
    L1C,
    L2A,
    TEN,
    loose,
    metadata,
    safe,
    scene,
    write_band,
    zipped,
)
from raster_factory import PLACE, write
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.rasters.guard import inspect
from lcviz.rasters.products.opening import Prepared, SeveralScenesError, prepare
from lcviz.rasters.reading import open_raster

WHOLE = Window(0, 0, 96, 96)
OFFSETS = dict.fromkeys(BAND_IDS, -1000)


@pytest.mark.parametrize("inside", [None, "", "renamed by me/deep"])
def test_a_product_is_read_from_its_folder_and_its_zip(tmp_path, inside):
    folder = safe(tmp_path)
    held = folder if inside is None else zipped(folder, tmp_path / "a #1 ~é%.zip", inside)
    prepared = opened(tmp_path / "work", held)
    finding, dn, valid = read(prepared)
    assert finding.certain and finding.level == "L1C" and finding.offset == 0
    assert L1C in prepared.notes[0] and "03.01" in prepared.notes[0]
    np.testing.assert_array_equal(dn, expected())
    assert valid.all()
    assert [path.name for path in (tmp_path / "work").iterdir()] == [f"{L1C}.tif"]


def test_the_metadata_itself_names_its_product(tmp_path):
    _, dn, _ = read(opened(tmp_path / "w", safe(tmp_path) / "MTD_MSIL1C.xml"))
    np.testing.assert_array_equal(dn, expected())


def test_a_zip_in_a_zip_is_read_and_a_third_is_not(tmp_path):
    inner = zipped(safe(tmp_path), tmp_path / "inner.zip")
    for name, content in (("outer.zip", inner), ("third.zip", tmp_path / "outer.zip")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.write(content, content.name)
    _, dn, _ = read(opened(tmp_path / "w", tmp_path / "outer.zip"))
    np.testing.assert_array_equal(dn, expected())
    with pytest.raises(RasterError, match="zips in zips in zips"):
        opened(tmp_path / "w", tmp_path / "third.zip")


def test_the_offset_of_the_metadata_is_taken_off(tmp_path):
    added = {band: values + 1000 for band, values in scene("L2A").items()}
    xml = metadata(L2A, "04.00", OFFSETS)
    finding, dn, _ = read(opened(tmp_path / "w", safe(tmp_path, L2A, added, xml)))
    assert finding.certain and finding.level == "L2A" and finding.offset == 1000
    np.testing.assert_array_equal(dn, expected("L2A"))


def test_without_offsets_the_baseline_tells_and_not_the_date(tmp_path):
    reprocessed = L1C.replace("N0301", "N0500")  # sensed in 2021
    added = {band: values + 1000 for band, values in scene().items()}
    xml = metadata(reprocessed, "05.00")
    prepared = opened(tmp_path / "w", safe(tmp_path, reprocessed, added, xml))
    with rasterio.open(prepared.path) as file:
        assert file.tags()["RADIO_ADD_OFFSET"] == "-1000"
    np.testing.assert_array_equal(read(prepared)[1], expected())


def test_pixels_that_contradict_the_metadata_are_asked_about(tmp_path):
    xml = metadata(L1C, "05.09", OFFSETS)  # of which the offset was taken off already
    finding, _, _ = read(opened(tmp_path / "w", safe(tmp_path, xml=xml)))
    assert finding.topic == "offset"
    assert "contradict" in finding.question


def test_an_offset_that_differs_from_band_to_band_is_read_for_each(tmp_path):
    told = {band: -1000 if band in ("B11", "B12") else 0 for band in BAND_IDS}
    added = {b: v + (1000 if b in ("B11", "B12") else 0) for b, v in scene().items()}
    held = safe(tmp_path, bands=added, xml=metadata(L1C, "05.09", told))
    finding, dn, _ = read(opened(tmp_path / "w", held))
    assert finding.offset == 1000
    np.testing.assert_array_equal(dn, expected())


def test_another_quantification_is_read_from_the_metadata(tmp_path):
    doubled = {band: values * 2 for band, values in scene().items()}
    held = safe(tmp_path, bands=doubled, xml=metadata(quantification=20_000))
    np.testing.assert_array_equal(read(opened(tmp_path / "w", held))[1], expected())


def test_no_data_and_saturation_of_a_product_are_no_measurement(tmp_path):
    bands = scene()
    bands["B4"][10, 10] = 0
    bands["B8"][20, 20] = 65_535
    _, _, valid = read(opened(tmp_path / "w", safe(tmp_path, bands=bands)))
    assert not valid[10, 10] and not valid[20, 20]
    assert valid.sum() == 96 * 96 - 2


@pytest.mark.parametrize(
    "pattern",
    [
        "T33TVJ_20210908T042701_{code}.jp2",
        "IMG_DATA/R{m}m/T33TVJ_20210908T042701_{code}_{m}m.jp2",
        "L1C_T33TVJ_A032448_20210908T043714_{code}.tif",
        "2021-09-08-00:00_2021-09-08-23:59_Sentinel-2_L1C_{code}_(Raw).tiff",
        "download.{band}.tif",
        "20210908T042701_20210908T043714_T33TVJ.{band}.tif",
        "S2A_MSIL1C_20210908T042701_36_85_{code}.tif",
        "{code}.tif",
        "my bands/{band} {m}m é#%.tif",
    ],
)
def test_files_of_one_band_are_known_by_their_names(tmp_path, pattern):
    folder = loose(tmp_path / "held", pattern)
    for junk in (".DS_Store", "._B02.tif", "B02.tif.aux.xml"):
        (folder / junk).write_bytes(b"junk")
    np.testing.assert_array_equal(read(opened(tmp_path / "w", folder))[1], expected())
    held = zipped(folder, tmp_path / "held.zip")
    np.testing.assert_array_equal(read(opened(tmp_path / "w", held))[1], expected())
    files = [path for path in folder.rglob("*") if path.suffix in (".jp2", ".tif", ".tiff")]
    files = [path for path in files if not path.name.startswith("._")]
    np.testing.assert_array_equal(read(opened(tmp_path / "w", *files))[1], expected())


def test_names_of_colours_tell_bands_too(tmp_path):
    words = ("blue", "green", "red", "rededge1", "rededge2", "rededge3")
    words = (*words, "nir", "nir08", "swir16", "swir22")
    for band, word in zip(TEN, words, strict=True):
        write_band(tmp_path / "held" / f"{word}.tif", scene()[band])
    np.testing.assert_array_equal(read(opened(tmp_path / "w", tmp_path / "held"))[1], expected())


def test_missing_bands_are_named(tmp_path):
    bands = {band: values for band, values in scene().items() if band not in ("B8A", "B11")}
    with pytest.raises(RasterError, match=r"no B8A, B11; found are B2, B3"):
        opened(tmp_path / "w", safe(tmp_path, bands=bands))


def test_a_landsat_scene_is_not_taken_for_sentinel(tmp_path):
    with pytest.raises(RasterError, match="of Landsat"):
        opened(tmp_path / "w", loose(tmp_path / "held", "LC08_L1TP_190030_20210908_{band}.TIF"))


def test_extras_are_set_aside_and_clouds_left_out_when_asked(tmp_path):
    classes = np.full((96, 96), 4)
    classes[:48] = 9
    held = safe(tmp_path, L2A, classes=classes)
    stem = next(held.rglob("*_SCL_20m.jp2"))
    write_band(stem.with_name(stem.name.replace("SCL", "AOT")), scene()["B2"], 20)
    kept = opened(tmp_path / "w", held)
    assert any("AOT" in note and "Set aside" in note for note in kept.notes)
    assert any("50%" in note for note in kept.notes)
    assert read(kept)[2].all()
    masked = opened(tmp_path / "w", held, without_clouds=True)
    np.testing.assert_array_equal(read(masked)[2], classes == 4)


def test_one_of_several_scenes_has_to_be_named(tmp_path):
    held = tmp_path / "held"
    loose(held, "T33TVJ_20210908T042701_{code}.jp2")
    later = {band: values + 7 for band, values in scene().items()}
    loose(held, "T33TVJ_20211008T042701_{code}.jp2", later)
    with pytest.raises(SeveralScenesError, match="2 scenes") as told:
        opened(tmp_path / "w", held)
    assert told.value.names == ("T33TVJ_20210908T042701", "T33TVJ_20211008T042701")
    _, dn, _ = read(opened(tmp_path / "w", held, scene="20211008"), offset="0")
    np.testing.assert_array_equal(dn, expected() + 7)


def test_parts_of_one_export_are_read_as_one(tmp_path):
    whole = expected()
    held = tmp_path / "held"
    held.mkdir()
    for row in (0, 48):
        for column in (0, 40):
            part = whole[:, row : row + 48, column : (40 if not column else 96)]
            at = PLACE @ Affine.translation(column, row)
            write(held / f"ee-{row:010d}-{column:010d}.tif", part, names=TEN, transform=at)
    prepared = opened(tmp_path / "w", held)
    np.testing.assert_array_equal(read(prepared)[1], whole)
    assert "4 parts" in prepared.notes[0]
    write(held / "other.tif", whole, names=TEN)
    with pytest.raises(RasterError, match="overlap"):
        opened(tmp_path / "w", held)


@pytest.mark.parametrize("metres", [3, 20, 60])
def test_pixels_that_are_not_10_m_are_refused_or_resampled_on_request(tmp_path, metres):
    source = write(
        tmp_path / "in.tif",
        np.tile(expected(), (1, 2, 2)),
        names=TEN,
        transform=Affine(metres, 0, 500_000, 0, -metres, 5_000_000),
    )
    with pytest.raises(RasterError, match=f"A pixel is {metres}.* m wide.*--resample"):
        opened(tmp_path / "w", source)
    prepared = opened(tmp_path / "w", source, resample=True)
    finding, dn, valid = read(prepared)
    with rasterio.open(prepared.path) as file:
        assert file.res == (10, 10)
        assert file.width == pytest.approx(192 * metres / 10, abs=1)
    assert finding.offset == 0
    assert dn[:, valid].mean() == pytest.approx(expected().mean(), rel=0.05)


def test_a_geotiff_that_needs_nothing_stays_where_it_is(tmp_path):
    source = write(tmp_path / "in.tif", expected(), names=TEN)
    assert opened(tmp_path / "w", source) == Prepared(source, None)
    assert not list((tmp_path / "w").iterdir())


def test_the_old_format_holds_several_granules(tmp_path):
    product = tmp_path / "S2A_OPER_PRD_MSIL1C_PDMC_20160318T145513_R066_V20160318T101657.SAFE"
    for tile, add in (("T33TVJ", 0), ("T33TUJ", 9)):
        stem = f"S2A_OPER_MSI_L1C_TL_EPA__20160318T120000_A003846_{tile}"
        bands = {band: values + add for band, values in scene().items()}
        loose(product / "GRANULE" / f"{stem}_N02.01" / "IMG_DATA", stem + "_{code}.jp2", bands)
    xml = metadata(product.stem, "02.01")
    (product / "S2A_OPER_MTD_SAFL1C_PDMC_20160318T145513_R066.xml").write_text(xml)
    with pytest.raises(SeveralScenesError, match="T33TVJ"):
        opened(tmp_path / "w", product)
    prepared = opened(tmp_path / "w", product, scene="T33TUJ")
    assert "baseline 02.01" in prepared.notes[0]
    np.testing.assert_array_equal(read(prepared, offset="0")[1], expected() + 9)


def test_the_clouds_of_one_scene_are_not_those_of_another(tmp_path):
    for day in ("20210908", "20211008"):
        loose(tmp_path / "held", f"T33TVJ_{day}T042701_{{code}}.tif")
    clouds = np.full((96, 96), 9, np.uint8)
    write_band(tmp_path / "held" / "T33TVJ_20210908T042701_SCL.tif", clouds, 20)
    held = tmp_path / "held"
    clear = opened(tmp_path / "w", held, scene="20211008", without_clouds=True)
    assert "no scene classification" in clear.notes[-1]
    covered = opened(tmp_path / "w", held, scene="20210908", without_clouds=True)
    assert "100%, left out" in covered.notes[-1]


@pytest.mark.skipif(os.name == "nt", reason="links need rights")
def test_links_lead_nowhere_outside_the_allowed_folder(tmp_path):
    held = safe(tmp_path / "allowed")
    band = next(held.rglob("*_B04.jp2"))
    outside = tmp_path / "secret.jp2"
    band.rename(outside)
    band.symlink_to(outside)
    (tmp_path / "w").mkdir()
    with pytest.raises(RasterError, match="no B4"):
        prepare([held], tmp_path / "w", folder=tmp_path / "allowed")
    with pytest.raises(RasterError, match="not in the allowed folder"):
        prepare([held], tmp_path / "w", folder=tmp_path / "other")


def test_a_folder_that_cannot_be_written_to_is_read(tmp_path):
    held = safe(tmp_path)
    held.chmod(0o555)
    np.testing.assert_array_equal(read(opened(tmp_path / "w", held))[1], expected())
    held.chmod(0o755)


@pytest.mark.parametrize("name", ["SCL", "scl"])
def test_the_scene_classification_of_a_stack_tells_its_clouds(tmp_path, name):
    clouds = np.full((96, 96), 4)
    clouds[10:30, 20:40], clouds[50:60, :10] = 9, 3
    values = np.stack([*(scene()[band] for band in TEN), clouds])
    path = write(tmp_path / "in.tif", values, names=(*TEN, name))
    plain = opened(tmp_path / "w", path)
    assert "can be left out (--no-clouds)" in " ".join(plain.notes)
    without = opened(tmp_path / "w", path, without_clouds=True)
    assert f"{500 / 9216:.0%}, left out" in " ".join(without.notes)
    with open_raster(without.path, without.folder) as raster:
        dn, valid = raster.reading(inspect(raster).units).read(Window(0, 0, 96, 96))
    np.testing.assert_array_equal(valid, clouds == 4)
    np.testing.assert_array_equal(dn[:, valid], values[:10][:, valid])

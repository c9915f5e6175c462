import os
from pathlib import Path

import numpy as np
import pytest
from sen12ms_files import noise

from lcviz.data.patchfile import SENSORS
from lcviz.data.sen12ms import find_patches, inspect_patch, read_labels, read_s1, read_s2
from lcviz.errors import DatasetNotFoundError, PatchDamagedError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_partial_copy_is_listed_by_season_scene_and_number(tmp_path):
    touch(
        tmp_path,
        "ROIs2017_winter/s2_9/ROIs2017_winter_s2_9_p1.tif",
        "ROIs1158_spring/s2_10/ROIs1158_spring_s2_10_p7.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p100.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p20.tif",
        "ROIs1158_spring/lc_9/ROIs1158_spring_lc_9_p20.tif",
        "ROIs1158_spring/s1_9/ROIs1158_spring_s1_9_p3.tif",
        "ROIs0000_fall/lc_9/ROIs0000_fall_lc_9_p0.tif",
    )
    unexpected = []
    patches = find_patches(tmp_path, unexpected)
    assert [p.patch_id for p in patches] == [
        "ROIs1158_spring_9_p3",
        "ROIs1158_spring_9_p20",
        "ROIs1158_spring_9_p100",
        "ROIs1158_spring_10_p7",
        "ROIs0000_fall_9_p0",
        "ROIs2017_winter_9_p1",
    ]
    assert unexpected == []
    both = patches[1]
    assert (both.scene_id, both.folder) == ("ROIs1158_spring_9", "ROIs1158_spring")
    assert (both.season, both.scene, both.number) == ("Spring", 9, 20)
    assert both.files == {
        "s2": tmp_path / "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p20.tif",
        "lc": tmp_path / "ROIs1158_spring/lc_9/ROIs1158_spring_lc_9_p20.tif",
    }
    assert both.s1 is None


def test_a_number_is_a_place_in_a_grid_of_29_columns(tmp_path):
    touch(tmp_path, "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p959.tif")
    assert find_patches(tmp_path)[0].grid_position == (33, 2)


def test_what_is_not_in_the_layout_is_passed_over_and_told(tmp_path):
    good = "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p100.tif"
    strange = [
        "ROIs1158_spring_s2.tar.gz",
        "ROIs1158_autumn/s2_1/ROIs1158_autumn_s2_1_p1.tif",
        "ROIs1158_spring/readme.txt",
        "ROIs1158_spring/s3_1/ROIs1158_spring_s3_1_p1.tif",
        "ROIs1158_spring/s2_09/ROIs1158_spring_s2_09_p1.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p100.tif.part",
        "ROIs1158_spring/s2_9/._ROIs1158_spring_s2_9_p100.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_8_p100.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_lc_9_p100.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p0100.tif",
        "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p\u0661.tif",
    ]
    touch(tmp_path, good, *strange)
    (tmp_path / "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p5.tif").mkdir()
    (tmp_path / "ROIs1868_summer").touch()
    unexpected = []
    assert [p.patch_id for p in find_patches(tmp_path, unexpected)] == ["ROIs1158_spring_9_p100"]
    folders_only = {strange[1]: "ROIs1158_autumn", strange[3]: "ROIs1158_spring/s3_1"}
    folders_only[strange[4]] = "ROIs1158_spring/s2_09"
    expected = {tmp_path / folders_only.get(name, name) for name in strange}
    expected |= {tmp_path / "ROIs1158_spring/s2_9/ROIs1158_spring_s2_9_p5.tif"}
    expected |= {tmp_path / "ROIs1868_summer"}
    assert {entry.path for entry in unexpected} == expected


def test_what_lcviz_keeps_in_a_dataset_is_not_unexpected(tmp_path):
    touch(
        tmp_path,
        "ROIs0000_spring/s2_1/ROIs0000_spring_s2_1_p0.tif",
        "scenes.csv",
        "demo.json",
        "ROIs0000_spring/truth_1/ROIs0000_spring_truth_1_p0.tif",
    )
    unexpected = []
    assert len(find_patches(tmp_path, unexpected)) == 1
    assert unexpected == []


@pytest.mark.parametrize(
    ("files", "named", "message"),
    [
        ([], "none", "does not exist; name a SEN12MS folder: expected files like ROIs1158_spring/"),
        (["file"], "file", "is a file; name a SEN12MS folder"),
        (["cat.jpg"], ".", "holds no patch; expected files like ROIs1158_spring/s2_1/"),
        (["ROIs1158_spring/s2_1/other.tif"], ".", "holds no patch"),
        (
            ["d/ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p1.tif"],
            "d/ROIs1158_spring",
            "one season of it: name {root}/d instead",
        ),
        (
            ["d/ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p1.tif"],
            "d/ROIs1158_spring/s2_1",
            "one scene of it: name {root}/d instead",
        ),
        (
            ["d/sen/ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p1.tif"],
            "d",
            "one level down: try {root}/d/sen",
        ),
        (
            ["d/ROIs1158_spring_s2/s2_1/ROIs1158_spring_s2_1_p1.tif"],
            "d",
            "ROIs1158_spring_s2 looks like one archive of it: unpack the archives into one folder",
        ),
        (
            ["d/ROIs1158_spring_s2_cloudy/s2_cloudy_1/a.tif", "d/ROIs1158_spring_s2/s2_1/a.tif"],
            "d",
            "looks like SEN12MS-CR, which is not SEN12MS: it holds cloudy images beside clear ones",
        ),
        (["d/ROIs1158_spring/s2_cloudy_1/a.tif"], "d", "looks like SEN12MS-CR"),
        (["d/ROIs1868/100/S2/0/a.tif"], "d", "looks like SEN12MS-CR-TS"),
        (["d/ROIs1868_summer_lc.tar.gz"], "d", "ROIs1868_summer_lc.tar.gz looks like one archive"),
    ],
)
def test_a_folder_without_patches_says_what_to_name_instead(tmp_path, files, named, message):
    touch(tmp_path, *files)
    with pytest.raises(DatasetNotFoundError) as caught:
        find_patches(tmp_path / named)
    assert message.format(root=tmp_path) in str(caught.value)


def test_a_relative_name_gets_its_hint_too(tmp_path, monkeypatch):
    touch(tmp_path, "ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p1.tif")
    monkeypatch.chdir(tmp_path / "ROIs1158_spring")
    with pytest.raises(DatasetNotFoundError, match="one season of it"):
        find_patches(Path())


def test_a_folder_that_cannot_be_listed_does_not_stop_the_rest(tmp_path, monkeypatch):
    touch(
        tmp_path,
        "ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p1.tif",
        "ROIs1158_spring/s2_2/ROIs1158_spring_s2_2_p1.tif",
    )
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("s2_1"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    unexpected = []
    assert [p.scene for p in find_patches(tmp_path, unexpected)] == [2]
    assert [entry.reason for entry in unexpected] == ["cannot be listed: Permission denied"]


def test_s2_gives_the_ten_bands_in_order_and_masks_empty_pixels(tmp_path, write_patch):
    pixels = np.broadcast_to(
        np.arange(100, 1400, 100, dtype=np.uint16)[:, None, None], (13, 256, 256)
    ).copy()
    pixels[:, 3, 5] = 0
    pixels[1:, 7, 9] = 0
    pixels[:12, 8, 9] = 0
    path = write_patch(tmp_path, "ROIs1158_spring_1_p30", ("s2",), {"s2": pixels})["s2"]
    raster = read_s2(path)
    assert raster.values.shape == (10, 256, 256)
    assert raster.values.dtype == np.uint16
    # B2 B3 B4 B5 B6 B7 B8 B8A B11 B12 of B1 ... B8 B8A B9 B10 B11 B12.
    assert raster.values[:, 0, 0].tolist() == [200, 300, 400, 500, 600, 700, 800, 900, 1200, 1300]
    # B1 alone does not make (7, 9) a measurement of the ten bands; B12 does so for (8, 9).
    assert np.argwhere(~raster.valid).tolist() == [[3, 5], [7, 9]]


def test_s1_masks_what_is_no_measurement_and_leaves_its_value(tmp_path, write_patch):
    pixels = noise("s1")
    pixels[0, 0, 0] = np.nan
    pixels[1, 0, 1] = np.nan
    pixels[0, 0, 2] = -np.inf
    pixels[1, 0, 3] = np.inf
    pixels[:, 0, 4] = 0
    pixels[0, 0, 5] = 0  # One channel of exactly 0 dB occurs on bright roofs.
    path = write_patch(tmp_path, "ROIs1868_summer_146_p202", ("s1",), {"s1": pixels})["s1"]
    raster = read_s1(path)
    assert raster.values.dtype == np.float32
    np.testing.assert_array_equal(raster.values, pixels)
    assert np.argwhere(~raster.valid).tolist() == [[0, c] for c in range(5)]


def test_labels_come_from_the_land_use_layer_and_the_alpha_flag_is_no_mask(tmp_path, write_patch):
    pixels = np.zeros((4, 256, 256), np.uint8)
    pixels[0], pixels[1] = 10, 10
    pixels[2] = np.arange(256)  # Column = land-use code; layer 4, flagged as alpha, is zero.
    path = write_patch(tmp_path, "ROIs1158_spring_1_p30", ("lc",), {"lc": pixels})["lc"]
    raster = read_labels(path)
    expected = np.full(256, 255)
    for code, index in zip(
        (10, 20, 25, 30, 35, 36, 40, 9, 2, 1, 3), (0, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7), strict=True
    ):
        expected[code] = index
    assert raster.values.shape == (256, 256)
    assert raster.values.dtype == np.uint8
    np.testing.assert_array_equal(raster.values[100], expected)
    np.testing.assert_array_equal(raster.valid[100], expected != 255)


def test_a_raster_lies_where_its_number_says(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs1158_spring_1_p0")
    write_patch(tmp_path, "ROIs1158_spring_1_p30")
    first, second = find_patches(tmp_path)
    boxes = [read_s2(second.s2).geobox, read_s1(second.s1).geobox, read_labels(second.lc).geobox]
    assert boxes[0] == boxes[1] == boxes[2]
    shifted = read_s2(first.s2).geobox.shifted(128, 128)
    assert (boxes[0].transform.c, boxes[0].transform.f) == pytest.approx(
        (shifted.transform.c, shifted.transform.f)
    )


@pytest.mark.parametrize(
    ("sensors", "status"),
    [
        (("s1", "s2", "lc"), "ok"),
        (("s2", "lc"), "ok"),
        (("s2",), "no labels"),
        (("s1", "s2"), "no labels"),
        (("lc",), "no imagery"),
        (("s1", "lc"), "no imagery"),
        (("s1",), "no imagery"),
    ],
)
def test_status_of_an_intact_patch(tmp_path, write_patch, sensors, status):
    write_patch(tmp_path, "ROIs1158_spring_1_p30", sensors)
    assert [inspect_patch(p) for p in find_patches(tmp_path)] == [status]


@pytest.mark.parametrize("sensor", SENSORS)
def test_status_of_a_damaged_patch_names_the_file_and_the_others_go_on(
    tmp_path, write_patch, sensor
):
    path = write_patch(tmp_path, "ROIs1158_spring_1_p30")[sensor]
    write_patch(tmp_path, "ROIs1158_spring_1_p31")
    path.write_bytes(path.read_bytes()[:1000])
    size = SENSORS[sensor].size
    damaged = (
        f"damaged: ROIs1158_spring_{sensor}_1_p30.tif: is cut short: 1,000 bytes, as shipped it "
        f"has {size:,}; fetch it again"
    )
    assert [inspect_patch(p) for p in find_patches(tmp_path)] == [damaged, "ok"]
    with pytest.raises(PatchDamagedError, match=path.name):
        {"s1": read_s1, "s2": read_s2, "lc": read_labels}[sensor](path)


def test_real_patches_are_found_and_read(real_patches):
    unexpected = []
    patches = find_patches(real_patches, unexpected)
    by_id = {p.patch_id: p for p in patches}
    assert len(by_id) == len(patches) >= 15
    statuses = {inspect_patch(p) for p in patches}
    assert statuses <= {"ok", "no labels", "no imagery"}
    for patch in patches:
        if patch.s2:
            s2 = read_s2(patch.s2)
            assert s2.valid.all()
            # Quartiles of the whole dataset lie between 581 and 3013; snow and cloud above.
            assert 200 < s2.values.mean() < 9000
        if patch.s1:
            s1 = read_s1(patch.s1)
            assert s1.valid.mean() > 0.99
            assert -40 < s1.values[:, s1.valid].mean() < 0
            # VH lies below VV over land.
            assert s1.values[1].mean() < s1.values[0].mean()


def test_real_labels_are_sheared_modis_cells_of_forest(real_patches):
    patch = next(p for p in find_patches(real_patches) if p.patch_id == "ROIs1158_spring_1_p30")
    labels = read_labels(patch.lc)
    assert set(np.unique(labels.values)) == {0, 1}
    assert labels.valid.all()
    # The cells' left edges move from row to row: they are no squares in UTM.
    edges = [tuple(np.flatnonzero(np.diff(row.astype(int)))) for row in labels.values]
    assert len(set(edges)) > 10


def test_real_neighbours_agree_where_they_overlap(real_patches):
    patches = {p.patch_id: p for p in find_patches(real_patches)}
    left, right = (read_s2(patches[f"ROIs1970_fall_136_p{n}"].s2) for n in (308, 309))
    np.testing.assert_array_equal(left.values[:, :, 128:], right.values[:, :, :128])
    assert right.geobox.transform.c - left.geobox.transform.c == 1280

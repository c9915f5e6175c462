import numpy as np
import pandas as pd
import pytest

from lcviz.data.patchfile import read_geobox
from lcviz.data.scenes import describe_scenes, patch_positions
from lcviz.data.sen12ms import find_patches
from lcviz.errors import DatasetError

HEADER = "season,scene,longitude,latitude,country,continent,patches,holdout\n"
# Zone 31's central meridian is 3 degrees east: patch 30 (row 1, column 1) is centred on it.
ORIGIN = (500_000 - 1280 - 1280, 1280 + 1280)


def describe(root):
    return describe_scenes(root, find_patches(root)).set_index("scene_id")


def test_scenes_of_sen12ms_are_described_by_the_catalogue(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs1158_spring_1_p30", ("lc",))
    write_patch(tmp_path, "ROIs1158_spring_1_p31", ("s2",))
    write_patch(tmp_path, "ROIs1970_fall_1_p31", ("s2",))
    # The list in the folder says nothing about scenes of SEN12MS.
    (tmp_path / "scenes.csv").write_text(f"{HEADER}spring,1,0,0,XX,Europe,5,0\n")
    scenes = describe(tmp_path)
    assert scenes.index.tolist() == ["ROIs1158_spring_1", "ROIs1970_fall_1"]
    mozambique = scenes.loc["ROIs1158_spring_1"]
    assert (mozambique.longitude, mozambique.latitude) == (37.8648, -17.146)
    assert (mozambique.country, mozambique.continent, mozambique.season) == (
        "MZ",
        "Africa",
        "Spring",
    )
    assert (mozambique.patches, mozambique.expected) == (2, 784)
    assert scenes.known.tolist() == [True, True]


def test_other_scenes_are_described_by_the_folders_list(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs0000_spring_1_p30", ("s2",))
    (tmp_path / "scenes.csv").write_text(f"{HEADER}spring,1,12.5,41.9,IT,Europe,5,0\n")
    scene = describe(tmp_path).loc["ROIs0000_spring_1"]
    assert (scene.longitude, scene.latitude, scene.continent) == (12.5, 41.9, "Europe")
    assert (scene.patches, scene.expected, scene.known) == (1, 5, True)


@pytest.mark.parametrize("patch_id", ["ROIs0000_spring_7", "ROIs1158_spring_250"])
def test_a_scene_that_no_list_knows_is_placed_by_its_georeference(tmp_path, write_patch, patch_id):
    for number in (0, 2, 58, 60):  # Corners of a 3 x 3 block, around patch 30.
        paths = write_patch(
            tmp_path, f"{patch_id}_p{number}", ("s2",), epsg=32631, scene_origin=ORIGIN
        )
        if number == 0:
            paths["s2"].write_bytes(b"")  # The first is damaged: the next one will do.
    scenes = describe(tmp_path)
    scene = scenes.loc[patch_id]
    assert (scene.longitude, scene.latitude) == pytest.approx((3, 0), abs=1e-9)
    assert scene.continent is None
    assert scene.country is None
    assert scenes.expected.isna().all()
    assert not scene.known
    assert scene.patches == 4


def test_a_scene_without_one_readable_file_has_no_place_and_stops_nothing(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs0000_spring_7_p1", ("s2",))["s2"].write_bytes(b"?")
    write_patch(tmp_path, "ROIs0000_winter_7_p1", ("s2",))
    scenes = describe(tmp_path)
    assert np.isnan(scenes.loc["ROIs0000_spring_7", "longitude"])
    assert np.isnan(scenes.loc["ROIs0000_spring_7", "latitude"])
    assert np.isfinite(scenes.loc["ROIs0000_winter_7", "longitude"])
    longitude, latitude, *_ = patch_positions(find_patches(tmp_path)[:1])
    assert np.isnan(longitude).tolist() == np.isnan(latitude).tolist() == [True]


def test_a_malformed_list_is_an_error_unless_it_is_left_out(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs0000_spring_1_p30", ("s2",))
    (tmp_path / "scenes.csv").write_text(f"{HEADER}spring,1,far,0,XX,Europe,5,0\n")
    patches = find_patches(tmp_path)
    with pytest.raises(DatasetError, match="line 2, column longitude: 'far'"):
        describe_scenes(tmp_path, patches)
    assert describe_scenes(tmp_path, patches, own_list=False).known.tolist() == [False]


def test_positions_follow_from_one_header(tmp_path, write_patch):
    numbers = [30, 31, 59, 0, 845]
    for number in numbers:
        write_patch(
            tmp_path, f"ROIs0000_spring_7_p{number}", ("s2",), epsg=32631, scene_origin=ORIGIN
        )
    patches = find_patches(tmp_path)
    longitude, latitude, *_ = patch_positions(patches)
    each = [read_geobox(p.s2, "s2").centre for p in patches]
    np.testing.assert_allclose(np.stack([longitude, latitude], axis=1), each, atol=1e-9)
    by_number = {p.number: (longitude[i], latitude[i]) for i, p in enumerate(patches)}
    assert by_number[30] == pytest.approx((3, 0), abs=1e-9)
    assert by_number[31][0] > 3
    assert by_number[59][1] < 0


def test_real_patches_lie_where_their_numbers_and_the_catalogue_say(real_patches):
    patches = find_patches(real_patches)
    scenes = describe_scenes(real_patches, patches)
    assert scenes.known.all()
    for scene in scenes.itertuples():
        members = [p for p in patches if p.scene_id == scene.scene_id]
        longitude, latitude, *_ = patch_positions(members)
        each = np.array(
            [read_geobox(*reversed(next(iter(p.files.items())))).centre for p in members]
        )
        np.testing.assert_allclose(np.stack([longitude, latitude], axis=1), each, atol=1e-6)
        # A scene is about 40 km wide, so that no patch is farther than 0.5 degrees of its centre.
        assert np.abs(latitude - scene.latitude).max() < 0.5
        east = (longitude - scene.longitude) * np.cos(np.radians(scene.latitude))
        assert np.abs(east).max() < 0.5


def test_kinds_of_columns(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs0000_spring_1_p30", ("s2",))
    write_patch(tmp_path, "ROIs1158_spring_1_p30", ("s2",))
    scenes = describe_scenes(tmp_path, find_patches(tmp_path))
    # None stays None beside a name, and does not become NaN.
    assert scenes.continent.tolist() == [None, "Africa"]
    assert scenes.country.tolist() == [None, "MZ"]
    assert list(scenes.columns) == [
        *("scene_id", "season", "scene", "longitude", "latitude", "country", "continent"),
        *("patches", "expected", "holdout", "known"),
    ]
    assert scenes.expected.dtype == pd.Int64Dtype()
    assert scenes.longitude.dtype == float
    assert describe_scenes(tmp_path, []).empty

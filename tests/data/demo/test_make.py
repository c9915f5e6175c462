import json

import numpy as np
import pytest
import rasterio
from sen12ms_files import truth_path

from lcviz.data.catalog import read_scenes
from lcviz.data.demo import DemoSettings, generate_patch, patch_numbers, patch_paths, sites
from lcviz.data.scenes import describe_scenes
from lcviz.data.sen12ms import find_patches, read_s2
from lcviz.data.truth import read_truth
from lcviz.errors import ConfigurationError
from precompute.stages import demo as stage

SETTINGS = DemoSettings(seed=4, scenes=3, patches=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "data"
    assert stage.make(out, scenes=3, patches=2, seed=4) == SETTINGS
    return out


def contents(root):
    return {f.relative_to(root): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def test_every_file_is_there_and_nothing_else(made):
    expected = {made / "demo.json", made / "scenes.csv"}
    for site in sites(SETTINGS):
        for number in patch_numbers(SETTINGS, site):
            expected |= set(patch_paths(made, site, number).values())
    assert {f for f in made.rglob("*") if f.is_file()} == expected
    assert len(expected) == 2 + 3 * 2 * 4


def test_demo_json_holds_what_everything_follows_from(made):
    found = json.loads((made / "demo.json").read_text(encoding="utf-8"))
    assert found == {"seed": 4, "scenes": 3, "patches": 2, "version": stage.VERSION}


def test_sen12ms_reader_finds_and_places_all_of_it(made):
    patches = list(find_patches(made))
    assert len(patches) == 6
    assert all(p.s1 and p.s2 and p.lc for p in patches)
    scenes = describe_scenes(made, patches).set_index("scene_id")
    for site in sites(SETTINGS):
        row = scenes.loc[site.scene_id]
        assert (row.continent, row.country, row.season) == (
            site.continent, site.country, site.season,
        )  # fmt: skip
        assert (row.longitude, row.latitude) == (site.longitude, site.latitude)


def test_scene_list_has_the_catalogues_columns(made):
    scenes = read_scenes(made / "scenes.csv")
    assert [(s.season, s.scene) for s in sites(SETTINGS)] == list(
        zip(scenes.season, scenes.scene, strict=True)
    )
    assert (scenes.patches == 2).all() and not scenes.holdout.any()


def test_interrupted_run_is_finished_and_good_files_are_kept(made, monkeypatch):
    before = contents(made)
    patches = [(s, n) for s in sites(SETTINGS) for n in patch_numbers(SETTINGS, s)]
    cut = patch_paths(made, *patches[1])["s2"]
    cut.write_bytes(before[cut.relative_to(made)][:900_000])
    patch_paths(made, *patches[3])["truth"].unlink()
    patch_paths(made, *patches[4])["lc"].write_bytes(b"")
    (made / "scenes.csv").unlink()
    written = []
    keep = stage.write_patch
    monkeypatch.setattr(
        stage, "write_patch", lambda out, p: (written.append(p.patch_id), keep(out, p))
    )
    stage.make(made, scenes=3, patches=2, seed=4)
    assert written == [f"{s.scene_id}_p{n}" for s, n in (patches[1], patches[3], patches[4])]
    assert contents(made) == before


@pytest.mark.parametrize("other", [{"seed": 5}, {"scenes": 4}, {"patches": 3}])
def test_a_folder_with_another_dataset_is_left_alone(made, other):
    before = contents(made)
    with pytest.raises(ConfigurationError, match="another"):
        stage.make(made, **({"seed": 4, "scenes": 3, "patches": 2} | other))
    assert contents(made) == before


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        stage.make(tmp_path, scenes=1, patches=1, seed=0)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.txt"]


def test_truth_is_written_beside_the_labels(made):
    for site in sites(SETTINGS):
        files = patch_paths(made, site, patch_numbers(SETTINGS, site)[0])
        with rasterio.open(files["truth"]) as truth, rasterio.open(files["s2"]) as s2:
            assert (truth.count, truth.dtypes[0]) == (1, "uint8")
            assert (truth.crs, truth.transform) == (s2.crs, s2.transform)
            assert np.isin(truth.read(), range(8)).all()


def test_truth_is_found_and_read_by_the_patchs_name(made):
    for patch in find_patches(made):
        path = truth_path(made, patch.patch_id)
        site = next(s for s in sites(SETTINGS) if s.scene_id == patch.scene_id)
        truth = read_truth(path)
        assert path.stat().st_size == 65_960
        np.testing.assert_array_equal(
            truth.values, generate_patch(SETTINGS, site, patch.number).truth
        )
        assert truth.valid.all() and truth.geobox == read_s2(patch.s2).geobox


def test_the_truth_is_nothing_unexpected_in_a_dataset(made):
    unexpected = []
    find_patches(made, unexpected)
    assert unexpected == []

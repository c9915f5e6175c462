import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lcviz.data.demo import (
    VERSION,
    DemoSettings,
    generate_patch,
    patch_numbers,
    sites,
    write_patch,
)
from lcviz.data.sen12ms import read_s2
from lcviz.errors import DatasetNotFoundError
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.study.records import StudyInfo
from lcviz.taxonomy import S2_BAND_INDEXES

SETTINGS = DemoSettings(seed=5, scenes=2, patches=1)
INFO = StudyInfo(
    name="demo",
    kind="demo",
    data="data",
    seed=0,
    data_digest="",
    demo={"seed": 5, "scenes": 2, "patches": 1, "version": VERSION},
)


def test_a_demo_patch_is_made_again_as_it_was(tmp_path: Path) -> None:
    study = Study.create(tmp_path, INFO)
    site = sites(SETTINGS)[1]
    patch = generate_patch(SETTINGS, site, patch_numbers(SETTINGS, site)[0])
    made = patch_pixels(study, patch.patch_id)

    write_patch(tmp_path / "data", patch)
    file = next((tmp_path / "data" / site.folder).glob("s2_*/*.tif"))
    stored = read_s2(file)
    np.testing.assert_array_equal(made.values, stored.values)
    np.testing.assert_array_equal(made.valid, stored.valid)
    assert made.geobox == stored.geobox
    # Where the dataset is at hand, it is what counts.
    assert patch_pixels(study, patch.patch_id).values.shape == (10, 256, 256)


@pytest.mark.parametrize("said", ['{"seed": 6, "scenes": 2, "patches": 1, "version": 1}', "{"])
def test_another_demo_in_the_datasets_place_is_not_taken_for_it(tmp_path: Path, said: str) -> None:
    study = Study.create(tmp_path, INFO)
    site = sites(SETTINGS)[1]
    patch = generate_patch(SETTINGS, site, patch_numbers(SETTINGS, site)[0])
    write_patch(tmp_path / "data", replace(patch, s2=patch.s2 // 2))
    assert study.data is not None
    assert (patch_pixels(study, patch.patch_id).values < patch.s2.max() / 2 + 1).all()
    (tmp_path / "data" / "demo.json").write_text(said)
    assert study.data is None
    made = patch_pixels(study, patch.patch_id).values
    np.testing.assert_array_equal(made, patch.s2[[i - 1 for i in S2_BAND_INDEXES]])
    (tmp_path / "data" / "demo.json").write_text(json.dumps(INFO.demo))
    assert study.data is not None


def test_other_studies_need_their_dataset(tmp_path: Path) -> None:
    real = Study.create(tmp_path, replace(INFO, kind="sen12ms", demo=None))
    with pytest.raises(DatasetNotFoundError, match="precompute index"):
        patch_pixels(real, "ROIs1158_spring_1_p30")


def test_another_version_of_the_demo_is_not_passed_off_as_this_one(tmp_path: Path) -> None:
    old = Study.create(tmp_path, replace(INFO, demo={**(INFO.demo or {}), "version": 0}))
    with pytest.raises(DatasetNotFoundError, match="version 0"):
        patch_pixels(old, "ROIs0000_spring_1_p30")

"""What a dataset holds, and its measures and pictures, patch by patch."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from three_scenes import FALL, SPRING, make, measured

from lcviz.data.sen12ms import read_labels
from precompute.stages.index import index
from precompute.stages.quicklooks import quicklooks
from precompute.stages.statistics import statistics


def test_the_index_lists_scenes_patches_and_their_state(data: Path) -> None:
    truncated = data / SPRING / "s2_8" / f"{SPRING}_s2_8_p31.tif"
    truncated.write_bytes(truncated.read_bytes()[:100_000])
    study = make(data)
    scenes = study.scenes().set_index("scene_id")
    assert scenes.continent[f"{SPRING}_1"] == "Africa"
    assert scenes.continent[f"{SPRING}_8"] == "Australia"
    assert scenes.continent.isna()[f"{FALL}_999"]
    assert scenes.patches[f"{SPRING}_1"] == 4
    status = study.patches().set_index("patch_id").status
    assert status[f"{SPRING}_1_p30"] == "ok"
    assert status[f"{SPRING}_1_p32"] == "no labels"
    assert status[f"{SPRING}_1_p33"] == "no imagery"
    assert status[f"{SPRING}_8_p31"].startswith("damaged: ")
    assert study.patches().labelled.isna().all()


def test_browsable_patches_are_whole_ones_first_and_the_same_each_time(data: Path) -> None:
    study = make(data)
    assert study.browsable(f"{SPRING}_1") == (f"{SPRING}_1_p30", f"{SPRING}_1_p31")
    shutil.rmtree(study.path)
    one = make(data, browsable=1).browsable(f"{SPRING}_6")
    shutil.rmtree(study.path)
    assert make(data, browsable=1, workers=2).browsable(f"{SPRING}_6") == one


def test_another_number_of_browsable_patches_is_another_index(data: Path) -> None:
    study = make(data, browsable=1)
    assert len(study.browsable(f"{SPRING}_1")) == 1
    make(data, browsable=3)
    assert len(study.browsable(f"{SPRING}_1")) == 3
    quicklooks(study, workers=0)
    assert not list((study.path / "partial").iterdir())


def test_a_relative_dataset_is_found_from_the_study(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    study = index(Path("data"), Path("deep/study"), browsable=1, seed=0, name="n", workers=0)
    assert study.info.data == os.path.join("..", "..", "data")  # noqa: PTH118
    assert study.data is not None
    assert study.data.resolve() == data.resolve()


def test_pictures_exist_for_what_can_be_read(data: Path) -> None:
    sar = data / SPRING / "s1_6" / f"{SPRING}_s1_6_p30.tif"
    study = make(data)
    sar.write_bytes(b"")
    quicklooks(study, workers=0)
    assert study.quicklook(f"{SPRING}_6_p30", "s1") is None
    assert study.quicklook(f"{SPRING}_6_p30", "s2") is not None
    labels = read_labels(data / SPRING / "lc_8" / f"{SPRING}_lc_8_p30.tif").values
    np.testing.assert_array_equal(study.labels(f"{SPRING}_8_p30"), labels)


def test_pictures_and_index_do_not_depend_on_the_number_of_workers(data: Path) -> None:
    one, two = (
        make(data),
        index(data, data.parent / "two", browsable=2, seed=0, name=None, workers=2),
    )
    assert one.patches().equals(two.patches())
    quicklooks(one, workers=0)
    quicklooks(two, workers=2)
    pictures, others = (
        {file.name: file.read_bytes() for file in (study.path / "quicklooks").iterdir()}
        for study in (one, two)
    )
    assert pictures
    assert pictures == others


def test_statistics_are_means_and_fractions_of_valid_pixels(
    data: Path, write_patch: Callable[..., Any]
) -> None:
    s2 = np.zeros((13, 256, 256), np.uint16)
    s2[:, :128] = np.arange(1, 14, dtype=np.uint16)[:, None, None] * 100
    land_use = np.full((4, 256, 256), 10, np.uint8)
    land_use[:, :64], land_use[:, 64:128] = 3, 77
    write_patch(data, f"{SPRING}_6_p30", ("s2", "lc"), values={"s2": s2, "lc": land_use})
    row = measured(data).patches().set_index("patch_id").loc[f"{SPRING}_6_p30"]
    # Half of the patch is no data, which is no darkness; band 2 of the file is blue.
    assert row.mean_blue == 200
    assert row.mean_swir2 == 1300
    assert row.labelled == 256 * 192
    assert row.fraction_0 == pytest.approx(2 / 3)
    assert row.fraction_7 == pytest.approx(1 / 3)
    assert row.fraction_3 == 0


def test_damage_inside_a_file_of_the_right_size_is_recorded(data: Path) -> None:
    file = data / SPRING / "lc_6" / f"{SPRING}_lc_6_p30.tif"
    content = bytearray(file.read_bytes())
    study = make(data)
    content[:8] = b"\0" * 8
    file.write_bytes(content)
    statistics(study, workers=0)
    patches = study.patches().set_index("patch_id")
    assert patches.status[f"{SPRING}_6_p30"].startswith("damaged: ")
    assert str(data) not in patches.status[f"{SPRING}_6_p30"]
    assert patches.labelled[f"{SPRING}_6_p31"] == 256 * 256

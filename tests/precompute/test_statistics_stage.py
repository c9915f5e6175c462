"""The statistics stage: what can be worked out by hand, in any order, again and after harm."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio

from lcviz.data.histograms import aligned, count_pixels
from lcviz.data.sen12ms import find_patches, read_s2
from lcviz.errors import ArtefactDamagedError, ArtefactMissingError
from lcviz.study import Study
from lcviz.study.statistics import (
    has_statistics,
    read_histograms,
    read_quality,
    read_scene_histogram,
)
from lcviz.taxonomy import BANDS
from precompute.stages.index import index
from precompute.stages.statistics import statistics

SPRING, FALL = "ROIs1158_spring", "ROIs1970_fall"


@pytest.fixture
def data(tmp_path: Path, write_patch: Callable[..., Any]) -> Path:
    """Scenes 1 and 6 of spring lie in Africa, 8 in Australia; 999 of fall is not in SEN12MS."""
    root = tmp_path / "data"
    rows = np.arange(256)[:, None] * np.ones((1, 256), int)
    s2 = np.where(rows < 64, 0, np.arange(1, 14)[:, None, None] * 100).astype(np.uint16)
    s2[:, 255] = 65535
    s1 = np.full((2, 256, 256), -12, np.float32)
    s1[0, 0, :7], s1[:, 1, :5] = np.nan, 0
    write_patch(root, f"{SPRING}_1_p30", values={"s2": s2, "s1": s1})
    write_patch(root, f"{SPRING}_1_p31", ("s1", "lc"))
    for patch in (f"{SPRING}_6_p30", f"{SPRING}_8_p30", f"{SPRING}_8_p31", f"{FALL}_999_p0"):
        write_patch(root, patch, ("s2", "lc"))
    return root


def indexed(data: Path, name: str = "study") -> Study:
    return index(data, data.parent / name, browsable=1, seed=0, name=None, workers=0)


def measured(data: Path, name: str = "study", workers: int = 0) -> Study:
    study = indexed(data, name)
    statistics(study, workers=workers)
    return study


def everything(study: Study) -> tuple[Any, ...]:
    tables = (
        study.patches(),
        read_quality(study),
        pd.read_parquet(study.path / "densities.parquet"),
    )
    histograms = read_histograms(study)
    return tables, histograms.seasons, histograms.continents, histograms.counts


def assert_same(one: Study, other: Study) -> None:
    tables, *rest, counts = everything(one)
    other_tables, *other_rest, other_counts = everything(other)
    for table, other_table in zip(tables, other_tables, strict=True):
        pd.testing.assert_frame_equal(table, other_table)
    assert rest == other_rest
    np.testing.assert_array_equal(counts, other_counts)


def test_counts_and_quality_by_hand(data: Path) -> None:
    study = measured(data)
    counts = read_scene_histogram(study, f"{SPRING}_1")
    assert counts.shape == (10, 65536)
    blue = {200: 191 * 256, 65535: 256}
    assert {dn: int(counts[0, dn]) for dn in np.flatnonzero(counts[0])} == blue
    assert counts[9, 1300] == 191 * 256
    row = study.patches().set_index("patch_id").loc[f"{SPRING}_1_p30"]
    assert row.mean_blue == pytest.approx((200 * 191 + 65535) / 192)
    quality = read_quality(study).set_index("patch_id")
    assert quality.loc[f"{SPRING}_1_p30"].drop("s2_cloud_suspect").to_dict() == {
        "s2_zero": 64 * 256,
        "s2_saturated": 256,
        "s1_nan": 7,
        "s1_zero": 5,
    }
    assert quality.loc[f"{SPRING}_1_p31"].isna().tolist() == [True, True, True, False, False]
    assert quality.s1_nan.isna()[f"{SPRING}_6_p30"]


def test_groups_are_the_sums_of_their_scenes_and_others_are_absent(data: Path) -> None:
    study = measured(data)
    histograms = read_histograms(study)
    continents, seasons = histograms.by("continent"), histograms.by("season")
    assert list(continents) == ["Africa", "Australia"]
    assert list(seasons) == ["Spring", "Fall"]
    africa = sum(aligned(*(read_scene_histogram(study, f"{SPRING}_{n}") for n in (1, 6))))
    np.testing.assert_array_equal(*aligned(continents["Africa"], africa))
    densities = pd.read_parquet(study.path / "densities.parquet")
    assert list(densities.group.unique()) == ["Africa", "Australia", "Spring", "Fall"]
    assert list(densities.band.unique()) == list(BANDS)
    for _, band in densities.groupby("band"):
        axes = [tuple(group.dn) for _, group in band.groupby("group")]
        assert len(set(axes)) == 1, "all groups of a band share an axis"


def test_band_means_follow_from_the_counts(data: Path) -> None:
    study = measured(data)
    for patch_id, scene_id in ((f"{SPRING}_6_p30", f"{SPRING}_6"), (f"{FALL}_999_p0",) * 2):
        counts = read_scene_histogram(study, scene_id.removesuffix("_p0"))
        means = counts @ np.arange(counts.shape[1]) / counts.sum(axis=1)
        row = study.patches().set_index("patch_id").loc[patch_id]
        assert [row[f"mean_{band}"] for band in BANDS] == pytest.approx(means.tolist())


def test_the_number_of_processes_and_the_layout_of_files_change_nothing(data: Path) -> None:
    one = measured(data)
    assert_same(one, measured(data, "other", workers=2))
    for file in data.rglob("*.tif"):
        with rasterio.open(file) as dataset:
            profile, values = dataset.profile, dataset.read()
        compressed = profile | {"compress": "deflate", "tiled": True}
        compressed |= {"blockxsize": 128, "blockysize": 128}
        with rasterio.open(file, "w", **compressed) as dataset:
            dataset.write(values)
    assert_same(one, measured(data, "compressed"))


def test_a_damaged_patch_is_in_no_count_whichever_file_is_hurt(data: Path) -> None:
    lost = data / SPRING / "lc_8" / f"{SPRING}_lc_8_p31.tif"
    lost.write_bytes(lost.read_bytes()[:5000])
    study = measured(data)
    patches = study.patches().set_index("patch_id")
    hurt = patches.loc[f"{SPRING}_8_p31"]
    assert hurt.status.startswith("damaged: ")
    assert hurt.labelled == 0
    assert hurt[[f"mean_{band}" for band in BANDS]].isna().all()
    assert read_scene_histogram(study, f"{SPRING}_8").sum() == 10 * 256 * 256
    quality = read_quality(study).set_index("patch_id")
    assert quality.loc[f"{SPRING}_8_p31"].isna().all()


def test_a_study_measured_before_there_were_counts_is_measured_again(data: Path) -> None:
    study, fresh = measured(data), measured(data, "fresh")
    shutil.rmtree(study.path / "histograms.zarr")
    for name in ("densities.parquet", "quality.parquet"):
        (study.path / name).unlink()
    assert not has_statistics(study)
    for read in (read_histograms, read_quality):
        with pytest.raises(ArtefactMissingError, match="precompute statistics"):
            read(study)
    statistics(study, workers=0)
    assert_same(study, fresh)


@pytest.mark.parametrize("hurt", ["histograms.zarr/groups", f"histograms.zarr/scenes/{SPRING}_6"])
def test_counts_that_are_gone_are_made_again(data: Path, hurt: str) -> None:
    study, fresh = measured(data), measured(data, "fresh")
    shutil.rmtree(study.path / hurt)
    statistics(study, workers=0)
    assert_same(study, fresh)


def test_broken_counts_name_the_file(data: Path) -> None:
    study = measured(data)
    groups = study.path / "histograms.zarr" / "groups"
    (groups / "zarr.json").write_text('{"zarr_format": 3')
    with pytest.raises(ArtefactDamagedError, match="groups"):
        read_histograms(study)


def test_only_what_changed_is_read_again(data: Path, write_patch: Callable[..., Any]) -> None:
    study = measured(data)
    unchanged = study.path / "histograms.zarr" / "scenes" / f"{SPRING}_6" / "zarr.json"
    before = unchanged.stat().st_mtime_ns
    write_patch(data, f"{SPRING}_8_p60", ("s2", "lc"))
    shutil.rmtree(data / FALL)
    measured(data)
    assert unchanged.stat().st_mtime_ns == before
    assert not (study.path / "histograms.zarr" / "scenes" / f"{FALL}_999").exists()
    assert_same(study, measured(data, "fresh"))


def test_a_partial_result_whose_counts_are_gone_is_done_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = indexed(data)
    with monkeypatch.context() as context:
        # Stopped after all scenes were measured, before anything was added up.
        context.setattr("precompute.stages.statistics._filled", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            statistics(study, workers=0)
    assert list((study.path / "partial" / "statistics").glob("*.json"))
    shutil.rmtree(study.path / "histograms.zarr")
    statistics(study, workers=0)
    assert_same(study, measured(data, "fresh"))


def test_another_continent_needs_no_imagery(data: Path) -> None:
    study = measured(data)
    scenes = study.scenes()
    scenes.loc[scenes.scene_id == f"{SPRING}_8", "continent"] = "Asia"
    study.write_scenes(scenes)
    data.rename(data.parent / "away")
    statistics(study, workers=0)
    assert list(read_histograms(study).by("continent")) == ["Africa", "Asia"]


def test_real_patches_are_counted_as_numpy_counts_them(real_patches: Path, tmp_path: Path) -> None:
    study = index(real_patches, tmp_path / "real", browsable=1, seed=0, name=None, workers=0)
    statistics(study, workers=0)
    expected: dict[str, Any] = {}
    for patch in find_patches(real_patches):
        if patch.s2 is not None:
            image = read_s2(patch.s2)
            counts = count_pixels(image.values, image.valid)
            expected[patch.scene_id] = expected.get(patch.scene_id, 0) + counts
    assert expected
    for scene_id, counts in expected.items():
        np.testing.assert_array_equal(*aligned(read_scene_histogram(study, scene_id), counts))

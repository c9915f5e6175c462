"""Scoring: each patch read once, on any number of workers, label maps as wanted, failures told."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from sen12ms_files import save_tiff, truth_path
from typer.testing import CliRunner

from lcviz.data.sen12ms import PatchList, read_labels
from lcviz.errors import ConfigurationError, LcvizError
from lcviz.metrics import confusion_matrix
from lcviz.network.densenet import FCDenseNet
from lcviz.study import Study
from lcviz.study.predictions import read_prediction
from lcviz.study.records import ModelCard
from lcviz.study.truth import has_truth, read_truth_counts
from precompute.__main__ import app
from precompute.running.stage import patch_lists
from precompute.stages import scoring
from precompute.stages.evaluate import evaluate
from precompute.stages.index import index
from precompute.stages.label_maps import Predictions
from precompute.stages.statistics import statistics

SPRING = "ROIs1158_spring"
SEEN, OTHER, LAST = (f"{SPRING}_{scene}" for scene in (1, 6, 8))
MODELS = ("continent-africa", "season-spring")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, write_patch: Callable[..., Any]) -> Path:
    """Three scenes of two, two and one patches, one of each browsable; two models saw the first."""
    folder = tmp_path_factory.mktemp("scored")
    for patch in (f"{SEEN}_p0", f"{SEEN}_p1", f"{OTHER}_p0", f"{OTHER}_p1", f"{LAST}_p0"):
        write_patch(folder / "data", patch, ("s2", "lc"))
    study = index(folder / "data", folder / "study", browsable=1, seed=0, name="n", workers=0)
    statistics(study, workers=0)
    for seed, name in enumerate(MODELS):
        write_model(study, name, seed)
    evaluate(study, device="cpu", workers=0)
    return folder / "study"


def write_model(study: Study, name: str, seed: int) -> None:
    torch.manual_seed(seed)
    card = ModelCard(
        experiment=name,
        axis=name.partition("-")[0],
        train_group=name.partition("-")[2].capitalize(),
        config={},
        training_scenes=(SEEN,),
        validation_scenes=(OTHER,),
        band_mean=(1600.0,) * 10,
        band_std=(800.0,) * 10,
    )
    study.write_model(card, FCDenseNet(10, 8).state_dict(), pd.DataFrame({"epoch": [1]}))


@pytest.fixture
def study(tmp_path: Path, scored: Path) -> Study:
    """As if nothing had been scored."""
    shutil.copytree(scored, tmp_path / "study", ignore=shutil.ignore_patterns("evaluate*"))
    (tmp_path / "data").symlink_to(scored.parent / "data")
    study = Study.open(tmp_path / "study")
    shutil.rmtree(study.path / "predictions.zarr")
    (study.path / "results.parquet").unlink()
    return Study.open(study.path)


class Found(NamedTuple):
    results: pd.DataFrame
    maps: dict[tuple[str, str], bytes]


def everything(study: Study) -> Found:
    maps = {}
    for name in MODELS:
        for patch_id in study.patches().patch_id:
            found = read_prediction(study, name, patch_id)
            if found is not None:
                maps[name, patch_id] = found.tobytes()
    return Found(study.results(), maps)


def assert_same(study: Study, scored: Path) -> None:
    found, expected = everything(study), everything(Study.open(scored))
    pd.testing.assert_frame_equal(found.results, expected.results)
    assert found.maps == expected.maps


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read, read_s2 = [], scoring.read_s2

    def counted(path: Path) -> Any:
        read.append(path.name)
        return read_s2(path)

    monkeypatch.setattr(scoring, "read_s2", counted)
    return read


def test_each_patch_is_read_once_for_all_models(
    study: Study, scored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = count_reads(monkeypatch)
    # The first scene is trained on, so that only what is shown of it is of use; still one read.
    evaluate(study, device="cpu", workers=0)
    assert len(read) == len(set(read)) == 5
    assert_same(study, scored)
    assert set(study.results().scene_id) == {OTHER, LAST}

    # A model that was trained anew is loaded anew by a process that knows the old one.
    before = everything(study)
    write_model(study, MODELS[0], seed=7)
    evaluate(study, device="cpu", workers=0)
    found = everything(study)
    assert found.maps[MODELS[0], f"{LAST}_p0"] != before.maps[MODELS[0], f"{LAST}_p0"]
    assert found.maps[MODELS[1], f"{LAST}_p0"] == before.maps[MODELS[1], f"{LAST}_p0"]


def test_the_number_of_workers_changes_nothing(study: Study, scored: Path) -> None:
    evaluate(study, device="cpu", workers=2)
    assert_same(study, scored)


def test_all_label_maps_on_request(
    study: Study, scored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(study, device="cpu", workers=0, predictions=Predictions.ALL)
    said = " ".join(capsys.readouterr().out.split())
    assert "10 label maps take at most 0.7 MB" in said
    assert len(everything(study).maps) == 10
    pd.testing.assert_frame_equal(study.results(), Study.open(scored).results())
    confusion = sum(
        confusion_matrix(
            read_labels(patch.lc).values, read_prediction(study, MODELS[0], patch.patch_id)
        )
        for patch in patch_lists(study)[OTHER].files()
    )
    results = study.results().set_index(["experiment", "scene_id"])
    assert results.confusion[MODELS[0], OTHER].tolist() == np.ravel(confusion).tolist()

    # What was asked for once is not thrown away by a run that does not speak of it.
    evaluate(study, device="cpu", workers=0)
    assert "evaluate-season-spring: up to date" in capsys.readouterr().out


def test_a_disk_without_room_is_said_beforehand(
    scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study.open(shutil.copytree(scored, tmp_path / "study"))
    (tmp_path / "data").symlink_to(scored.parent / "data")
    before = everything(study)
    usage = shutil.disk_usage(study.path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    options = ["evaluate", "--study", str(study.path), "--workers", "0", "--device", "cpu"]
    result = CliRunner().invoke(app, [*options, "--predictions", "all"])
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "evaluate: 10 label maps take about" in said
    assert "as those that are kept compress (at most 0.7 MB)" in said
    assert "has 0.0 MB left" in said
    assert everything(study).maps == before.maps


def test_a_scene_that_fails_is_told_and_tried_again(
    study: Study,
    scored: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as context:
        files = PatchList.files
        context.setattr(PatchList, "files", lambda self: files(self) if self.scene != 6 else 1 / 0)
        evaluate(study, device="cpu", workers=0)
    said = " ".join(capsys.readouterr().out.split())
    assert f"evaluate: 1 not done; the same command tries again: {OTHER}: ZeroDivision" in said
    assert set(study.results().scene_id) == {LAST}
    stamp = study.stamp("evaluate") or {}
    assert list(stamp["failures"]) == [OTHER]
    read = count_reads(monkeypatch)
    evaluate(study, device="cpu", workers=0)
    assert {name.partition("_s2")[2] for name in read} == {"_6_p0.tif", "_6_p1.tif"}
    assert_same(study, scored)
    assert "failures" not in (study.stamp("evaluate") or {})


def test_when_no_scene_can_be_done_there_is_one_message(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatchList, "files", lambda self: 1 / 0)
    with pytest.raises(LcvizError, match=r"none of 3 scenes could be done\. ZeroDiv"):
        evaluate(study, device="cpu", workers=0)
    assert study.stamp("evaluate") is None


def test_a_study_without_models_says_so(study: Study) -> None:
    shutil.rmtree(study.path / "models")
    with pytest.raises(ConfigurationError, match="precompute train"):
        evaluate(study, device="cpu", workers=0)


def test_better_labels_beside_modis_are_a_second_reference(
    scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shutil.copytree(scored.parent / "data", tmp_path / "data")
    make = {"browsable": 1, "seed": 0, "name": "n", "workers": 0}
    study = index(data, tmp_path / "study", **make)
    statistics(study, workers=0)
    write_model(study, MODELS[0], 0)
    evaluate(study, device="cpu", workers=0, predictions=Predictions.ALL)
    assert study.results("truth").empty
    assert not has_truth(study)

    patches = patch_lists(study)
    files = {patch.patch_id: patch for scene in (SEEN, OTHER) for patch in patches[scene].files()}
    truth = {}
    for seed, (patch_id, patch) in enumerate(files.items()):
        file = truth_path(data, patch_id)
        file.parent.mkdir(exist_ok=True)
        known = np.random.default_rng(seed).integers(0, 9, (1, 256, 256)).astype(np.uint8)
        truth[patch_id] = np.where(known == 8, 255, known)[0].astype(np.uint8)
        save_tiff(file, truth[patch_id][None], read_labels(patch.lc).geobox)
    truth_path(data, f"{OTHER}_p1").write_bytes(b"hurt")
    before = study.results()
    index(data, tmp_path / "study", **make)
    statistics(study, workers=0)
    evaluate(study, device="cpu", workers=0)
    said = " ".join(capsys.readouterr().out.split())
    assert "1 models, 2 scores, 1 against the truth" in said
    assert "truth_6_p1" in said
    pd.testing.assert_frame_equal(study.results(), before)

    (row,) = study.results("truth").to_dict("records")
    assert (row["scene_id"], row["split"]) == (OTHER, "home")
    patch_id = f"{OTHER}_p0"
    prediction = read_prediction(study, MODELS[0], patch_id)
    expected = confusion_matrix(truth[patch_id], prediction)
    assert row["confusion"].tolist() == expected.ravel().tolist()
    assert row["accuracy"] == pytest.approx(np.trace(expected) / expected.sum())
    labels = read_labels(files[patch_id].lc).values
    known = (truth[patch_id] != 255) & (labels != 255)
    (counts,) = read_truth_counts(study).to_dict("records")
    assert counts["pixels"] == known.sum()
    assert counts["labels_right"] == ((labels == truth[patch_id]) & known).sum()
    assert counts["agree"] == ((labels == prediction) & known).sum()

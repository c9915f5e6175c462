"""Stages run again: what is up to date, was deleted, has changed or was stopped."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from three_scenes import CPU, QUICK, SPRING, make, measured
from typer.testing import CliRunner

from lcviz.errors import ArtefactMissingError, DatasetNotFoundError
from lcviz.study.predictions import predictions_file
from precompute.__main__ import app
from precompute.running.stage import over_scenes
from precompute.stages.evaluate import evaluate
from precompute.stages.statistics import statistics
from precompute.stages.train import train


def test_a_stage_that_is_up_to_date_is_skipped_and_redone_when_a_file_changes(
    data: Path, write_patch: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    capsys.readouterr()
    measured(data)
    assert capsys.readouterr().out.count("up to date") == 3

    before = study.patches().set_index("patch_id")
    land_use = np.full((4, 256, 256), 3, np.uint8)
    write_patch(data, f"{SPRING}_6_p30", ("lc",), values={"lc": land_use})
    measured(data)
    after = study.patches().set_index("patch_id")
    assert after.fraction_7[f"{SPRING}_6_p30"] == 1
    assert after.mean_blue[f"{SPRING}_8_p30"] == before.mean_blue[f"{SPRING}_8_p30"]
    assert (study.labels(f"{SPRING}_6_p30") == 7).all()  # type: ignore[union-attr]


def test_what_was_deleted_is_made_again(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    kept = [
        study.path / "patches.parquet",
        study.path / "quicklooks" / f"{SPRING}_6_p30.s2.webp",
        study.weights_file("continent-africa"),
        study.path / "results.parquet",
        predictions_file(study, "continent-africa", f"{SPRING}_8") / "zarr.json",
    ]
    before = study.patches()
    for file in kept:
        file.unlink()
    measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    assert all(file.is_file() for file in kept)
    assert study.patches().equals(before)

    (study.path / "stages" / "index.json").unlink()
    with pytest.raises(ArtefactMissingError, match="precompute index"):
        statistics(study, workers=0)


def test_unchanged_scenes_are_not_measured_again(
    data: Path, write_patch: Callable[..., Any]
) -> None:
    study = measured(data)
    write_patch(data, f"{SPRING}_9_p1")
    make(data)
    unmeasured = study.patches().set_index("patch_id").labelled.isna()
    assert list(unmeasured.index[unmeasured]) == [f"{SPRING}_9_p1"]


def test_a_stopped_pass_goes_on_where_it_was(tmp_path: Path, data: Path) -> None:
    study = make(data)
    done: list[str] = []

    def work(name: str) -> str:
        if name == "c" and len(done) < 3:
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(name)
        return name.upper()

    scenes = {name: ("1", name) for name in "abcd"}
    with pytest.raises(KeyboardInterrupt):
        over_scenes(study, "test", scenes, work, workers=0)
    results = over_scenes(study, "test", scenes, work, workers=0).results
    assert results == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert done == ["a", "b", "stopped", "c", "d"]
    # Other inputs, or a partial result that is no longer whole, are done again.
    (study.path / "partial" / "test" / "b.json").write_text('{"inputs": "1"')
    over_scenes(study, "test", scenes | {"a": ("2", "a")}, work, workers=0)
    assert done[5:] == ["a", "b"]


def test_a_dataset_that_vanished_is_said(data: Path) -> None:
    study = make(data)
    shutil.rmtree(data)
    with pytest.raises(DatasetNotFoundError, match="data"):
        statistics(study, workers=0)


def command(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


def test_commands_end_with_one_clear_message(tmp_path: Path, data: Path) -> None:
    status, output = command("index", "--data", tmp_path / "nowhere", "--study", tmp_path / "s")
    assert status == 1
    assert "error:" in output
    assert "nowhere" in output
    status, output = command("statistics", "--study", tmp_path / "nowhere")
    assert (status, "no folder" in output) == (1, True)
    status, output = command("index", "--data", data, "--study", tmp_path / "s", "--workers", "0")
    assert (status, "4 scenes" in output) == (0, True)
    for stage, missing in (("train", "statistics"), ("evaluate", "train")):
        status, output = command(stage, "--study", tmp_path / "s")
        assert status == 1
        assert f"python -m precompute {missing} --study" in output
    status, output = command("train", "--study", tmp_path / "s", "--learning-rate", "-1")
    assert (status, "learning_rate cannot be -1.0" in output) == (1, True)
    status, output = command("train", "--study", tmp_path / "s", "--experiment", "continent-mars")
    assert status == 1
    assert "continent-africa" in output

"""The stage `transfer` where it was stopped, or its dataset is hurt or not all there."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from transfer_study import (
    EXPERIMENTS,
    SETTINGS,
    artefacts,
    copied,
    scene_ids,
)
from typer.testing import CliRunner
from vanishing import vanishing

from lcviz.errors import ArtefactMissingError, ConfigurationError, DatasetNotFoundError, LcvizError
from lcviz.forecast import indicators
from lcviz.forecast.live import forecast_image, load_context, scene_image
from lcviz.study import Study
from lcviz.study.forecasts import (
    read_indicators,
    read_receipts,
)
from precompute.__main__ import app
from precompute.stages.transfer import transfer


def test_what_is_up_to_date_is_not_made_again(
    made: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    before = artefacts(made)
    transfer(made, **SETTINGS)
    assert capsys.readouterr().out == "transfer: up to date\n"
    assert artefacts(made) == before


def test_recomputing_changes_nothing_even_after_a_stop(
    made: Study, untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = copied(untouched, tmp_path)
    real, calls = indicators.measure, []

    def stop(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(indicators, "measure", stop)
    with pytest.raises(KeyboardInterrupt):
        transfer(study, **SETTINGS)
    with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
        load_context(study)
    transfer(study, **SETTINGS)
    assert len(calls) == 8 + 9  # seven were done, one was stopped
    assert artefacts(study) == artefacts(made)
    assert not (study.path / "partial" / "transfer").exists()


@pytest.mark.parametrize("opened", [11, 50])
def test_a_dataset_that_vanishes_is_not_taken_for_an_empty_one(
    made: Study,
    untouched: Path,
    tmp_path: Path,
    opened: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """While the models' records are made, which opens 32 files, and while scenes are measured."""
    study = copied(untouched, tmp_path)
    with vanishing(untouched.parent / "data", after=opened), suppress(LcvizError):
        transfer(study, **SETTINGS)
    said = " ".join(capsys.readouterr().out.split())
    assert "not done; the same command tries again" in said
    assert "left out: " not in said
    assert (study.stamp("transfer") or {"inputs": None})["inputs"] is None
    transfer(study, **SETTINGS)
    assert (study.stamp("transfer") or {})["inputs"] == (made.stamp("transfer") or {})["inputs"]
    assert artefacts(study) == artefacts(made)


def test_a_damaged_patch_is_left_out_and_said(
    untouched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shutil.copytree(untouched.parent, tmp_path / "root")
    info = Study.open(root / "study").info
    study = Study.create(root / "study", replace(info, data=str(root / "data")))
    scene_id = scene_ids("Europe")[0]
    (file,) = (root / "data").rglob(f"*s2_{scene_id.rpartition('_')[2]}_p0.tif")
    file.write_bytes(file.read_bytes()[:100_000])
    transfer(study, **SETTINGS)
    assert f"left out: {file}" in capsys.readouterr().out.replace("\n", "")
    assert scene_id not in set(read_indicators(study).scene_id)
    assert (study.stamp("transfer") or {})["inputs"] is not None


def test_too_few_continents_are_said_and_the_rest_is_made(
    untouched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = copied(untouched, tmp_path)
    for name in EXPERIMENTS[1:]:
        shutil.rmtree(study.model_file(name).parent)
    results = study.results()
    kept = results[(results.experiment == EXPERIMENTS[0]) & (results.test_group != "Europe")]
    study.write_results(kept)
    shutil.rmtree(study.path / "landscapes")
    transfer(study, **SETTINGS)
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "no forecast for the kind 'network'. A forecast across continents needs pairs of 3" in said
    )
    assert read_receipts(study).empty or set(read_receipts(study).kind) == {"simple"}
    pairs = read_indicators(study)
    networks = pairs[pairs.kind == "network"]
    assert networks.agreement.isna().all()
    assert networks.landscape_distance.isna().all()
    assert networks.accuracy.isna().sum() == 4  # Europe's, whose scores are not there
    evidence = forecast_image(load_context(study), scene_image(study, scene_ids("Asia")[:1], 1))
    network = next(m for m in evidence.models if m.kind == "network")
    assert network.forecast is None
    assert network.why_not is not None
    assert "4 continents" in network.why_not
    assert network.landscapes.empty
    assert network.verdict in ("like", "partly", "not")
    assert any("no landscapes" in note for note in evidence.notes)
    assert any("no other network" in note for note in evidence.notes)


def test_what_is_missing_is_named_with_its_command(untouched: Path, tmp_path: Path) -> None:
    study = copied(untouched, tmp_path)
    with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
        read_receipts(study)
    results = study.results()
    study.write_results(results[results.experiment == EXPERIMENTS[0]])
    with pytest.raises(ArtefactMissingError, match=r"continent-asia.*precompute evaluate"):
        transfer(study, **SETTINGS)
    study.write_results(results)
    info = (study.path / "study.json").read_text()
    (study.path / "study.json").write_text(info.replace(str(untouched.parent / "data"), "gone"))
    with pytest.raises(DatasetNotFoundError, match="gone"):
        transfer(Study.open(study.path), **SETTINGS)
    shutil.rmtree(study.path / "models")
    with pytest.raises(ConfigurationError, match="precompute train"):
        transfer(study, **SETTINGS)
    ended = CliRunner().invoke(app, ["transfer", "--study", str(study.path)])
    assert ended.exit_code == 1
    assert "Traceback" not in ended.output

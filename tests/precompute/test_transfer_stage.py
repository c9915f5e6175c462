"""The stage `transfer` on sixteen scenes of four continents, a small square of each."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sen12ms_files import noise, save_patch
from typer.testing import CliRunner
from vanishing import vanishing

from lcviz.errors import ArtefactMissingError, ConfigurationError, DatasetNotFoundError, LcvizError
from lcviz.forecast import indicators
from lcviz.forecast.adaptation import part_for_statistics
from lcviz.forecast.against_truth import ALL, read_against_truth
from lcviz.forecast.live import forecast_image, load_context, scene_image
from lcviz.forecast.receipts import beats_rivals
from lcviz.network.adaptation import blend_weight
from lcviz.network.densenet import FCDenseNet
from lcviz.study import RESULT_COLUMNS, Study
from lcviz.study.forecasts import (
    INDICATORS,
    forecast_experiments,
    looked_at,
    read_adaptation,
    read_forecast_record,
    read_forecasters,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
    read_receipts,
    read_tiles,
)
from lcviz.study.records import ModelCard
from lcviz.taxonomy import train_group_of
from precompute.__main__ import app
from precompute.stages.index import index
from precompute.stages.landscapes import landscapes
from precompute.stages.statistics import statistics
from precompute.stages.train import BAND_MEAN, BAND_STD, is_member
from precompute.stages.transfer import transfer

PLACES = {
    "Africa": (20.0, 0.0),
    "Asia": (100.0, 30.0),
    "Australia": (140.0, -25.0),
    "Europe": (10.0, 48.0),
}
EXPERIMENTS = ("continent-africa", "continent-asia", "without-europe")
SETTINGS = {"patches": 1, "side": 64, "device": "cpu", "workers": 0}


def scene_ids(continent: str) -> list[str]:
    first = 1 + 4 * list(PLACES).index(continent)
    return [f"ROIs0000_spring_{number}" for number in range(first, first + 4)]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that has everything but `transfer/`: brighter continents, random networks."""
    root = tmp_path_factory.mktemp("transfer")
    data = root / "data"
    rows = ["season,scene,longitude,latitude,country,continent,patches,holdout"]
    for place, (continent, (longitude, latitude)) in enumerate(PLACES.items()):
        for scene_id in scene_ids(continent):
            number = int(scene_id.rpartition("_")[2])
            s2 = noise("s2", seed=number) // 2 + np.uint16(300 * place)
            lc = noise("lc", seed=number)
            save_patch(data, f"{scene_id}_p0", ("s2", "lc"), {"s2": s2, "lc": lc})
            rows.append(f"spring,{number},{longitude},{latitude},,{continent},1,0")
    (data / "scenes.csv").write_text("\n".join(rows) + "\n")
    study = index(data, root / "study", browsable=1, seed=0, name="four", workers=0)
    statistics(study, workers=0)
    landscapes(study, ks=[16], seed=0, starts=1)
    for seed, name in enumerate(EXPERIMENTS):
        add_model(study, name, seed)
    return study.path


def add_model(study: Study, name: str, seed: int) -> None:
    """A network that was not trained, and made-up scores."""
    torch.manual_seed(seed)
    axis, group = train_group_of(name)
    scenes = study.scenes()
    members = scenes.scene_id[is_member(scenes, name)].tolist()
    card = ModelCard(
        experiment=name,
        axis=axis,
        train_group=group,
        config={},
        training_scenes=tuple(members[:-2]),
        validation_scenes=tuple(members[-2:]),
        band_mean=BAND_MEAN,
        band_std=BAND_STD,
    )
    history = pd.DataFrame({"epoch": [1], "validation_loss": [0.5]})
    study.write_model(card, FCDenseNet(10, 8).state_dict(), history)
    random = np.random.default_rng(seed)
    rows = [
        (
            *("paper", name, axis, group, row.scene_id, row.continent),
            *("home" if row.scene_id in card.home_test else "test", "modis"),
            *(65536, random.uniform(0.2, 0.9), [0] * 64),
        )
        for row in scenes.itertuples()
        if row.scene_id not in card.training_scenes
    ]
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    old = [study.results()] if (study.path / "results.parquet").is_file() else []
    study.write_results(pd.concat([*old, table]))


def copied(untouched: Path, tmp_path: Path) -> Study:
    study = Study.open(shutil.copytree(untouched, tmp_path / "study"))
    # The dataset stays where it is.
    info = (
        (study.path / "study.json").read_text().replace("../data", str(untouched.parent / "data"))
    )
    (study.path / "study.json").write_text(info)
    return Study.open(study.path)


@pytest.fixture(scope="module")
def made(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """With `transfer/`, made once."""
    study = copied(untouched, tmp_path_factory.mktemp("made"))
    transfer(study, **SETTINGS)
    return study


def artefacts(study: Study) -> dict[str, bytes]:
    files = sorted((study.path / "transfer").rglob("*.*"))
    return {str(file.relative_to(study.path)): file.read_bytes() for file in files}


def test_every_pair_that_a_model_was_not_trained_on_is_measured(made: Study) -> None:
    assert forecast_experiments(made) == (
        *EXPERIMENTS,
        *("simple-continent-africa", "simple-continent-asia"),
    )
    pairs = read_indicators(made)
    # 16 scenes but the two that each network, and its simple model, was trained on; 16 but 10.
    assert pairs.groupby("experiment").size().to_dict() == {
        **dict.fromkeys(("continent-africa", "continent-asia"), 14),
        **dict.fromkeys(("simple-continent-africa", "simple-continent-asia"), 14),
        "without-europe": 6,
    }
    networks = pairs[pairs.kind != "simple"]
    others = [name for name in INDICATORS if name != "agreement"]
    assert networks[others].notna().all().all()
    # The only other network knows the region that it was trained on, and is not asked there.
    alone = networks[(networks.kind == "network") & networks.agreement.isna()]
    known_by = {"continent-africa": "Asia", "continent-asia": "Africa"}
    assert len(alone) == 2 * 4
    assert (alone.test_group == alone.experiment.map(known_by)).all()
    simple = pairs[pairs.kind == "simple"]
    without_features = [i for i in others if not i.endswith("_features")]
    assert simple[without_features].notna().all().all()
    assert simple[["di_features", "outside_features"]].isna().all().all()
    shares = pairs[["confidence", "atc", "cott", "outside_bands"]]
    assert ((shares >= 0) & (shares <= 1)).all().all()
    merged = networks.merge(made.results(), on=["experiment", "scene_id"])
    np.testing.assert_array_equal(merged.accuracy_x, merged.accuracy_y)


def test_home_is_nearer_than_what_is_foreign(made: Study) -> None:
    """Africa is the darkest continent, Europe the brightest: imagery alone tells them apart."""
    pairs = read_indicators(made)
    of_africa = (
        pairs[pairs.experiment == "continent-africa"].groupby("test_group").mean(numeric_only=True)
    )
    for indicator in ("band_distance", "di_bands"):
        assert of_africa[indicator]["Africa"] < of_africa[indicator]["Europe"]
    assert of_africa.outside_bands["Europe"] > 0.9


def test_records_hold_what_a_forecast_needs(made: Study) -> None:
    record, tiles = read_forecast_record(made, EXPERIMENTS[0]), read_tiles(made, EXPERIMENTS[0])
    assert record.training_scenes == tuple(scene_ids("Africa")[:2])
    assert set(tiles.patch_id) == {f"{scene}_p0" for scene in record.training_scenes}
    assert record.features is not None
    assert len(record.features.maps) == 16
    assert tiles.shape == (2, 2 + 10 + 16)  # a square of 64 pixels is one tile
    assert record.source_accuracy == pytest.approx(1 / 8, abs=0.1)
    assert record.pixels == 2 * 2048
    assert sum(record.class_marginal) == pytest.approx(1)
    home = made.results().query("experiment == @record.experiment and split == 'home'")
    assert record.home_accuracy == pytest.approx(home.accuracy.mean())
    simple = read_forecast_record(made, "simple-continent-africa")
    assert simple.features is None
    assert simple.home_accuracy is not None


def test_simple_models_are_scored_on_every_labelled_pixel(made: Study) -> None:
    table = read_indicators(made).query("kind == 'simple'")
    assert not table.empty
    assert (table.pixels == 65536).all()
    # Labels are noise: no model can be better than its most frequent class.
    assert table.accuracy.max() < 0.25


def test_forecasts_leave_the_scene_s_continent_out(made: Study) -> None:
    forecasts = read_forecasts(made).merge(
        read_indicators(made)[["experiment", "scene_id", "test_group", "axis"]]
    )
    assert set(forecasts.kind) == {"network", "simple"}  # one model of a kind is too few pairs
    assert (forecasts.left_out == forecasts.test_group).all()
    assert forecasts.forecast.between(0, 1).all()
    assert (forecasts.low <= forecasts.forecast).all()
    fits = read_forecasters(made)
    assert [f.left_out for f in fits if f.kind == "network"] == [None, *PLACES]
    receipts = read_receipts(made)
    rows = receipts[receipts.kind == "network"].set_index("method")
    # Two networks: where one of them is at home, the other has none to agree with.
    assert rows.pairs["agreement"] == 16
    rows = rows.drop("agreement")
    assert (rows.groups == 4).all()
    assert (rows.pairs == 24).all()
    assert not beats_rivals(receipts, "network", "continent")  # the scores are random
    assert set(read_indicator_correlations(made).kind) == {"network", "without", "simple"}


def test_adapting_is_scored_for_networks(made: Study) -> None:
    table = read_adaptation(made)
    assert set(table.experiment) == {"continent-africa", "continent-asia"}
    assert (table.pixels == 64 * 64).all()
    assert table.accuracy_adapted.between(0, 1).all()
    assert (table.accuracy_plain != table.accuracy_adapted).any()
    # What is measured is what is offered: statistics of as many pixels, blended alike.
    offered = part_for_statistics(scene_image(made, scene_ids("Europe")[:1], 1), looked_at(made))
    assert offered.valid.shape == (1, 64, 64)
    assert (table.blend == blend_weight(offered.valid.size)).all()


def test_a_live_forecast_is_the_stored_one(made: Study) -> None:
    context = load_context(made, mode="exact")
    scene = scene_ids("Europe")[0]
    # Whole patches: a forecast looks at their middle, as the stage did.
    image = scene_image(made, [scene], 1)
    evidence = forecast_image(context, image)
    stored = read_indicators(made).query("scene_id == @scene").set_index("experiment")
    unseen = read_forecasts(made).query("scene_id == @scene").set_index("experiment")
    values = [-1 if m.forecast is None else m.forecast for m in evidence.models]
    assert values == sorted(values, reverse=True)
    for model in evidence.models:
        for name, value in model.indicators.items():
            assert value == pytest.approx(stored[name][model.experiment], abs=2e-6, nan_ok=True)
        if model.kind != "without":
            assert model.left_out == "Europe"
            assert model.forecast == pytest.approx(unseen.forecast[model.experiment], abs=1e-4)
            assert not model.beats_rivals
        assert model.share_outside_aoa == (np.nan_to_num(model.aoa_map) > 1).mean()
        assert {p.rpartition("_p")[0] for p, _ in model.nearest} <= set(
            context.models[model.experiment].training_scenes
        )
    africa = next(m for m in evidence.models if m.experiment == "simple-continent-africa")
    assert africa.verdict == "not"
    assert africa.bands_outside.mean() > 0.1


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


def test_forecasts_are_laid_beside_the_truth_where_it_is_known(made: Study, tmp_path: Path):
    study = copied(made.path, tmp_path)
    results = study.results()
    assert read_against_truth(study).empty
    truth = results.assign(reference="truth", accuracy=(results.accuracy - 0.1).clip(lower=0))
    study.write_results(pd.concat([results, truth[truth.test_group != "Asia"]]))
    table = read_against_truth(study)
    away = results[(results.split == "test") & (results.test_group != "Asia")]
    for kind, names in (("network", EXPERIMENTS[:2]), ("without", EXPERIMENTS[2:])):
        rows = table[table.kind == kind].set_index("experiment")
        forecast = read_forecasts(study).query("kind == @kind")
        pairs = away.merge(forecast, on=["experiment", "scene_id"])
        assert set(rows.index) <= {ALL, *names}
        if pairs.empty:
            continue
        assert rows.pairs[ALL] == len(pairs)
        errors = (pairs.forecast - (pairs.accuracy - 0.1)).abs().groupby(pairs.scene_id).mean()
        assert rows.error_accuracy[ALL] == pytest.approx(errors.mean())
    assert len(table)

"""The models of a process, which all who predict share."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from places import ROOT
from prediction_study import make_prediction_study
from study_factory import MODELS

from lcviz.errors import ConfigurationError, LcvizError
from lcviz.network import predictor
from lcviz.network.loading import ModelCache, load_model, weights_digest
from lcviz.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_prediction_study(tmp_path / "tiny")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each network that was loaded."""
    networks: list[object] = []
    load = predictor.load_network

    def counted(weights: object) -> object:
        networks.append(load(weights))
        return networks[-1]

    monkeypatch.setattr(predictor, "load_network", counted)
    return networks


def test_a_model_that_many_ask_for_at_once_is_loaded_once(study: Study, loaded: list[object]):
    models = ModelCache()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: models.get(study, name), [*MODELS] * 6))
    assert len(loaded) == len(MODELS) == len({id(model) for model in found})
    assert [model.card.experiment for model in found] == [*MODELS] * 6


def test_models_too_many_to_keep_are_loaded_again(study: Study, loaded: list[object]):
    models = ModelCache(most=1)
    first, second = list(MODELS)[:2]
    for name in (first, first, second, first):
        models.get(study, name)
    assert len(loaded) == 3


def test_a_damaged_model_is_told_each_time_and_loaded_once_it_is_whole(study: Study):
    models = ModelCache()
    first, second = list(MODELS)[:2]
    file = study.weights_file(first)
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    for _ in range(2):
        with pytest.raises(LcvizError, match=file.name):
            models.get(study, first)
    assert models.get(study, second).card.experiment == second
    file.write_bytes(whole)
    assert models.get(study, first).card.experiment == first


def test_a_model_that_was_trained_again_is_read_again(study: Study):
    models = ModelCache()
    name = next(iter(MODELS))
    before = models.get(study, name)
    weights = {key: tensor + 1 for key, tensor in study.weights(name).items()}
    study.write_model(study.model(name), weights, study.history(name))
    after = models.get(study, name)
    assert models.get(Study.open(study.path), name) is after is not before
    assert after.digest == weights_digest(study, name) != before.digest


def test_predictors_of_a_model_share_its_network(study: Study, loaded: list[object]):
    model = load_model(study, next(iter(MODELS)))
    fast, with_features = (model.predictor("cpu", "fast", features) for features in (False, True))
    assert model.predictor("cpu", "fast") is fast is not with_features
    assert len(loaded) == 1
    s2, valid = np.zeros((1, 10, 8, 8), np.uint16), np.ones((1, 8, 8), bool)
    assert with_features.probabilities_and_features(s2, valid)[1].shape == (1, 240, 1, 1)
    with pytest.raises(ConfigurationError, match="slow"):
        model.predictor(mode="slow")


def test_loading_waits_with_torch_until_a_model_is_asked_for():
    script = "import sys, lcviz.network.loading; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"

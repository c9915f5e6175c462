"""The models of a server, which all sessions share."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prediction_study import make_prediction_study
from study_factory import MODELS

from lcviz.errors import LcvizError
from lcviz.study import Study
from lcviz.ui.jobs import models
from lcviz.ui.jobs.models import Models


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_prediction_study(tmp_path / "tiny")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each network that was loaded."""
    networks: list[object] = []
    load = models.load_network

    def counted(weights: object) -> object:
        networks.append(load(weights))
        return networks[-1]

    monkeypatch.setattr(models, "load_network", counted)
    return networks


def test_a_model_that_many_ask_for_at_once_is_loaded_once(study: Study, loaded: list[object]):
    models = Models()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: models.get(study, name), [*MODELS] * 6))
    assert len(loaded) == len(MODELS) == len({id(model) for model in found})
    assert [model.card.experiment for model in found] == [*MODELS] * 6


def test_models_too_many_to_keep_are_loaded_again(study: Study, loaded: list[object]):
    models = Models(most=1)
    first, second = list(MODELS)[:2]
    for name in (first, first, second, first):
        models.get(study, name)
    assert len(loaded) == 3


def test_a_damaged_model_is_told_each_time_and_loaded_once_it_is_whole(study: Study):
    models = Models()
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

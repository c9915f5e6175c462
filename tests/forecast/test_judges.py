"""Which networks a model is compared with: in use as in the fit."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lcviz.forecast.image import Image
from lcviz.forecast.indicators import judges, predicting
from lcviz.taxonomy import EXPERIMENTS, SEASONS, WITHOUT_EXPERIMENTS, kind_of, train_group_of

SCENES = pd.DataFrame(
    {
        "scene_id": ["a", "b", "c"],
        "continent": ["Africa", "Asia", None],
        "season": ["Winter", "Winter", "Fall"],
    }
)


def image(*scene_ids: str, continent: str | None = None) -> Image:
    return Image(
        name="image",
        values=np.zeros((1, 10, 8, 8), np.uint16),
        valid=np.ones((1, 8, 8), bool),
        names=("0",),
        windows=None,
        shape=None,
        total_windows=1,
        scene_ids=scene_ids,
        continent=continent,
    )


@pytest.fixture
def context() -> Any:
    """All networks, those of all but one continent, and a simple model."""
    models = {}
    for name in (*EXPERIMENTS, *WITHOUT_EXPERIMENTS, "simple-season-fall"):
        axis, group = train_group_of(name.removeprefix("simple-"))
        models[name] = SimpleNamespace(kind=kind_of(name), axis=axis, train_group=group)
    return SimpleNamespace(models=models, study=SimpleNamespace(scenes=lambda: SCENES))


def without(axis: str, *groups: str) -> list[str]:
    return [n for n, (of, group) in EXPERIMENTS.items() if of == axis and group not in groups]


def test_no_judge_knows_the_region_or_is_the_model_itself(context: Any) -> None:
    known = {
        "continent-europe": without("continent", "Europe", "Africa"),
        "continent-africa": without("continent", "Africa"),
        "without-africa": without("continent", "Africa"),
        "season-spring": without("season", "Spring", "Winter"),
        "simple-season-fall": without("season", "Fall", "Winter"),
    }
    for name, expected in known.items():
        assert judges(context, name, image("a")) == [expected]
    # Scenes of two continents: neither's network judges. One without a continent is known by none.
    both = without("continent", "Europe", "Africa", "Asia")
    assert judges(context, "continent-europe", image("a", "b")) == [both]
    assert judges(context, "continent-europe", image("c")) == [without("continent", "Europe")]


def test_an_upload_has_the_judges_of_each_region_that_it_could_be_of(context: Any) -> None:
    placed = image(continent="Africa")
    assert judges(context, "continent-europe", placed) == judges(
        context, "continent-europe", image("a")
    )
    # Its season is not told by its place: one of these is what a checked forecast had.
    of_seasons = judges(context, "season-spring", placed)
    assert of_seasons == [without("season", "Spring", s) for s in SEASONS]
    for scene_id in ("a", "c"):
        (checked,) = judges(context, "season-spring", image(scene_id))
        assert checked in of_seasons
    assert len(judges(context, "continent-europe", image())) == 6
    asked = predicting(context, image(), ["continent-europe"])
    assert sorted(asked) == sorted(without("continent"))

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lcviz.forecast.adaptation import adaptation_effect, adaptation_sentence


def pairs(changes: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (f"{group}-{i}", group, 0.5, 0.5 + change)
        for group, values in changes.items()
        for i, change in enumerate(values)
    ]
    columns = ["scene_id", "test_group", "accuracy_plain", "accuracy_adapted"]
    return pd.DataFrame(rows, columns=columns)


def test_the_effect_of_adapting_rests_on_groups():
    effect = adaptation_effect(pairs({"Africa": [0.1, 0.3], "Asia": [0.0], "Europe": [-0.1, -0.1]}))
    assert effect is not None
    assert (effect.pairs, effect.helped, effect.harmed, effect.groups) == (5, 2, 2, 3)
    means = [0.2, 0.0, -0.1]
    low, high = stats.t.interval(0.95, 2, np.mean(means), stats.sem(means))
    assert effect.mean == pytest.approx(np.mean(means))
    assert (effect.low, effect.high) == (pytest.approx(low), pytest.approx(high))
    said = adaptation_sentence(effect, "continent", "away from home")
    assert "helps in **2** and harms in **2** of 5 pairs" in said
    assert "not shown to help" in said


def test_one_group_settles_nothing_and_no_label_says_so():
    effect = adaptation_effect(pairs({"Asia": [0.1, 0.2]}))
    assert effect is not None and effect.low is None
    assert "One continent settles nothing" in adaptation_sentence(effect, "continent", "at home")
    none = pairs({"Asia": [np.nan]})
    assert adaptation_effect(none) is None
    assert "No labelled pair" in adaptation_sentence(None, "continent", "at home")


@pytest.mark.parametrize(("sign", "word"), [(1, "It helps"), (-1, "It harms")])
def test_a_clear_effect_is_called_clear(sign: int, word: str):
    groups = {name: [sign * 0.1, sign * 0.11] for name in ("Africa", "Asia", "Europe")}
    assert word in adaptation_sentence(adaptation_effect(pairs(groups)), "continent", "at home")

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lcviz.forecast.adaptation import adaptation_effect, adaptation_sentence


def pairs(changes: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (f"{group}-{i}", "all others", group, 0.5, 0.5 + change)
        for group, values in changes.items()
        for i, change in enumerate(values)
    ]
    columns = ["scene_id", "train_group", "test_group", "accuracy_plain", "accuracy_adapted"]
    return pd.DataFrame(rows, columns=columns)


def test_the_effect_of_adapting_rests_on_groups():
    changes = {"Africa": [0.1, 0.3], "Asia": [0.0], "Europe": [-0.1, -0.1], "Australia": [0.04]}
    nowhere = pairs({"": [0.4]}).assign(test_group=None)  # a scene on no continent
    effect = adaptation_effect(pd.concat([pairs(changes), nowhere]))
    assert effect is not None
    assert (effect.pairs, effect.helped, effect.harmed, effect.groups) == (6, 3, 2, 4)
    means = [0.2, 0.0, -0.1, 0.04]
    low, high = stats.t.interval(0.95, 3, np.mean(means), stats.sem(means))
    assert effect.mean == pytest.approx(np.mean(means))
    assert (effect.low, effect.high) == (pytest.approx(low), pytest.approx(high))
    said = adaptation_sentence(effect, "continent", "away from home")
    assert "helps in **3** and harms in **2** of 6 pairs" in said
    assert "not shown to help" in said


def test_models_that_differ_widen_the_interval_as_groups_do():
    """One of four models gains 30 points wherever it goes: that it is among them was chance."""
    groups = ("Africa", "Asia", "Australia", "Europe")
    table = pd.DataFrame(
        [(a, b) for a in groups for b in groups if a != b], columns=["train_group", "test_group"]
    ).assign(scene_id=range(12), accuracy_plain=0.5)
    table["accuracy_adapted"] = 0.5 + 0.3 * (table.train_group == "Africa")
    effect = adaptation_effect(table)
    assert effect is not None and effect.low is not None and effect.high is not None
    assert effect.mean == pytest.approx(0.075)
    # By hand: without Africa nothing is gained, without another group 0.3 x (0 + 1/2 + 1/2) / 3.
    reach = stats.t.ppf(0.975, 3) * np.sqrt(3 / 4 * (0.075**2 + 3 * (0.1 - 0.075) ** 2))
    assert (effect.low, effect.high) == pytest.approx((0.075 - reach, 0.075 + reach))


def test_few_groups_settle_nothing_and_no_label_says_so():
    effect = adaptation_effect(pairs({"Asia": [0.1, 0.2], "Africa": [0.1], "Europe": [0.1]}))
    assert effect is not None and effect.low is None
    assert "So few continents settle nothing" in adaptation_sentence(effect, "continent", "at home")
    none = pairs({"Asia": [np.nan]})
    assert adaptation_effect(none) is None
    assert "No labelled pair" in adaptation_sentence(None, "continent", "at home")


@pytest.mark.parametrize(("sign", "word"), [(1, "It helps"), (-1, "It harms")])
def test_a_clear_effect_is_called_clear(sign: int, word: str):
    groups = {name: [sign * 0.1, sign * 0.11] for name in ("Africa", "Asia", "Europe", "Australia")}
    assert word in adaptation_sentence(adaptation_effect(pairs(groups)), "continent", "at home")

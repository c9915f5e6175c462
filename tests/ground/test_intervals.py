"""Intervals: leaving out groups of pairs."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr, t

from lcviz.intervals import jackknife, qap, spearman, spearman_interval


def test_the_plain_jackknife_of_a_mean_is_the_t_interval():
    values = np.array([0.1, 0.4, 0.25, 0.6, 0.3])
    pairs = pd.DataFrame(
        {"train_group": "all others", "test_group": list("abcde"), "value": values}
    )
    value, low, high = jackknife(pairs, lambda p: p.value.mean())
    reach = t.ppf(0.975, 4) * values.std(ddof=1) / np.sqrt(5)
    np.testing.assert_allclose([value, low, high], [0.33, 0.33 - reach, 0.33 + reach])


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_few_groups_leave_no_interval(groups):
    names = list("abc")[:groups]
    pairs = pd.DataFrame({"train_group": "x", "test_group": names * 4, "value": range(groups * 4)})
    value, low, high = jackknife(pairs, lambda p: p.value.mean())
    assert value == pairs.value.mean()
    assert np.isnan([low, high]).all()


def test_leaving_out_a_group_by_hand():
    pairs = pd.DataFrame(
        [(a, b) for a in "abcd" for b in "abcd" if a != b], columns=["train_group", "test_group"]
    ).assign(value=range(12))
    value, low, high = jackknife(pairs, lambda p: p.value.mean())
    left_out = [
        pairs[(pairs.train_group != g) & (pairs.test_group != g)].value.mean() for g in "abcd"
    ]
    reach = t.ppf(0.975, 3) * np.sqrt(3 / 4 * ((np.array(left_out) - 5.5) ** 2).sum())
    np.testing.assert_allclose([value, low, high], [5.5, 5.5 - reach, 5.5 + reach])
    assert jackknife(pairs, lambda p: p.value.mean(), lowest=0, highest=6)[1:] == (0, 6)


def world(random: np.random.Generator, groups: int, *, skewed: bool, scenes: int = 5):
    """Mean errors of models on groups: those of one group, and of one scene, go together."""

    def effects(*shape: int) -> np.ndarray:
        return random.gamma(1, 1, shape) - 1 if skewed else random.normal(size=shape)

    trained, tested = 0.05 * effects(2, groups)
    hard = 0.05 * effects(groups, scenes).mean(1)
    errors = (
        trained[:, None] + tested + hard + random.normal(0, 0.1 / scenes**0.5, (groups, groups))
    )
    train, test = np.nonzero(~np.eye(groups, dtype=bool))
    return pd.DataFrame({"train_group": train, "test_group": test, "e": errors[train, test]})


@pytest.mark.parametrize(("groups", "skewed"), [(4, False), (6, False), (6, True)])
def test_the_interval_of_a_mean_holds_the_truth_in_95_percent(groups, skewed):
    """Its standard error at 400 worlds is 1.1 points; the vertex factor covers 84 to 86 %."""
    random = np.random.default_rng(0)
    found = [
        jackknife(world(random, groups, skewed=skewed), lambda p: p.e.mean()) for _ in range(400)
    ]
    covered = np.mean([low <= 0 <= high for _, low, high in found])
    assert (0.87 if skewed else 0.92) <= covered <= 0.985


def distances_and_accuracies(random: np.random.Generator, groups: int) -> pd.DataFrame:
    """Accuracy falls with the distance of groups in a plane, each of which has effects besides."""
    places = random.normal(size=(groups, 2))
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    trained, tested = random.normal(0, 0.7, (2, groups))
    accuracy = -apart + trained[:, None] + tested + random.normal(size=(groups, groups))
    train, test = np.nonzero(~np.eye(groups, dtype=bool))
    return pd.DataFrame(
        {
            **{"train_group": train, "test_group": test},
            **{"x": apart[train, test], "accuracy": accuracy[train, test]},
        }
    )


@pytest.mark.parametrize("groups", [4, 6])
def test_the_interval_of_a_correlation_holds_the_truth_in_95_percent(groups):
    """The truth is that of 500 groups."""
    random = np.random.default_rng(0)
    truth = spearman(distances_and_accuracies(random, 500), "x")
    found = [spearman_interval(distances_and_accuracies(random, groups), "x") for _ in range(300)]
    covered = np.mean([low <= truth <= high for _, low, high in found])
    assert covered >= 0.91


def test_a_correlation_in_perfect_order_has_no_interval():
    pairs = pd.DataFrame(
        [(a, b) for a in "abcd" for b in "abcd" if a != b], columns=["train_group", "test_group"]
    ).assign(x=range(12), accuracy=range(12))
    value, low, high = spearman_interval(pairs, "x")
    assert value == pytest.approx(1)
    assert np.isnan([low, high]).all()
    assert np.isnan(spearman_interval(pairs.assign(x=1), "x")).all()


def places_on_a_line(accuracy_of: np.ndarray, *places: float) -> pd.DataFrame:
    distances = np.abs(np.subtract.outer(places, places))
    train, test = np.nonzero(~np.eye(len(places), dtype=bool))
    return pd.DataFrame(
        {
            **{"train_group": train, "test_group": test},
            **{"x": distances[train, test], "accuracy": accuracy_of[train, test]},
        }
    )


def test_the_permutation_p_by_hand():
    """Four places on a line, accuracy that falls with distance: of the 24 orders of the groups, the
    right one and the reversed one alone correlate perfectly."""
    places = (0, 1, 3, 7)
    accuracy = -np.abs(np.subtract.outer(places, places)).astype(float)
    assert qap(places_on_a_line(accuracy, *places), "x") == pytest.approx(1 / 24)
    evenly = -np.abs(np.subtract.outer(range(4), range(4))).astype(float)
    assert qap(places_on_a_line(evenly, 0, 1, 2, 3), "x") == pytest.approx(2 / 24)


def test_the_permutation_p_is_uniform_where_nothing_is_to_be_found():
    random = np.random.default_rng(0)
    found = [
        qap(places_on_a_line(random.normal(size=(5, 5)), *random.normal(size=5)), "x")
        for _ in range(300)
    ]
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.09


def test_few_groups_or_unknown_distances_have_no_p():
    accuracy = np.random.default_rng(1).random((4, 4))
    pairs = places_on_a_line(accuracy, 0, 1, 3, 7)
    assert np.isnan(qap(pairs[(pairs.train_group < 3) & (pairs.test_group < 3)], "x"))
    unknown = ~pairs.train_group.isin([0, 1]) | ~pairs.test_group.isin([0, 1])
    assert np.isnan(qap(pairs[unknown], "x"))
    # One direction of a pair is enough: distances are the same both ways.
    assert not np.isnan(qap(pairs[(pairs.train_group != 0) | (pairs.test_group != 1)], "x"))


def test_a_permutation_that_asks_only_whether_it_falls_is_worked_by_brute_force():
    random = np.random.default_rng(1)
    places = random.normal(size=(5, 2))
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    outcome = random.random((5, 5))
    off = ~np.eye(5, dtype=bool)
    rhos = [
        spearmanr(apart[np.ix_(p, p)][off], outcome[off]).statistic for p in permutations(range(5))
    ]
    pairs = pd.DataFrame(
        [(i, j, outcome[i, j], apart[i, j]) for i in range(5) for j in range(5) if i != j],
        columns=["train_group", "test_group", "accuracy", "x"],
    )
    lower = np.mean(np.array(rhos) <= rhos[0] + 1e-9)
    assert qap(pairs, "x", falling=True) == pytest.approx(lower)
    further = np.mean(np.abs(rhos) >= abs(rhos[0]) - 1e-9)
    assert qap(pairs, "x") == pytest.approx(further)

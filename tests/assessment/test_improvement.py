"""Refitting a last layer: the fit against scikit-learn, and what cross-validation says of it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lcviz.assessment import improvement
from lcviz.assessment.improvement import Evidence, folds, improve
from lcviz.assessment.refitting import fit_head, mean_surprise

MAPS, CLASSES = 6, 3


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(4)


def evidence(
    random: np.random.Generator, truth: np.ndarray, n: int, noise: float = 0.1
) -> Evidence:
    """Points whose labels are what the layer `truth` says, but for some."""
    maps = random.normal(size=(n, MAPS))
    label = (maps @ truth.T).argmax(axis=1)
    wrong = random.random(n) < noise
    label[wrong] = random.integers(0, CLASSES, wrong.sum())
    stratum = np.full(n, "map", object)
    return Evidence(maps, label, np.arange(CLASSES), stratum, {"map": 1e6}, np.arange(n))


def test_from_nothing_it_is_ridge_logistic_regression(random: np.random.Generator):
    maps = random.normal(size=(80, MAPS)) * np.array([1, 5, 0.1, 1, 2, 30])
    label = random.integers(0, CLASSES, 80)
    weights = random.uniform(0.5, 2, 80)
    nothing = np.zeros((CLASSES, MAPS))
    size = np.sqrt((maps**2).mean(axis=0))
    for strength in (1.0, 0.1):
        *_, found = fit_head(maps, np.eye(CLASSES, dtype=bool)[label], weights, nothing, [strength])
        known = LogisticRegression(C=1 / strength, fit_intercept=False, tol=1e-9, max_iter=5000)
        known.fit(maps / size, label, weights / weights.sum())
        assert found * size == pytest.approx(known.coef_, abs=2e-3)


def test_a_strong_penalty_leaves_the_layer_as_it_was(random: np.random.Generator):
    head = random.normal(size=(CLASSES, MAPS))
    one = evidence(random, random.normal(size=(CLASSES, MAPS)), 50)
    possible = one.group_of_class == one.group[:, None]
    first, last = fit_head(one.maps, possible, np.ones(50), head, [1e6, 0.01])
    assert first == pytest.approx(head, abs=1e-4)
    assert mean_surprise(one.maps @ last.T, possible, np.ones(50)) < 0.5 * mean_surprise(
        one.maps @ head.T, possible, np.ones(50)
    )


def test_a_label_of_two_classes_asks_for_either():
    # exp(0), exp(0), exp(log 2): shares 1/4, 1/4, 1/2; "first or second" has 1/2, "third" 1/2.
    scores = np.array([[0, 0, np.log(2)]] * 2)
    possible = np.array([[True, True, False], [False, False, True]])
    assert mean_surprise(scores, possible, np.array([3.0, 1.0])) == pytest.approx(np.log(2))


def test_folds_part_strata_evenly_and_keep_together_what_shares_a_label(
    random: np.random.Generator,
):
    stratum = np.array(["a"] * 40 + ["b"] * 20, object)
    alone = folds(stratum, np.arange(60), 10, random)
    for name, each in (("a", 4), ("b", 2)):
        assert np.bincount(alone[stratum == name], minlength=10).tolist() == [each] * 10
    together = np.arange(60) // 3
    shared = folds(stratum, together, 10, random)
    assert all(len(set(shared[together == k])) == 1 for k in range(20))
    assert np.bincount(shared).max() <= 9


def test_a_layer_that_is_far_off_is_helped(random: np.random.Generator):
    truth, head = random.normal(size=(2, CLASSES, MAPS))
    one = evidence(random, truth, 150)
    found = improve(one, head)
    fresh = evidence(np.random.default_rng(9), truth, 20_000)

    def accuracy(layer: np.ndarray) -> float:
        return float(((fresh.maps @ layer.T).argmax(axis=1) == fresh.group).mean())

    assert found.helps and found.strength is not None
    assert found.gain.estimate == pytest.approx(found.after.estimate - found.before.estimate)
    assert found.after.low <= accuracy(found.head) <= found.after.high
    assert found.gain.low <= accuracy(found.head) - accuracy(head) <= found.gain.high


def test_labels_that_say_nothing_are_seldom_said_to_help(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(improvement, "FOLDS", 5)
    monkeypatch.setattr(improvement, "STRENGTHS", (3.0, 0.3, 0.03))
    helped = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        truth = random.normal(size=(CLASSES, MAPS))
        # The layer is right already: nothing that is fitted to labels full of noise is better.
        helped += improve(evidence(random, truth, 60, noise=0.5), truth, seed).helps
    assert helped <= 1


def test_the_interval_holds_the_gain_of_the_layer_that_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(improvement, "STRENGTHS", (3.0, 0.3, 0.03))
    held, simulations = 0, 40
    for seed in range(simulations):
        random = np.random.default_rng(seed)
        truth = random.normal(size=(CLASSES, MAPS))
        head = truth + 0.6 * random.normal(size=truth.shape)
        found = improve(evidence(random, truth, improvement.FEWEST, noise=0.3), head, seed)
        fresh = evidence(random, truth, 10_000, noise=0.3)
        right = [
            ((fresh.maps @ layer.T).argmax(axis=1) == fresh.group).mean()
            for layer in (found.head, head)
        ]
        held += found.gain.low - 1e-9 <= right[0] - right[1] <= found.gain.high + 1e-9
    # 40 simulations: one standard error is 3.4 points.
    assert held / simulations >= 0.875


def test_points_count_for_the_pixels_that_they_stand_for(random: np.random.Generator):
    truth, head = random.normal(size=(2, CLASSES, MAPS))
    one = evidence(random, truth, 100)
    stratum = np.array(["small"] * 50 + ["large"] * 50, object)
    sizes = {"small": 1e3, "large": 9e3}
    found = improve(
        Evidence(one.maps, one.group, one.group_of_class, stratum, sizes, one.together), head
    )
    right = (one.maps @ head.T).argmax(axis=1) == one.group
    expected = 0.1 * right[:50].mean() + 0.9 * right[50:].mean()
    assert found.before.estimate == pytest.approx(expected)

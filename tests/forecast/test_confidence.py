"""Indicators from probabilities, against numbers worked by hand, scipy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression

from lcviz.forecast.confidence import (
    agreement,
    average_confidence,
    average_thresholded_confidence,
    difference_of_confidences,
    fit_temperature,
    negative_entropy,
    nuclear_norm,
    tempered,
    threshold_for,
    thresholded_transport,
    transport_costs,
    transport_threshold,
)

UNIFORM = (0.125,) * 8
probabilities = arrays(np.float64, (12, 8), elements=st.floats(0.01, 1)).map(
    lambda p: p / p.sum(axis=1, keepdims=True)
)


def drawn(n: int, seed: int = 0, sharpness: float = 0.3) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(8, sharpness), n)


def certain(classes: list[int]) -> np.ndarray:
    return np.eye(8)[classes]


def test_a_temperature_of_two_takes_square_roots():
    p = np.array([[0.64, 0.36, 0, 0, 0, 0, 0, 0.0]])
    np.testing.assert_allclose(tempered(p, 2)[0, :2], [0.8 / 1.4, 0.6 / 1.4], atol=1e-3)


@given(probabilities, st.floats(0.2, 5))
def test_scaling_keeps_the_order_and_sums_to_one(p, temperature):
    scaled = tempered(p, temperature)
    np.testing.assert_allclose(scaled.sum(axis=1), 1)
    assert (scaled[np.arange(len(p)), p.argmax(axis=1)] >= scaled.max(axis=1) - 1e-12).all()


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_labels_were_drawn_with_is_found(true_temperature):
    p = drawn(20_000, sharpness=1.0)
    cumulated = tempered(p, true_temperature).cumsum(axis=1)
    draws = np.random.default_rng(1).random((len(p), 1))
    labels = (draws > cumulated).sum(axis=1).clip(0, 7).astype(np.uint8)
    assert fit_temperature(p, labels) == pytest.approx(true_temperature, rel=0.05)


def test_the_temperature_is_that_of_a_logistic_regression():
    """Two classes: p = sigmoid(z / T) is a logistic regression of z with slope 1 / T."""
    random = np.random.default_rng(3)
    z = random.normal(0, 3, 4000)
    labels = (random.random(4000) < 1 / (1 + np.exp(-z / 1.7))).astype(np.uint8)
    p = np.zeros((4000, 8))
    p[:, 1] = 1 / (1 + np.exp(-z))
    p[:, 0] = 1 - p[:, 1]
    slope = LogisticRegression(C=np.inf, fit_intercept=False).fit(z[:, None], labels).coef_[0, 0]
    assert fit_temperature(p, labels) == pytest.approx(1 / slope, rel=0.01)


def test_without_labels_the_temperature_is_one():
    assert fit_temperature(np.zeros((0, 8)), np.zeros(0, np.uint8)) == 1


def test_a_fall_in_confidence_is_a_fall_in_accuracy():
    p = np.full((4, 8), 0.4 / 7)
    p[:, 2] = 0.6
    assert average_confidence(p) == pytest.approx(0.6)
    assert difference_of_confidences(p, 0.9, 0.8) == pytest.approx(0.5)


def test_entropy_is_zero_where_sure_and_greatest_where_not():
    p = np.concatenate([certain([3]), np.full((1, 8), 1 / 8)])
    np.testing.assert_allclose(negative_entropy(p), [0, -np.log(8)], atol=1e-4)


def test_the_threshold_lets_as_many_through_as_are_right():
    scores = np.arange(10.0)
    assert threshold_for(scores, 0.3) == 7
    assert (scores >= threshold_for(scores, 0.3)).mean() == 0.3
    assert threshold_for(scores, 1) == 0
    assert threshold_for(scores, 0) == np.inf


def test_atc_at_the_source_gives_the_source_accuracy():
    p = drawn(1000)
    threshold = threshold_for(negative_entropy(p), 0.73)
    assert average_thresholded_confidence(p, threshold) == pytest.approx(0.73)


def test_certain_predictions_with_the_source_marginal_cost_nothing():
    p = certain([0, 1, 2, 3, 4, 5, 6, 7])
    np.testing.assert_array_equal(transport_costs(p, UNIFORM), 0)


def test_predictions_of_one_class_have_to_be_carried_to_the_others():
    costs = transport_costs(certain([0, 0, 0, 0]), (0.5, 0.5, 0, 0, 0, 0, 0, 0))
    assert sorted(costs) == [0, 0, 1, 1]


def test_the_transport_is_the_optimum_of_the_linear_programme():
    p, marginal = drawn(16, seed=4), np.repeat([0.25, 0.125, 0.0], [2, 4, 2])
    costs = 1 - p
    each_pixel = np.kron(np.eye(16), np.ones(8))
    each_class = np.kron(np.ones(16), np.eye(8))
    optimum = linprog(
        costs.ravel(),
        A_eq=np.concatenate([each_pixel, each_class]),
        b_eq=np.concatenate([np.full(16, 1 / 16), marginal]),
    )
    assert transport_costs(p, marginal).mean() == pytest.approx(optimum.fun)


def test_cott_at_the_source_gives_the_source_accuracy():
    costs = transport_costs(drawn(200), UNIFORM)
    assert thresholded_transport(costs, transport_threshold(costs, 0.6)) == pytest.approx(0.6)


def test_agreement_is_the_mean_over_other_models():
    mine = np.array([0, 1, 2, 3], np.uint8)
    others = [np.array([0, 1, 2, 4], np.uint8), np.array([0, 0, 0, 0], np.uint8)]
    assert agreement(mine, others) == pytest.approx((0.75 + 0.25) / 2)
    assert np.isnan(agreement(mine, []))


def test_the_nuclear_norm_is_one_for_sure_and_even_predictions():
    assert nuclear_norm(certain([*range(8)] * 5)) == pytest.approx(1)
    # All alike: one singular value, sqrt(n); the greatest sum is sqrt(8 n).
    assert nuclear_norm(certain([2] * 40)) == pytest.approx(1 / np.sqrt(8))


@given(probabilities)
def test_the_nuclear_norm_is_the_sum_of_singular_values(p):
    singular = np.sqrt(np.linalg.eigvalsh(p.T @ p).clip(0))
    assert nuclear_norm(p) == pytest.approx(singular.sum() / np.sqrt(8 * 12), abs=1e-6)
    assert 0 < nuclear_norm(p) <= 1

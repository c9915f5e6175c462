"""The per-pixel model against scikit-learn, which fitted it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lcviz.errors import ConfigurationError
from lcviz.forecast.simple_model import FEATURES, INDICES, fit, pixel_features, probabilities


def pixels(n: int = 600, classes: tuple[int, ...] = (0, 2, 7), seed: int = 0):
    random = np.random.default_rng(seed)
    labels = random.choice(classes, n)
    dn = 1000 + 300 * labels[:, None] + random.normal(0, 250, (n, 10))
    return dn.clip(0).round().astype(np.uint16), labels


def fitted(dn, labels):
    return fit("simple-continent-africa", "continent", "Africa", ("a",), ("b",), dn, labels)


def test_features_are_logs_and_indices():
    dn = np.zeros((10, 1))
    dn[2], dn[6] = 100, 300  # red, nir1
    features = dict(zip(FEATURES, pixel_features(dn)[:, 0], strict=True))
    assert features["log red"] == pytest.approx(np.log(101))
    assert features["NDVI"] == pytest.approx(0.5)
    assert features["NDWI"] == pytest.approx(-1)
    assert pixel_features(np.zeros((10, 1))).tolist() == [[0.0]] * (10 + len(INDICES))


def test_plain_coefficients_give_what_scikit_learn_gives():
    dn, labels = pixels()
    model = fitted(dn, labels)
    features = pixel_features(dn.T).T
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    reference = LogisticRegression(max_iter=5000, tol=1e-8).fit(scaled, labels)
    found = probabilities(model, dn.T)
    np.testing.assert_allclose(found[[0, 2, 7]].T, reference.predict_proba(scaled), atol=2e-3)
    np.testing.assert_allclose(found.sum(axis=0), 1, rtol=1e-5)
    assert (found.argmax(axis=0) == labels).mean() > 0.8


def test_a_class_without_a_training_pixel_is_never_predicted():
    dn, labels = pixels(classes=(1, 4))
    found = probabilities(fitted(dn, labels), dn.T.reshape(10, 20, 30))
    assert found.shape == (8, 20, 30)
    assert set(np.unique(found.argmax(axis=0))) == {1, 4}
    assert found[[0, 2, 3, 5, 6, 7]].max() == 0
    assert (found.argmax(axis=0).ravel() == labels).mean() > 0.8


def test_the_order_of_the_pixels_does_not_matter():
    dn, labels = pixels()
    shuffled = np.random.default_rng(1).permutation(len(dn))
    assert fitted(dn[shuffled], labels[shuffled]) == fitted(dn, labels)


@pytest.mark.parametrize("n", [0, 5])
def test_one_class_is_no_model(n):
    with pytest.raises(ConfigurationError, match="needs two"):
        fitted(np.zeros((n, 10), np.uint16), np.zeros(n, int))

import numpy as np
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from lcviz.rasters.uncertainty import confidence, disagreement, entropy, majority, votes


def test_by_hand():
    sure = np.eye(8, dtype=np.float32)[2]
    even = np.full(8, 0.125, np.float32)
    two = np.array([0.5, 0, 0, 0.5, 0, 0, 0, 0], np.float32)
    nothing = np.full(8, np.nan, np.float32)
    probabilities = np.stack([sure, even, two, nothing], axis=1)
    np.testing.assert_allclose(entropy(probabilities), [0, 3, 1, np.nan], atol=1e-6)
    np.testing.assert_allclose(confidence(probabilities), [1, 0.125, 0.5, np.nan])


@given(st.integers(0, 99))
def test_entropy_is_scipys(seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.full(8, 0.3), 20).T.astype(np.float32)
    expected = scipy.stats.entropy(probabilities, base=2, axis=0)
    np.testing.assert_allclose(entropy(probabilities), expected, atol=1e-5)


def test_votes_majority_and_disagreement_by_hand():
    maps = np.array([[0, 7, 1, 255], [0, 7, 2, 255], [0, 3, 255, 255]], np.uint8)
    counts = votes(maps)
    assert counts[:, 1].tolist() == [0, 0, 0, 1, 0, 0, 0, 2]
    assert majority(maps).tolist() == [0, 7, 1, 255]
    np.testing.assert_allclose(disagreement(maps), [0, 1 / 3, 0.5, np.nan], rtol=1e-6)

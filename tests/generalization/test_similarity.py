import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_tables import ASYMMETRIC, matrix_of
from scipy.stats import spearmanr, t

from lcviz.generalization.similarity import Correlation, pair_table, sentence, spearman
from lcviz.generalization.tables import TransferMatrix
from lcviz.taxonomy import AXES, CONTINENTS, SEASONS


def table_of(values: np.ndarray, axis: str) -> TransferMatrix:
    groups = list(AXES[axis])
    return TransferMatrix(axis, pd.DataFrame(values, groups, groups), None, None, None)


def pairs_of(distances: np.ndarray, values: np.ndarray, axis: str = "continent") -> pd.DataFrame:
    groups = list(AXES[axis])
    return pair_table(table_of(values, axis), None, pd.DataFrame(distances, groups, groups))


def random_pairs(seed: int, axis: str = "continent") -> pd.DataFrame:
    random = np.random.default_rng(seed)
    n = len(AXES[axis])
    places = random.normal(size=(n, 2))
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    return pairs_of(distances, random.uniform(size=(n, n)) - 0.2 * distances, axis)


def test_the_table_has_one_row_a_measured_pair() -> None:
    shares = pd.DataFrame([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]], index=["Europe", "North America"])
    bands = pd.DataFrame([[0.0, 70.0], [70.0, 0.0]], shares.index, shares.index)
    pairs = pair_table(matrix_of(*ASYMMETRIC), shares, bands).set_index(["train", "test"])
    assert len(pairs) == 4
    away = pairs.loc["Europe", "North America"]
    # Means of (0.5, 0.5, 0) and (0, 0.5, 0.5) are (0.25, 0.5, 0.25): each diverges by 0.5 bit.
    assert away.landscape_distance == pytest.approx(np.sqrt(0.5))
    assert (away.band_distance, away.accuracy, away.n_scenes) == (70, 0.5, 2)
    assert not away.home
    home = pairs.loc["Europe", "Europe"]
    assert (home.landscape_distance, home.band_distance, home.accuracy) == (0, 0, 0.9)
    assert home.home
    assert pairs.loc[("North America", "Europe"), "accuracy"] == 0.1


def test_what_is_not_known_is_missing_and_not_zero() -> None:
    shares = pd.DataFrame([[1.0, 0.0]], index=["Europe"])
    pairs = pair_table(matrix_of(*ASYMMETRIC), shares)
    assert pairs.landscape_distance.isna().tolist() == [False, True, True, True]
    assert pairs.band_distance.isna().all()
    assert spearman(pairs, "band_distance") is None
    assert pair_table(matrix_of(), None).empty
    assert spearman(pair_table(matrix_of(), None), "landscape_distance") is None


def test_landscapes_with_nothing_in_common_are_at_distance_one() -> None:
    shares = pd.DataFrame([[1.0, 0.0], [0.0, 1.0]], index=["Europe", "North America"])
    pairs = pair_table(matrix_of(*ASYMMETRIC), shares)
    assert pairs[~pairs.home].landscape_distance.tolist() == pytest.approx([1, 1])


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_interval_is_that_of_the_jackknife_over_groups(seed: int) -> None:
    pairs = random_pairs(seed)
    found = spearman(pairs, "band_distance")
    away = pairs[~pairs.home]
    expected = spearmanr(away.band_distance, away.accuracy).statistic
    assert found is not None
    assert found.value == pytest.approx(expected)
    assert (found.pairs, found.groups, found.home) == (30, 6, False)
    squares = 0.0
    for group in CONTINENTS:
        rest = away[(away.train != group) & (away.test != group)]
        assert len(rest) == 20
        without = spearmanr(rest.band_distance, rest.accuracy).statistic
        squares += (np.arctanh(without) - np.arctanh(expected)) ** 2
    reach = t(5).ppf(0.975) * np.sqrt(4 / 12 * squares)
    assert found.low == pytest.approx(np.tanh(np.arctanh(expected) - reach))
    assert found.high == pytest.approx(np.tanh(np.arctanh(expected) + reach))


def test_the_interval_is_wider_than_that_of_independent_pairs() -> None:
    """One odd group that is far from all and does badly makes ten pairs, but one observation."""
    random = np.random.default_rng(0)
    odd = np.zeros((6, 6), bool)
    odd[0], odd[:, 0] = True, True
    distances = random.uniform(0, 1, (6, 6)) + 5 * odd
    distances = distances + distances.T
    found = spearman(
        pairs_of(distances, random.uniform(0.5, 0.7, (6, 6)) - 0.4 * odd), "band_distance"
    )
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    independent = np.tanh(np.arctanh(found.value) + np.array([-1, 1]) * 1.96 / np.sqrt(27))
    assert found.value < -0.5
    assert independent[1] < 0 < found.high
    assert found.low < independent[0]


def test_home_pairs_count_only_when_asked_for() -> None:
    pairs = random_pairs(1, "season")
    away, both = (spearman(pairs, "band_distance", home=home) for home in (False, True))
    assert away is not None
    assert both is not None
    assert (away.pairs, both.pairs) == (12, 16)
    moved = pairs.assign(accuracy=pairs.accuracy.where(~pairs.home, 9))
    assert spearman(moved, "band_distance") == away
    assert spearman(moved, "band_distance", home=True) != both


def test_too_few_groups_have_a_correlation_without_an_interval() -> None:
    pairs = random_pairs(2, "season")
    three = pairs[(pairs.train != "Fall") & (pairs.test != "Fall")]
    found = spearman(three, "band_distance")
    assert found is not None
    assert (found.pairs, found.groups, found.low, found.high) == (6, 3, None, None)
    two = three[(three.train != "Winter") & (three.test != "Winter")]
    assert spearman(two, "band_distance") is None


def test_a_perfect_order_has_no_interval_and_no_variation_no_correlation() -> None:
    distances = np.abs(np.subtract.outer([0, 1, 3, 7], [0, 1, 3, 7])).astype(float)
    perfect = spearman(pairs_of(distances, 1 - distances, "season"), "band_distance")
    assert perfect is not None
    assert perfect.value == pytest.approx(-1)
    assert (perfect.low, perfect.high) == (None, None)
    level = pairs_of(distances, np.full((4, 4), 0.5), "season")
    assert spearman(level, "band_distance") is None
    assert spearman(pairs_of(np.ones((4, 4)), distances, "season"), "band_distance") is None


def test_only_the_order_counts() -> None:
    pairs = random_pairs(3)
    stretched = pairs.assign(
        band_distance=np.exp(pairs.band_distance), accuracy=pairs.accuracy**3
    ).sample(frac=1, random_state=0)
    one, other = spearman(pairs, "band_distance"), spearman(stretched, "band_distance")
    assert one is not None
    assert other is not None
    np.testing.assert_allclose([one.value, one.low, one.high], [other.value, other.low, other.high])


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (-0.45, -0.7, 0.1, "tends to fall with .* includes zero: .*it is not shown"),
        (0.45, -0.1, 0.7, "tends to rise with .* includes zero: .*it is not shown"),
        (-0.45, -0.7, -0.1, "falls with .* excludes zero: .*the more similar the better"),
        (0.45, 0.1, 0.7, "rises with .* excludes zero: .*the more similar the worse"),
        (0.0, -0.5, 0.5, "is level with .* includes zero"),
        (-0.45, None, None, "No interval can be given .*it is not shown"),
    ],
)
def test_the_sentence_says_what_the_numbers_say(
    value: float, low: float | None, high: float | None, said: str
) -> None:
    found = Correlation(value, low, high, 30, 6, home=False)
    text = sentence(found, "landscape_distance", "continent")
    assert re.search(said, text)
    assert f"rho {value:+.2f}" in text
    assert "30 pairs of 6 continents" in text
    assert "home pairs" not in text
    if low is not None:
        assert f"95% {low:+.2f} to {high:+.2f}" in text


def test_the_sentence_has_the_permutation_p() -> None:
    found = spearman(random_pairs(1), "band_distance")
    assert found is not None and found.p is not None
    assert f"permutation p {found.p:.2f}" in sentence(found, "band_distance", "continent")
    both = spearman(random_pairs(1), "band_distance", home=True)
    assert both is not None and both.p is None
    small = Correlation(-0.9, -1.0, -0.5, 30, 6, home=False, p=2 / 720)
    assert "permutation p < 0.01" in sentence(small, "band_distance", "continent")


def test_what_chance_does_as_well_is_not_shown() -> None:
    by_chance = Correlation(-0.45, -0.7, -0.1, 30, 6, home=False, p=0.13)
    text = sentence(by_chance, "landscape_distance", "continent")
    assert "tends to fall with" in text
    assert "but continents dealt at random correlate as much too often: **it is not shown" in text
    rare = Correlation(-0.45, -0.7, -0.1, 30, 6, home=False, p=0.03)
    assert "the more similar the better" in sentence(rare, "landscape_distance", "continent")


def test_the_sentence_names_what_it_is_of() -> None:
    found = Correlation(-0.5, -0.8, 0.2, 16, len(SEASONS), home=True)
    text = sentence(found, "band_distance", "season", outcome="macro F1")
    assert text.startswith(
        "Macro F1 in this study tends to fall with the distance between band values"
    )
    assert "with the home pairs" in text
    assert "cannot be said" in sentence(None, "band_distance", "season")

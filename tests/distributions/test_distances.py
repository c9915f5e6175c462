"""Densities and distances from counts, against scipy on the pixels themselves."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import jensenshannon
from scipy.stats import gaussian_kde, ks_2samp, wasserstein_distance

from lcviz.distributions.distances import (
    DISTANCES,
    density,
    density_grid,
    distance_table,
    jensen_shannon,
    kolmogorov_smirnov,
    outside_share,
    quantiles,
    scott_bandwidth,
    wasserstein,
)

COUNTS = hnp.arrays(np.int64, 40, elements=st.integers(0, 9)).filter(lambda counts: counts.any())


def pixels(counts: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def sample() -> np.ndarray:
    random = np.random.default_rng(0)
    two = [random.normal(900, 120, 3000), random.gamma(4, 300, 2000)]
    return np.bincount(np.concatenate(two).clip(0, 9000).astype(int))


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_a_density_is_scipys_within_a_hundredth_of_its_peak(factor) -> None:
    counts = sample()
    dn, values = density(counts, factor=factor)
    kde = gaussian_kde(pixels(counts))
    kde.set_bandwidth(kde.scotts_factor() * factor)
    expected = kde(dn)
    assert np.abs(values - expected).max() < 0.01 * expected.max()
    assert np.abs(values - expected).max() < 1e-9, "it is exact, not only close"


def test_scotts_rule_is_scipys() -> None:
    counts = sample()
    kde = gaussian_kde(pixels(counts))
    assert scott_bandwidth(counts) == pytest.approx(np.sqrt(kde.covariance[0, 0]))


def test_a_density_holds_all_the_pixels_whatever_their_number() -> None:
    few = sample()
    dn = np.arange(-3_000, 15_000)  # the kernel of a dark pixel reaches below zero
    for counts in (few, few * 1_000_000):
        assert density(counts, grid=dn)[1].sum() == pytest.approx(1, abs=1e-6)


def test_equal_pixels_give_a_narrow_peak_and_none_give_an_error() -> None:
    counts = np.zeros(50, np.int64)
    with pytest.raises(ValueError, match="no pixel"):
        density(counts)
    counts[20] = 7
    dn, values = density(counts)
    assert dn[values.argmax()] == 20
    assert np.isfinite(values).all()


def test_a_grid_covers_nearly_all_and_has_no_more_points_than_asked() -> None:
    grid = density_grid(sample(), points=100)
    assert len(grid) <= 100
    assert (np.diff(grid) > 0).all()


@given(COUNTS, COUNTS)
@example(np.eye(40, dtype=np.int64)[0], np.eye(40, dtype=np.int64)[0])
def test_distances_are_scipys(p, q) -> None:
    assert wasserstein(p, q) == pytest.approx(wasserstein_distance(pixels(p), pixels(q)))
    with np.errstate(divide="ignore"):  # In the p-value of one pixel against one.
        statistic = ks_2samp(pixels(p), pixels(q), method="asymp").statistic
    assert kolmogorov_smirnov(p, q) == pytest.approx(statistic)
    expected = jensenshannon(p / p.sum(), q / q.sum(), base=2)
    assert jensen_shannon(p, q) == pytest.approx(np.nan_to_num(expected), abs=1e-7)


def test_distances_by_hand() -> None:
    p, q = np.array([4, 0, 0]), np.array([0, 0, 2, 0])
    assert wasserstein(p, q) == 2
    assert kolmogorov_smirnov(p, q) == 1
    assert jensen_shannon(p, q) == pytest.approx(1)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_table_is_symmetric_with_a_diagonal_of_zero(name) -> None:
    random = np.random.default_rng(1)
    groups = {name: random.integers(0, 5, (10, 30)) for name in "abc"}
    table = distance_table(groups, DISTANCES[name])
    assert table.shape == (3, 3, 10)
    np.testing.assert_array_equal(table, table.transpose(1, 0, 2))
    assert (table[[0, 1, 2], [0, 1, 2]] == 0).all()
    assert (table[0, 1] > 0).all()


@given(COUNTS, st.lists(st.floats(0.01, 1), min_size=1, max_size=4))
def test_quantiles_are_numpys(counts, shares) -> None:
    expected = np.quantile(pixels(counts), shares, method="inverted_cdf")
    found = quantiles(counts, shares)
    # numpy rounds the rank otherwise by 1e-16; then the two stand at neighbouring pixels.
    ranks = np.array(shares) * counts.sum()
    exact = np.abs(ranks - np.round(ranks)) > 1e-6
    np.testing.assert_array_equal(found[exact], expected[exact])


def test_how_much_of_an_image_lies_outside_its_group() -> None:
    group = np.tile(np.array([0, *[10] * 100]), (10, 1))
    inside, outside = np.zeros((10, 101), np.int64), np.zeros((10, 300), np.int64)
    inside[:, 50] = 4
    outside[:, [50, 250]] = 1, 3
    assert (outside_share(inside, group) == 0).all()
    assert outside_share(outside, group).tolist() == [0.75] * 10
    assert outside_share(group, group, tail=0.1).tolist() == pytest.approx([0.09] * 10, abs=0.02)

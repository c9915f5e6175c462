"""Curves, ranges and quartiles worked out by hand, and against scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from lcviz.data import published
from lcviz.distributions.curves import (
    DN_STEP,
    Curves,
    beside_published,
    bin_width,
    binned,
    dn_range,
    group_quartiles,
    quartiles,
    smoothed,
    thinned,
)
from lcviz.taxonomy import BANDS


def counts_of(*values: int, width: int = 3000) -> np.ndarray:
    """The same values in all ten bands."""
    return np.tile(np.bincount(values, minlength=width), (10, 1)).astype(np.int64)


def test_densities_are_those_of_scipy_in_percent_per_100_dn() -> None:
    values = np.random.default_rng(3).normal(1500, 200, 400).round().astype(int)
    grid = np.arange(1000, 2000, 50)
    curves = smoothed(counts_of(*values), 1.0, grid)
    expected = gaussian_kde(values)(grid) * 100 * 100
    np.testing.assert_allclose(curves[4], expected, rtol=1e-6, atol=1e-9)


def test_a_band_without_pixels_has_no_density() -> None:
    counts = counts_of(1000, 1001)
    counts[7] = 0
    curves = smoothed(counts, 1.0, np.arange(900, 1100))
    assert np.isnan(curves[7]).all()
    assert np.isfinite(np.delete(curves, 7, axis=0)).all()


def test_bins_hold_what_lies_in_them() -> None:
    middles, pixels = binned(counts_of(99, 100, 100, 149, 150, 199, 200), 100, 200, 50)
    assert middles.tolist() == [124.5, 174.5]
    assert pixels[0].tolist() == [3, 2]
    # Beyond the last DN that was counted there is nothing, and no error.
    assert binned(counts_of(5, width=6), 0, 100, 50)[1][0].tolist() == [1, 0]


@given(st.integers(0, 20), st.integers(1, 40), st.integers(10, 300))
def test_no_pixel_of_a_range_is_lost_in_bins(low: int, steps: int, bins: int) -> None:
    low, high = low * DN_STEP, (low + steps) * DN_STEP
    counts = np.ones((10, 20_000), np.int64)
    width = bin_width(low, high, bins)
    middles, pixels = binned(counts, low, high, width)
    assert len(middles) <= bins
    assert pixels[0].sum() >= high - low


def test_the_range_holds_every_band_and_is_round() -> None:
    counts = counts_of(*range(600, 700))
    counts[9] = counts_of(*range(2400, 2500))[9]
    assert dn_range(counts, 0.01) == (500, 2500)
    assert dn_range(np.zeros((10, 5), np.int64), 0.01) == (0, DN_STEP)


def test_a_thinned_grid_stays_even_and_within() -> None:
    grid = np.arange(0, 6000, 3)
    shown = grid[thinned(grid, 1000, 2000, 50)]
    assert shown.min() >= 1000 and shown.max() <= 2000
    assert len(shown) <= 50
    assert len(set(np.diff(shown))) == 1


def test_quartiles_by_hand() -> None:
    counts = counts_of(10, 20, 30, 40)
    counts[2] = 0
    table = quartiles(counts)
    assert "red" not in table.index
    assert table.loc["blue"].tolist() == [10, 20, 30]
    groups = group_quartiles("continent", {"Asia": counts, "Europe": counts_of(7)})
    assert groups[groups.continent == "Europe"].q25.tolist() == [7] * 10
    assert groups[groups.continent == "Asia"].pixels.tolist() == [4] * 9


def test_the_study_stands_beside_the_published_dataset() -> None:
    table = beside_published(counts_of(10, 20, 30, 40)).set_index("band")
    assert list(table.index) == list(BANDS)
    assert (table["median, study"] == 20).all()
    assert table["q75, published"]["nir1"] == published.band_statistics().q75["nir1"] == 2661
    assert list(beside_published(None).columns) == [
        "band",
        *(f"{name}, published" for name in ("q25", "median", "q75")),
    ]


def test_curves_become_rows() -> None:
    values = {"Asia": np.arange(20.0).reshape(10, 2), "Europe": np.zeros((10, 2))}
    rows = Curves(np.array([5.0, 6.0]), values, "label", steps=False).rows("continent", [1])
    assert rows.to_dict("list") == {
        "continent": ["Asia", "Asia", "Europe", "Europe"],
        "band": ["green"] * 4,
        "dn": [5, 6, 5, 6],
        "label": [2, 3, 0, 0],
    }

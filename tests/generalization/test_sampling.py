"""Intervals of cells and of their means: by hand, and by how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from lcviz.generalization.sampling import Sampling

GROUPS = 4


def sample(random: np.random.Generator, home: int, away: int) -> tuple[Sampling, np.ndarray]:
    """Scenes that are hard for all models, each of them at home on the first few; true means 0."""
    group = np.repeat(np.arange(GROUPS), away)
    values = random.normal(0, 0.15, len(group)) + random.normal(0, 0.08, (GROUPS, len(group)))
    for number in range(GROUPS):
        values[number, np.flatnonzero(group == number)[home:]] = np.nan
    cells = [
        [np.nanmean(values[model, group == test]) for test in range(GROUPS)]
        for model in range(GROUPS)
    ]
    return Sampling.of(values, group), np.array(cells)


def cell(model: int, test: int) -> np.ndarray:
    weights = np.zeros((GROUPS, GROUPS))
    weights[model, test] = 1
    return weights


def test_a_cell_has_the_interval_of_student():
    random = np.random.default_rng(1)
    values = np.full((2, 7), np.nan)
    values[0, 2:] = random.random(5)
    values[1, :2] = 0.2, 0.6
    found = Sampling.of(values, np.array([0, 0, 1, 1, 1, 1, 1]))
    weights = np.zeros((2, 2, 2))
    weights[0, 0, 1] = weights[1, 1, 0] = 1
    reach = found.reach(weights)
    low, high = stats.t.interval(0.95, 4, values[0, 2:].mean(), stats.sem(values[0, 2:]))
    assert reach[0] == pytest.approx((high - low) / 2)
    # Of two: half their difference times t of one degree of freedom, 12.706.
    assert reach[1] == pytest.approx(0.2 * 12.706, rel=1e-4)


def test_a_difference_to_home_has_the_interval_of_welch():
    found, _ = sample(np.random.default_rng(2), 3, 9)
    reach = found.reach(cell(0, 1) - cell(0, 0))
    away, home = found.reach(cell(0, 1)), found.reach(cell(0, 0))
    variances = np.array([away / stats.t.ppf(0.975, 8), home / stats.t.ppf(0.975, 2)]) ** 2
    freedom = variances.sum() ** 2 / (variances**2 / [8, 2]).sum()
    assert reach == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(variances.sum()))


def test_one_scene_or_scenes_that_do_not_differ_have_no_interval():
    found = Sampling.of(np.array([[0.5, 0.3, 0.3]]), np.array([0, 0, 0]))
    assert np.isfinite(found.reach(np.ones((1, 1))))
    assert np.isnan(Sampling.of(np.array([[0.3, 0.3]]), np.array([0, 0])).reach(np.ones((1, 1))))
    assert np.isnan(Sampling.of(np.array([[0.3, np.nan]]), np.array([0, 0])).reach(np.eye(1)))
    assert np.isnan(found.reach(np.zeros((1, 1))))


@pytest.mark.parametrize(("home", "away"), [(2, 5), (2, 12), (4, 4)])
def test_intervals_hold_the_truth_in_95_percent(home, away):
    """A home cell, the mean of all, that of the away cells, and the gap; 600 worlds each."""
    random = np.random.default_rng(3)
    all_home = np.eye(GROUPS) / GROUPS
    all_away = (1 - np.eye(GROUPS)) / (GROUPS * (GROUPS - 1))
    weights = np.stack([cell(0, 0), all_home, all_away, all_home - all_away])
    covered = np.zeros(len(weights))
    for _ in range(600):
        found, cells = sample(random, home, away)
        covered += np.abs((weights * cells).sum((1, 2))) <= found.reach(weights)
    assert (covered / 600 >= 0.92).all()
    assert covered[0] / 600 <= 0.98

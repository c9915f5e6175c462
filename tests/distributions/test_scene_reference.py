"""Single scenes beside a group, and groups of scenes dealt at random."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from lcviz.distributions.distances import DISTANCES, distance_table
from lcviz.distributions.scene_reference import (
    PERMUTATIONS,
    SceneReference,
    floor_in_words,
    in_words,
    noise_floor,
    scene_reference,
)

ALL = list(range(10))
WASSERSTEIN = DISTANCES["wasserstein"]


def scene(place: float, random: np.random.Generator, pixels: int = 300) -> np.ndarray:
    """A scene whose ten bands all lie about one DN."""
    values = random.normal(place, 20, pixels).round().astype(int).clip(0)
    return np.tile(np.bincount(values, minlength=1500), (10, 1)).astype(np.int64)


def shares(*values: float) -> np.ndarray:
    return np.tile(np.array(values)[:, None], (1, 10))


def test_a_scene_is_held_against_the_others_of_its_group():
    own = [np.tile(np.eye(100, dtype=np.int64)[place], (10, 1)) for place in (10, 20, 90)]
    found = scene_reference(sum(own), own, [np.tile(np.eye(100, dtype=np.int64)[50], (10, 1))])
    # Each but the middle one lies beyond the two others; the foreign one lies within.
    assert found.own[:, 0].tolist() == [1, 0, 1]
    assert found.foreign.tolist() == [[0] * 10]
    assert scene_reference(own[0], own[:1], []).own.shape == (0, 10)


def test_the_auc_is_that_of_mann_and_whitney():
    random = np.random.default_rng(0)
    own, foreign = random.random(20), random.random(30) + 0.2
    value, low, high = SceneReference(shares(*own), shares(*foreign)).auc(ALL)
    assert value == pytest.approx(mannwhitneyu(foreign, own).statistic / 600)
    assert low < value < high
    assert np.isnan(SceneReference(shares(0.1), shares(0.2, 0.3)).auc(ALL)).all()
    assert SceneReference(shares(0.1, 0.1), shares(0.1, 0.1)).auc([3])[0] == 0.5


def test_the_interval_of_the_auc_holds_the_truth_in_95_percent():
    random = np.random.default_rng(1)
    truth = 0.6406  # P(N(0.51, 1) > N(0, 1)) = Phi(0.51 / sqrt(2))
    found = [
        SceneReference(shares(*random.normal(0, 1, 15)), shares(*random.normal(0.51, 1, 60))).auc(
            [0]
        )
        for _ in range(400)
    ]
    assert 0.91 <= np.mean([low <= truth <= high for _, low, high in found]) <= 0.985


def test_words_say_nothing_where_scenes_from_elsewhere_lie_no_farther_out():
    random = np.random.default_rng(2)
    same = SceneReference(shares(*random.random(40)), shares(*random.random(40)))
    said = in_words(same, np.full(10, 0.99), ALL, "Asia")
    assert "does not tell whether it belongs to the group" in said
    assert f"AUC {same.auc(ALL)[0]:.2f}" in said and "n = 40" in said
    apart = SceneReference(shares(*random.random(40) * 0.1), shares(*random.random(40) + 0.2))
    assert "**Farther out than 19 in 20" in in_words(apart, np.full(10, 0.5), ALL, "Asia")
    said = in_words(apart, np.full(10, 0.05), ALL, "Asia")
    assert "**Not farther out" in said
    assert f"{(apart.own[:, 0] >= 0.05).sum()} lie as far out" in said
    few = SceneReference(apart.own[:9], apart.foreign)
    assert "too few to say" in in_words(few, np.full(10, 0.5), ALL, "Asia")


def test_scenes_dealt_at_random_are_the_noise_floor():
    random = np.random.default_rng(3)
    # Scenes differ, groups do not: whatever lies between the groups is chance.
    same = {g: [scene(random.normal(500, 100), random) for _ in range(8)] for g in "abc"}
    floor = noise_floor(same, WASSERSTEIN)
    assert floor.shape == (PERMUTATIONS, 10)
    assert 10 < floor.mean() < 120
    distances = distance_table({g: sum(of) for g, of in same.items()}, WASSERSTEIN)
    assert "not shown to be more than chance" in floor_in_words(distances, floor, ALL, WASSERSTEIN)
    apart = {
        g: [scene(random.normal(300 * (place + 1), 30), random) for _ in range(8)]
        for place, g in enumerate("abc")
    }
    distances = distance_table({g: sum(of) for g, of in apart.items()}, WASSERSTEIN)
    floor = noise_floor(apart, WASSERSTEIN)
    said = floor_in_words(distances, floor, ALL, WASSERSTEIN)
    assert "**more than chance gives** (p 0.03)" in said
    assert f"{floor.mean():,.0f} DN ± {floor.mean(1).std(ddof=1):,.0f} DN" in said


def test_one_group_has_no_noise_floor():
    floor = noise_floor({"a": [scene(500, np.random.default_rng(4))]}, WASSERSTEIN)
    assert floor.shape == (0, 10)
    assert floor_in_words(np.zeros((1, 1, 10)), floor, ALL, WASSERSTEIN) == ""

"""Tiles, dissimilarity and the area of applicability, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from lcviz.forecast.dissimilarity import dissimilarity, fit_space, scaled, share_outside, tile_means

TWO_SCENES = np.array(["a", "a", "b", "b"], dtype=object)
SQUARE = np.array([[0.0, 0], [0, 2], [2, 0], [2, 2]])


def test_tiles_are_means_of_valid_pixels():
    values = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    valid = np.ones((3, 4), bool)
    valid[0, 0] = False
    valid[2, 2:] = False
    means = tile_means(values, valid, tile=2)
    assert means.shape == (2, 2, 2)
    np.testing.assert_allclose(means[0, 0], [(1 + 4 + 5) / 3, (13 + 16 + 17) / 3])
    np.testing.assert_allclose(means[1, 0], [8.5, 20.5])  # the last row alone
    assert np.isnan(means[1, 1]).all()


def test_the_index_by_hand():
    space = fit_space(SQUARE, np.zeros(2), TWO_SCENES)
    assert space.mean == (1, 1)
    assert space.std == (1, 1)
    assert space.weights == (1, 1)
    # Of a square with sides of 2: four sides, two diagonals.
    assert space.mean_distance == pytest.approx((4 * 2 + 2 * np.sqrt(8)) / 6)
    # Each corner is 2 from the nearest corner of the other scene.
    assert space.threshold == pytest.approx(2 / space.mean_distance)
    di, nearest = dissimilarity(space, SQUARE, np.array([[0.0, 0], [2, 5], [np.nan, 1]]))
    np.testing.assert_allclose(di, [0, 3 / space.mean_distance, np.nan])
    assert nearest.tolist() == [0, 3, -1]
    assert share_outside(di, space) == 0.5


def test_what_does_not_matter_to_the_model_is_not_seen():
    space = fit_space(SQUARE, np.array([3.0, 0]), TWO_SCENES)
    assert space.weights == (2, 0)
    di, _ = dissimilarity(space, SQUARE, np.array([[0.0, 99]]))
    assert di.tolist() == [0]


def test_a_feature_that_does_not_vary_is_left_as_it_is():
    references = np.column_stack([SQUARE, np.full(4, 7.0)])
    space = fit_space(references, np.ones(3), TWO_SCENES)
    assert space.std[2] == 1
    assert np.isfinite(scaled(space, references)).all()


def test_the_threshold_is_the_upper_whisker_of_the_folds():
    random = np.random.default_rng(0)
    references = random.normal(size=(60, 3))
    scenes = np.repeat([f"s{i}" for i in range(6)], 10).astype(object)
    space = fit_space(references, np.array([1.0, 2, 3]), scenes)
    points = scaled(space, references)
    own = np.empty(60)
    for scene in np.unique(scenes):
        inside = scenes == scene
        others = NearestNeighbors(n_neighbors=1).fit(points[~inside])
        own[inside] = others.kneighbors(points[inside])[0][:, 0] / space.mean_distance
    q25, q75 = np.percentile(own, [25, 75])
    assert space.threshold == pytest.approx(min(q75 + 1.5 * (q75 - q25), own.max()))
    assert (own <= space.threshold + 1e-12).mean() > 0.9


def test_one_scene_alone_has_no_folds_and_lets_nothing_else_in():
    space = fit_space(SQUARE, np.ones(2), np.array(["a"] * 4, dtype=object))
    assert space.threshold == 0
    di, _ = dissimilarity(space, SQUARE, SQUARE + 0.01)
    assert share_outside(di, space) == 1


def test_nothing_known_is_no_share():
    space = fit_space(SQUARE, np.ones(2), TWO_SCENES)
    assert np.isnan(share_outside(np.array([np.nan]), space))


def test_the_same_references_give_the_same_space_beyond_the_sample():
    references = np.random.default_rng(1).normal(size=(2500, 2))
    scenes = np.array([f"s{i % 30}" for i in range(2500)], dtype=object)
    first = fit_space(references, np.ones(2), scenes)
    assert fit_space(references, np.ones(2), scenes) == first
    assert first.mean_distance == pytest.approx(np.sqrt(np.pi), rel=0.03)  # of two normal points

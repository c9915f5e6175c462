"""K-Means clusters of patches whose answer can be seen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lcviz.errors import ConfigurationError
from lcviz.landscapes import (
    MEANS,
    cluster_patches,
    count_different,
    representatives,
    silhouette,
    usable_patches,
)

TRUTH = np.repeat([0, 1, 2], [5, 7, 4])


def clouds() -> np.ndarray:
    """Three clouds: dark, middle, bright."""
    random = np.random.default_rng(0)
    return np.array([200.0, 1500, 6000])[TRUTH][:, None] + random.normal(0, 20, (len(TRUTH), 10))


def test_clouds_are_found_and_numbered_from_dark_to_bright() -> None:
    means = clouds()
    found = cluster_patches(means, 3)
    np.testing.assert_array_equal(found.labels, TRUTH)
    for cluster in range(3):
        np.testing.assert_allclose(found.centroids_dn[cluster], means[cluster == TRUTH].mean(0))


def test_neither_reruns_nor_the_order_of_the_patches_change_anything() -> None:
    random = np.random.default_rng(1)
    means = random.gamma(4, 400, (80, 10))
    first, again = cluster_patches(means, 6, seed=3), cluster_patches(means, 6, seed=3)
    np.testing.assert_array_equal(first.labels, again.labels)
    order = random.permutation(len(means))
    shuffled = cluster_patches(means[order], 6, seed=3)
    np.testing.assert_array_equal(shuffled.labels, first.labels[order])
    np.testing.assert_allclose(shuffled.centroids_dn, first.centroids_dn)


def test_each_patch_is_nearest_its_own_centroid() -> None:
    means = np.random.default_rng(2).gamma(4, 400, (60, 10))
    found = cluster_patches(means, 5)
    scale = means.std(axis=0)
    distances = np.linalg.norm((means[:, None] - found.centroids_dn) / scale, axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), found.labels)
    np.testing.assert_allclose(distances.min(axis=1), found.distances)
    assert found.inertia == pytest.approx((found.distances**2).sum())


def test_fewer_different_patches_than_clusters_is_a_clear_message() -> None:
    means = np.repeat(clouds()[:2], 10, axis=0)
    assert count_different(means) == 2
    with pytest.raises(ConfigurationError, match="3 clusters need at least 3 different patches"):
        cluster_patches(means, 3)


def test_a_band_that_never_changes_does_no_harm() -> None:
    means = clouds()
    means[:, 4] = 1000
    assert adjusted_rand_score(cluster_patches(means, 3).labels, TRUTH) == 1


def test_representatives_are_near_and_from_different_scenes() -> None:
    means = np.zeros((5, 10))
    means[:, 0] = [-1.0, 0.0, 0.1, 2.0, 900.0]
    found = cluster_patches(means, 2)
    near = representatives(found, ["a", "a", "a", "b", "c"], count=3)
    assert near == [[2, 3, 1], [4]]
    shown = representatives(
        found, ["a", "a", "a", "b", "c"], count=2, preferred=np.array([1, 0, 0, 0, 0], bool)
    )
    assert shown[0] == [0, 3]


def test_a_silhouette_tells_clouds_from_noise() -> None:
    means = clouds()
    assert silhouette(means, cluster_patches(means, 3)) > 0.8
    assert np.isnan(silhouette(means, cluster_patches(means, 1)))


def test_damaged_and_unmeasured_patches_are_left_out() -> None:
    table = pd.DataFrame(clouds()[:4], columns=MEANS).assign(
        status=["ok", "damaged: why", "no labels", "ok"]
    )
    table.loc[3, "mean_red"] = np.nan
    assert usable_patches(table).status.tolist() == ["ok", "no labels"]

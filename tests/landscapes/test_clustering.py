import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from lcviz.errors import ConfigurationError
from lcviz.landscapes.clustering import (
    Clustering,
    cluster_patches,
    count_different,
    representatives,
    silhouette,
    stability,
    usable_patches,
    usual_starts,
)
from lcviz.study.columns import MEANS


def blobs(n: int = 300, k: int = 6, seed: int = 0) -> np.ndarray:
    """Band means around k random spectra, DN."""
    random = np.random.default_rng(seed)
    return random.uniform(300, 4000, (k, 10))[random.integers(0, k, n)] + random.normal(
        0, 60, (n, 10)
    )


def test_three_obvious_landscapes_are_found_and_numbered_from_dark_to_bright() -> None:
    bright, dark, middle = (np.full((2, 10), float(dn)) for dn in (3000, 100, 1000))
    bright[1] += 20
    dark[1] += 10
    means = np.concatenate([bright, dark, middle])
    means[5] += 2
    found = cluster_patches(means, 3)
    assert found.labels.tolist() == [2, 2, 0, 0, 1, 1]
    np.testing.assert_allclose(found.centroids_dn[:, 0], [105, 1001, 3010])
    # All bands are alike, so a distance is sqrt(10) of that of one band, in its deviations.
    deviation = means[:, 0].std()
    expected = np.sqrt(10) * np.array([10, 10, 5, 5, 1, 1]) / deviation
    np.testing.assert_allclose(found.distances, expected)
    assert found.inertia == pytest.approx((expected**2).sum())


def test_a_band_counts_by_its_deviation_not_by_its_range() -> None:
    random = np.random.default_rng(0)
    means = np.zeros((40, 10))
    means[:, 0] = np.repeat([0.0, 10.0], 20)
    means[:, 9] = random.normal(5000, 300, 40)
    assert cluster_patches(means, 2).labels.tolist() == [0] * 20 + [1] * 20


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_neither_clusters_nor_numbers_depend_on_the_order_of_patches(seed: int) -> None:
    means = blobs()
    order = np.random.default_rng(seed).permutation(len(means))
    found, shuffled = cluster_patches(means, 6), cluster_patches(means[order], 6)
    assert shuffled.labels.tolist() == found.labels[order].tolist()
    np.testing.assert_array_equal(shuffled.distances, found.distances[order])
    np.testing.assert_array_equal(shuffled.centroids_dn, found.centroids_dn)
    assert silhouette(means[order], shuffled, sample=100) == silhouette(means, found, sample=100)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(2, 9))
def test_centroids_are_means_and_members_are_nearest_to_their_own(seed: int, k: int) -> None:
    means = np.random.default_rng(seed).uniform(0, 5000, (80, 10))
    found = cluster_patches(means, k, seed=seed, starts=2)
    assert set(found.labels) == set(range(k))
    own = np.array([means[found.labels == cluster].mean(0) for cluster in range(k)])
    np.testing.assert_allclose(found.centroids_dn, own)
    assert (np.diff(found.centroids_dn.sum(1)) >= 0).all()
    scale = means.std(0)
    distances = np.linalg.norm((means[:, None] - found.centroids_dn) / scale, axis=-1)
    np.testing.assert_allclose(distances.min(1), found.distances)
    np.testing.assert_allclose(distances[range(80), found.labels], found.distances)


def test_it_fits_no_worse_than_scikit_learn() -> None:
    means = np.random.default_rng(3).uniform(0, 5000, (500, 10))
    features = StandardScaler().fit_transform(means)
    theirs = KMeans(16, n_init=10, random_state=0).fit(features)
    assert cluster_patches(means, 16).inertia <= 1.01 * theirs.inertia_


def test_constant_bands_say_nothing_and_break_nothing() -> None:
    means = np.full((4, 10), 700.0)
    means[:, 3] = [1, 2, 100, 101]
    assert cluster_patches(means, 2).labels.tolist() == [0, 0, 1, 1]


def test_patches_that_are_the_same_count_once() -> None:
    means = np.repeat(np.arange(3.0)[:, None], 10, axis=1)[[0, 0, 1, 1, 2, 2]]
    assert count_different(means) == 3
    assert cluster_patches(means, 3).labels.tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ConfigurationError, match=r"4 clusters need .* there are 3"):
        cluster_patches(means, 4)
    assert count_different(means[:0]) == 0
    with pytest.raises(ConfigurationError, match="there are 0"):
        cluster_patches(means[:0], 2)


def test_a_mean_that_is_missing_is_refused() -> None:
    means = blobs(20)
    means[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        cluster_patches(means, 3)


def test_damaged_and_unmeasured_patches_are_left_out_and_unlabelled_ones_are_not() -> None:
    statuses = ["ok", "no labels", "no imagery", "damaged: truncated", "ok"]
    patches = pd.DataFrame(
        {"patch_id": list("abcde"), "status": statuses} | dict.fromkeys(MEANS, 1.0)
    )
    patches.loc[2, MEANS] = np.nan
    patches.loc[4, MEANS[-1]] = np.nan
    assert usable_patches(patches).patch_id.tolist() == ["a", "b"]


def clustering(labels: list[int], distances: list[float]) -> Clustering:
    k = max(labels) + 1
    return Clustering(np.array(labels), np.array(distances), np.zeros((k, 10)), 0.0)


def test_representatives_are_near_and_from_different_scenes_first() -> None:
    found = clustering([0, 0, 0, 0, 1, 1], [0.3, 0.1, 0.2, 0.9, 0.5, 0.4])
    scenes = ["a", "a", "a", "b", "a", "a"]
    assert representatives(found, scenes) == [[1, 3, 2, 0], [5, 4]]
    assert representatives(found, scenes, count=2) == [[1, 3], [5, 4]]


def test_patches_that_can_be_shown_are_preferred_as_representatives() -> None:
    found = clustering([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4])
    browsable = np.array([False, False, True, True])
    assert representatives(found, list("abbb"), preferred=browsable) == [[2, 3, 0, 1]]
    assert representatives(found, list("abca"), count=3, preferred=browsable) == [[2, 3, 1]]


def test_the_silhouette_is_that_of_standardised_means() -> None:
    means = blobs()
    found = cluster_patches(means, 6)
    expected = silhouette_score(StandardScaler().fit_transform(means), found.labels)
    assert silhouette(means, found) == pytest.approx(expected)
    sampled = silhouette(means, found, sample=200, seed=1)
    assert sampled == silhouette(means, found, sample=200, seed=1)
    assert sampled == pytest.approx(expected, abs=0.05)


def test_neither_one_patch_a_cluster_nor_one_cluster_has_a_silhouette() -> None:
    means = blobs(4, seed=2)
    assert np.isnan(silhouette(means, cluster_patches(means, 4)))
    assert np.isnan(silhouette(means, cluster_patches(means, 1)))


def test_clusters_that_other_scenes_would_give_too_are_stable() -> None:
    means = blobs()
    scenes = np.random.default_rng(0).integers(0, 20, len(means))
    assert stability(means, cluster_patches(means, 6), scenes) > 0.99
    noise = np.random.default_rng(1).normal(1000, 100, (300, 10))
    noise_scenes = np.random.default_rng(2).integers(0, 20, 300)
    found = stability(noise, cluster_patches(noise, 6, starts=5), noise_scenes)
    assert 0 < found < 0.8
    order = np.random.default_rng(3).permutation(300)
    again = cluster_patches(noise[order], 6, starts=5)
    assert stability(noise[order], again, noise_scenes[order]) == pytest.approx(found)


def test_draws_with_too_few_patches_tell_nothing_of_stability() -> None:
    means = blobs(4, seed=2)
    one_scene_a_patch = np.arange(4)
    found = cluster_patches(means, 4)
    assert np.isnan(stability(means, found, one_scene_a_patch, bootstraps=1))


def test_more_starts_where_they_are_cheap() -> None:
    assert usual_starts(360) == 50
    assert usual_starts(180_662) == 10

"""The published landscapes: what was printed, and what follows from it."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from lcviz.data import published
from lcviz.data import published_landscapes as facts
from lcviz.data.catalog import sen12ms_scenes
from lcviz.landscapes.groups import shares
from lcviz.landscapes.published import (
    landscape_distances,
    mean_entropies,
    nearest_sentence,
    transfer_sentence,
)
from lcviz.taxonomy import AXES, CONTINENTS


def test_counts_are_those_of_table_1_to_a_reading_of_bars() -> None:
    for axis in AXES:
        counts = facts.cluster_counts(axis)
        totals = sen12ms_scenes().groupby(axis).patches.sum().reindex(counts.index)
        assert tuple(counts.index) == AXES[axis]
        np.testing.assert_allclose(counts.sum(axis=1), totals, atol=3)
    by_continent, by_season = (facts.cluster_counts(axis).sum() for axis in AXES)
    large = by_continent > 5000
    assert np.abs(by_season[large] / by_continent[large] - 1).max() < 0.1


def test_entropies_are_the_authors_to_a_reading_of_bars() -> None:
    # Independently of the code: Bayes with equal priors, cluster by cluster.
    counts = facts.cluster_counts("continent").to_numpy()
    given = counts / counts.sum(axis=1, keepdims=True)
    nats = []
    for cluster in given.T:
        p = cluster[cluster > 0] / cluster.sum()
        nats.append(-(p * np.log(p)).sum())
    found = mean_entropies(facts.cluster_counts("continent"))
    assert found["mean"] == pytest.approx(np.mean(nats))
    assert found["median"] == pytest.approx(np.median(nats))
    assert found["weighted"] == pytest.approx(np.average(nats, weights=counts.sum(axis=0)))
    authors = facts.authors_entropy()
    assert {name: round(value, 3) for name, value in authors.items()} == {
        "mean": 1.264,
        "weighted": 1.564,
        "median": 1.541,
    }
    assert all(abs(found[name] - authors[name]) < 0.006 for name in authors)


def test_every_representative_is_of_a_scene_of_the_catalogue() -> None:
    scenes = sen12ms_scenes().set_index("scene_id")
    for cluster, patch_id in enumerate(facts.representatives()):
        continent = scenes.continent[patch_id.rpartition("_p")[0]]
        # Fall 52 lies east of the Urals: the authors count it to Europe, as the catalogue does.
        assert facts.cluster_counts("continent").loc[continent, cluster] > 0


def test_classes_and_names() -> None:
    found = facts.class_shares()
    assert np.isnan(found[5]).all()  # No patch of North America.
    np.testing.assert_allclose(np.delete(found, 5, axis=0).sum(axis=1), 1, atol=0.01)
    assert found[6, 7] == pytest.approx(0.929)  # Water.
    assert found[3, 1] == pytest.approx(0.554)  # Open forest.
    names = facts.cluster_names()
    assert [names[i] for i in (5, 9, 11, 14)] == ["Desert", "Snow or tundra", "Arid", "Rainforest"]
    assert names[6] == "Water Bodies 93% in North America"


def test_the_one_confusion_matrix() -> None:
    confusion = facts.north_america_to_africa()
    assert confusion.shape == (8, 8)
    assert confusion.sum() == 2_017_525_668
    assert confusion[6, 2] == 306_812_715  # Barren taken for herbaceous.
    assert confusion[5].sum() == 0  # No snow in Africa.


def test_similarity_on_the_papers_own_numbers() -> None:
    counts = facts.cluster_counts("continent")
    distances = landscape_distances(shares(counts))
    accuracy = published.table_4().mean
    off = ~np.eye(6, dtype=bool)
    rhos = [
        spearmanr(d.to_numpy()[off], accuracy.to_numpy()[off]).statistic for d in distances.values()
    ]
    assert rhos == pytest.approx([-0.34, -0.42], abs=0.005)
    said = transfer_sentence(distances, accuracy, "continent")
    assert "-0.34 with the Jensen-Shannon distance (p = 0.13)" in said
    assert "-0.42 with total variation (p = 0.08)" in said
    assert "do not settle who can be trusted where" in said
    near = nearest_sentence(distances, "continent")
    assert "Africa: Asia by the Jensen-Shannon distance, South America by total variation" in near
    assert "Europe: North America;" in near
    assert list(distances["total variation"].index) == list(CONTINENTS)


def test_the_words_follow_the_numbers() -> None:
    distances = landscape_distances(shares(facts.cluster_counts("continent")))
    perfect = 1 - distances["total variation"]
    said = transfer_sentence(
        {"total variation": distances["total variation"]}, perfect, "continent"
    )
    assert "-1.00 with total variation (p = 0.00)" in said
    assert "the more alike the landscapes, the better a model travels" in said

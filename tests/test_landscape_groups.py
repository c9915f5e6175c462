"""Cluster histograms and what is read off them, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from lcviz.landscape_groups import (
    bootstrap_cloud,
    cluster_counts,
    entropy,
    pca,
    posterior,
    shares,
)

# Asia: 3 patches in cluster 0, 1 in cluster 1. Europe: 1 in cluster 0, 11 in cluster 1.
PATCHES = pd.DataFrame(
    {
        "patch_id": [f"p{i}" for i in range(17)],
        "scene_id": [f"s{i % 5}" for i in range(17)],
        "continent": ["Europe"] * 12 + ["Asia"] * 4 + [None],
        "season": ["Fall"] * 17,
    }
)
MEMBERSHIP = pd.DataFrame(
    {"patch_id": PATCHES.patch_id, "cluster": [0] + [1] * 11 + [0, 0, 0, 1] + [2]}
)
COUNTS = cluster_counts(MEMBERSHIP, PATCHES, "continent")


def test_counts_and_shares() -> None:
    assert COUNTS.index.tolist() == ["Asia", "Europe"], "a continent without patches is absent"
    assert COUNTS.to_numpy().tolist() == [[3, 1, 0], [1, 11, 0]]
    assert shares(COUNTS).loc["Asia"].tolist() == [0.75, 0.25, 0]
    assert cluster_counts(MEMBERSHIP, PATCHES, "season").to_numpy().tolist() == [[4, 12, 1]]


def test_the_posterior_with_equal_continents_is_the_papers_figure_7() -> None:
    # P(0 | Asia) = 3/4, P(0 | Europe) = 1/12: 9 to 1. P(1 | .) = 1/4 and 11/12: 3 to 11.
    found = posterior(COUNTS)
    assert found[0].tolist() == pytest.approx([0.9, 0.1])
    assert found[1].tolist() == pytest.approx([3 / 14, 11 / 14])
    assert found[2].isna().all(), "an empty cluster says nothing"


def test_the_posterior_with_the_datasets_shares() -> None:
    found = posterior(COUNTS, "dataset")
    assert found[0].tolist() == [0.75, 0.25]
    assert found[1].tolist() == pytest.approx([1 / 12, 11 / 12])


def test_entropy_tells_which_landscape_gives_its_continent_away() -> None:
    table = pd.DataFrame({0: [1.0, 0.0], 1: [0.5, 0.5], 2: [np.nan, np.nan]})
    found = entropy(table)
    assert found[[0, 1]].tolist() == [0, 1]
    assert np.isnan(found[2])


def test_two_continents_differ_along_one_line() -> None:
    found = pca(shares(COUNTS))
    assert found is not None
    assert found.explained.tolist() == pytest.approx([1])
    difference = shares(COUNTS).loc["Asia"] - shares(COUNTS).loc["Europe"]
    apart = abs(found.scores.PC1["Asia"] - found.scores.PC1["Europe"])
    assert apart == pytest.approx(np.linalg.norm(difference))
    direction = found.loadings.PC1.to_numpy()
    assert abs(direction @ difference) == pytest.approx(np.linalg.norm(difference))
    pd.testing.assert_frame_equal(
        found.project(shares(COUNTS)), found.scores, check_names=False, atol=1e-12
    )


def test_one_continent_has_no_components() -> None:
    assert pca(shares(COUNTS).iloc[:1]) is None


def test_the_cloud_is_seeded_and_lies_around_its_continent() -> None:
    components = pca(shares(COUNTS))
    assert components is not None
    cloud = bootstrap_cloud(MEMBERSHIP, PATCHES, ["continent"], components, draws=400, seed=1)
    again = bootstrap_cloud(MEMBERSHIP, PATCHES, ["continent"], components, draws=400, seed=1)
    pd.testing.assert_frame_equal(cloud, again)
    assert cloud.groupby("group").size().to_dict() == {"Asia": 400, "Europe": 400}
    middle = cloud.groupby("group").PC1.mean()
    apart = abs(components.scores.PC1["Asia"] - components.scores.PC1["Europe"])
    assert abs(middle["Europe"] - components.scores.PC1["Europe"]) < 0.1 * apart


def test_one_scene_has_no_cloud() -> None:
    components = pca(shares(COUNTS))
    assert components is not None
    one = PATCHES.assign(scene_id=PATCHES.continent.fillna("none"))
    assert bootstrap_cloud(MEMBERSHIP, one, ["continent"], components).empty

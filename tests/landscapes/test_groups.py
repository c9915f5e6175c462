import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lcviz.landscapes.groups import (
    bootstrap_cloud,
    cluster_counts,
    entropy,
    pca,
    posterior,
    shares,
)

# patch, scene, season, continent, cluster
PATCHES = pd.DataFrame(
    [
        ("p1", "s1", "Winter", "Europe", 0),
        ("p2", "s1", "Winter", "Europe", 0),
        ("p3", "s2", "Spring", "Europe", 0),
        ("p4", "s2", "Spring", "Europe", 2),
        ("p5", "s3", "Spring", "Africa", 2),
        ("p6", "s3", "Spring", "Africa", 0),
        ("p7", "s4", "Spring", None, 1),
    ],
    columns=["patch_id", "scene_id", "season", "continent", "cluster"],
)
MEMBERSHIP = PATCHES[["patch_id", "cluster"]]
TABLE = PATCHES.drop(columns="cluster")


def test_counts_are_those_of_the_groups_with_patches_in_the_fields_order() -> None:
    continents = cluster_counts(MEMBERSHIP, TABLE, "continent")
    assert continents.index.tolist() == ["Africa", "Europe"]
    assert continents.columns.tolist() == [0, 1, 2]
    assert continents.to_numpy().tolist() == [[1, 0, 1], [3, 0, 1]]
    seasons = cluster_counts(MEMBERSHIP, TABLE, "season")
    assert seasons.index.tolist() == ["Spring", "Winter"]
    assert seasons.to_numpy().tolist() == [[2, 1, 2], [2, 0, 0]]
    assert shares(continents).to_numpy().tolist() == [[0.5, 0, 0.5], [0.75, 0, 0.25]]


def test_patches_in_one_table_only_are_not_counted() -> None:
    counts = cluster_counts(MEMBERSHIP[1:], TABLE[:3], "continent")
    assert counts.to_numpy().tolist() == [[2, 0, 0]]
    assert cluster_counts(MEMBERSHIP, TABLE[-1:], "continent").empty


def test_the_equal_prior_is_the_papers_figure_and_the_dataset_prior_its_shares() -> None:
    counts = cluster_counts(MEMBERSHIP, TABLE, "continent")
    # Africa has 2 of 6 patches, Europe 4. Cluster 0: 1 / (2/6) = 3 against 3 / (4/6) = 4.5.
    equal = posterior(counts, "equal")
    np.testing.assert_allclose(equal[0], [3 / 7.5, 4.5 / 7.5])
    np.testing.assert_allclose(equal[2], [2 / 3, 1 / 3])
    dataset = posterior(counts, "dataset")
    np.testing.assert_allclose(dataset[0], [1 / 4, 3 / 4])
    np.testing.assert_allclose(dataset[2], [1 / 2, 1 / 2])
    assert equal[1].isna().all()
    assert dataset[1].isna().all()


def test_entropy_is_in_bits() -> None:
    probabilities = pd.DataFrame(
        {0: [0.25] * 4, 1: [1.0, 0, 0, 0], 2: [0.5, 0.5, 0, 0], 3: [np.nan] * 4}
    )
    np.testing.assert_allclose(entropy(probabilities), [2, 0, 1, np.nan])


counts_tables = arrays(np.int64, (4, 5), elements=st.integers(0, 50)).filter(
    lambda counts: (counts.sum(1) > 0).all()
)


@given(counts_tables, st.integers(1, 9))
def test_a_group_with_more_patches_of_the_same_kinds_changes_only_the_dataset_prior(
    counts: np.ndarray, factor: int
) -> None:
    table = pd.DataFrame(counts)
    larger = table.copy()
    larger.iloc[0] *= factor
    pd.testing.assert_frame_equal(posterior(table), posterior(larger))
    for prior in ("equal", "dataset"):
        sums = posterior(larger, prior).sum(skipna=False)
        np.testing.assert_allclose(sums, np.where(counts.sum(0) > 0, 1, np.nan))
    bits = entropy(posterior(table)).dropna()
    assert bits.between(-1e-9, 2 + 1e-9).all()


def test_two_groups_differ_along_the_line_between_them() -> None:
    table = pd.DataFrame([[0.75, 0.25, 0], [0.25, 0.75, 0]], index=["Africa", "Asia"])
    found = pca(table)
    assert found is not None
    assert found.scores.columns.tolist() == ["PC1"]
    np.testing.assert_allclose(found.explained, [1])
    # The largest loading is positive: the first cluster's, of which Africa has more.
    half = np.sqrt(0.5)
    np.testing.assert_allclose(np.abs(found.loadings.PC1), [half, half, 0], atol=1e-12)
    np.testing.assert_allclose(np.abs(found.scores.PC1), [half / 2] * 2)
    np.testing.assert_allclose(found.scores.PC1.sum(), 0, atol=1e-12)
    np.testing.assert_allclose(found.mean, [0.5, 0.5, 0])


@given(counts_tables)
def test_components_rebuild_the_histograms(counts: np.ndarray) -> None:
    table = shares(pd.DataFrame(counts))
    found = pca(table)
    assert found is not None
    assert found.scores.shape == (4, 3)
    rebuilt = found.scores @ found.loadings.T + found.mean
    np.testing.assert_allclose(rebuilt, table, atol=1e-9)
    np.testing.assert_allclose(found.project(table), found.scores, atol=1e-12)
    np.testing.assert_allclose(found.loadings.T @ found.loadings, np.eye(3), atol=1e-9)
    largest = found.loadings.to_numpy()[np.abs(found.loadings.to_numpy()).argmax(0), range(3)]
    assert (largest > 0).all()
    variance = np.linalg.svd(table - table.mean(), compute_uv=False)[:3] ** 2
    expected = variance / variance.sum() if variance.sum() > 1e-20 else None
    if expected is not None:
        np.testing.assert_allclose(found.explained, expected, atol=1e-9)


def test_one_group_has_no_components_and_equal_groups_explain_nothing() -> None:
    table = pd.DataFrame([[0.5, 0.5]], index=["Asia"])
    assert pca(table) is None
    assert pca(table[:0]) is None
    same = pca(pd.concat([table, table.set_axis(["Europe"])]))
    assert same is not None
    assert same.explained.tolist() == [0]
    assert same.scores.to_numpy().tolist() == [[0], [0]]


def test_the_cloud_resamples_whole_scenes() -> None:
    seasons = shares(cluster_counts(MEMBERSHIP, TABLE, "season"))
    continents = shares(cluster_counts(MEMBERSHIP, TABLE, "continent"))
    components = pca(pd.concat([continents, seasons]))
    assert components is not None
    cloud = bootstrap_cloud(MEMBERSHIP, TABLE, ["continent"], components, draws=400, seed=5)
    # Africa has one scene, which says nothing about how scenes vary.
    assert set(cloud.group) == {"Europe"}
    # Europe's scenes hold (2, 0, 0) and (1, 0, 1): three histograms, one twice as often.
    possible = components.project(
        pd.DataFrame([[1, 0, 0], [0.75, 0, 0.25], [0.5, 0, 0.5]], columns=seasons.columns)
    )
    places = cloud[["PC1", "PC2"]].to_numpy()
    apart = np.linalg.norm(places[:, None] - possible[["PC1", "PC2"]].to_numpy(), axis=-1)
    np.testing.assert_allclose(apart.min(1), 0, atol=1e-12)
    np.testing.assert_allclose(np.bincount(apart.argmin(1)) / 400, [0.25, 0.5, 0.25], atol=0.08)


def test_the_cloud_is_seeded_and_does_not_depend_on_order_or_other_groups() -> None:
    random = np.random.default_rng(0)
    n = 400
    table = pd.DataFrame(
        {
            "patch_id": [f"p{i}" for i in range(n)],
            "scene_id": [f"s{i // 10}" for i in range(n)],
            "continent": [("Asia", "Europe", "Africa")[i // 10 % 3] for i in range(n)],
            "season": [("Fall", "Winter")[i // 10 % 2] for i in range(n)],
        }
    )
    members = pd.DataFrame({"patch_id": table.patch_id, "cluster": random.integers(0, 5, n)})
    axes = ["season", "continent"]
    components = pca(pd.concat([shares(cluster_counts(members, table, axis)) for axis in axes]))
    assert components is not None
    both = bootstrap_cloud(members, table, axes, components, draws=20)
    assert both.groupby("group").size().to_dict() == dict.fromkeys(components.scores.index, 20)
    shuffled = bootstrap_cloud(
        members.sample(frac=1, random_state=1), table[::-1], axes[::-1], components, draws=20
    )
    pd.testing.assert_frame_equal(both, shuffled)
    alone = bootstrap_cloud(
        members, table[table.continent == "Europe"], ["continent"], components, draws=20
    )
    europe = both[both.group == "Europe"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, europe)
    assert not bootstrap_cloud(members, table, axes, components, draws=20, seed=1).equals(both)


@pytest.mark.parametrize("axis", ["continent", "season"])
def test_nothing_to_count_is_no_error(axis: str) -> None:
    empty = cluster_counts(MEMBERSHIP[:0], TABLE, axis)
    assert empty.empty
    assert pca(shares(empty)) is None

import numpy as np
import pandas as pd
import pytest

from lcviz.landscapes.groups import entropy, pca, posterior, shares
from lcviz.landscapes.words import (
    component_in_words,
    giveaway,
    stability_in_words,
    where_it_is,
)
from lcviz.words import listed

NAMES = ("Water", "Barren", "Mixed")
# Cluster 0 is half and half, cluster 1 is Asia's alone, no patch of cluster 2 is on a continent.
COUNTS = pd.DataFrame([[4, 0, 0], [4, 4, 0]], ["Africa", "Asia"], [0, 1, 2])


def test_where_a_cluster_is() -> None:
    said = where_it_is(COUNTS, 1, "continent")
    assert "**Asia**: 50.0% of the patches there (4 of 8)." in said
    assert said.endswith("Absent from Africa.")
    assert "**Africa**: 100.0%" in where_it_is(COUNTS, 0, "continent")
    assert where_it_is(COUNTS, 2, "season") == "None of its patches lies in a known season."


def test_which_clusters_give_their_group_away() -> None:
    table = posterior(COUNTS, "equal")
    first, second = giveaway(table, entropy(table), NAMES, "continent")
    assert "Lowest entropy: **1 · Barren**, 0.00 of at most 1.00 bits" in first
    assert "**Asia** with P = 1.00" in first
    assert "Highest: **0 · Water** (0.92 bits)" in first  # shares 1 and 1/2: P = 2/3 and 1/3
    assert "2 of 2 clusters" in second and second.endswith("Africa (0) and Asia (1).")


def test_one_group_gives_nothing_away() -> None:
    alone = posterior(COUNTS.loc[["Africa"]])
    said = giveaway(alone, entropy(alone), NAMES, "continent")
    assert said == ["With fewer than two continents there is nothing to give away."]


def test_a_component_in_words() -> None:
    components = pca(shares(COUNTS))
    assert components is not None
    said = component_in_words(components, "PC1", NAMES)
    assert said.startswith("**PC1**, 100% of the variance, sets ")
    assert "**Africa** (0 · Water)" in said and "**Asia** (1 · Barren)" in said


def test_groups_that_do_not_differ() -> None:
    same = pca(pd.DataFrame(np.full((2, 3), 1 / 3), ["Africa", "Asia"]))
    assert same is not None
    assert "do not differ" in component_in_words(same, "PC1", NAMES)


def test_lists() -> None:
    assert [listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.92, "**much the same**"), (0.58, "**partly others**"), (0.3, "**others**")],
)
def test_stability_says_what_the_index_says(value: float, said: str) -> None:
    text = stability_in_words(value, 16)
    assert said in text and f"index {value:.2f}" in text and "K = 16" in text
    assert stability_in_words(np.nan, 16) == ""

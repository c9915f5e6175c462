import numpy as np
import pytest
from results_tables import ASYMMETRIC, matrix_of, result
from scipy import stats

from lcviz.data import published
from lcviz.generalization.headline import (
    Estimate,
    headline,
    model_estimates,
    model_rows,
    sentences,
)
from lcviz.generalization.tables import published_matrix

CONTINENT = published_matrix(published.table_4(), "continent")
SEASON = published_matrix(published.table_5(), "season")


def test_the_published_continents() -> None:
    found = headline(CONTINENT)
    home = (0.643 + 0.694 + 0.682 + 0.792 + 0.529 + 0.757) / 6
    away = (CONTINENT.mean.to_numpy().sum() - 6 * home) / 30
    assert found.home == Estimate(pytest.approx(home))
    assert found.away == Estimate(pytest.approx(away))
    assert found.gap == Estimate(pytest.approx(home - away))
    assert found.worst_pair == ("Australia", "Asia", 0.38)
    assert found.worst_group["Europe"] == ("Australia", 0.452)
    assert list(found.better_away) == ["North America"]
    assert found.better_away["North America"][0] == ("Europe", 0.674)
    assert found.hardest == ("Australia", pytest.approx(0.4544), "Asia", 0.501)


def test_each_model_has_a_row() -> None:
    rows = model_rows(headline(CONTINENT), CONTINENT).set_index("Trained on")
    assert list(rows.index) == list(CONTINENT.groups)
    assert rows.loc["Europe", ["Worst on", "Value there"]].tolist() == ["Australia", 0.452]
    away = np.mean([0.51, 0.63, 0.452, 0.612, 0.588])
    assert rows.loc["Europe", ["Home", "Elsewhere", "Gap"]].tolist() == pytest.approx(
        [0.792, away, 0.792 - away]
    )
    table = model_rows(headline(matrix_of(*ASYMMETRIC)), matrix_of(*ASYMMETRIC))
    assert table["Trained on"].tolist() == ["Europe", "North America"]


def test_each_models_estimates_by_hand() -> None:
    """Of Europe two scenes at home, two in Asia and three in Africa; Student's t by hand."""
    rows = (
        result("Europe", "e1", "Europe", 9, 1),
        result("Europe", "e2", "Europe", 7, 3),
        result("Europe", "a1", "Asia", 4, 6),
        result("Europe", "a2", "Asia", 6, 4),
        result("Europe", "f1", "Africa", 2, 8),
        result("Europe", "f2", "Africa", 3, 7),
        result("Europe", "f3", "Africa", 4, 6),
    )
    (row,) = model_estimates(matrix_of(*rows)).to_dict("records")
    assert row["Trained on"] == "Europe"
    assert row["home"] == pytest.approx(0.8)
    # Two scenes that lie 0.2 apart: standard error 0.1, t(0.975, 1) = 12.706, cut off at 1.
    assert (row["home_low"], row["home_high"]) == (0.0, 1.0)
    assert row["elsewhere"] == pytest.approx((0.5 + 0.3) / 2)
    assert row["gap"] == pytest.approx(0.4)
    # Half of each cell: variances 0.1^2 / 4 and (0.1 / sqrt(3))^2 / 4, Satterthwaite's freedom.
    parts = np.array([0.1**2, 0.1**2 / 3]) / 4
    freedom = parts.sum() ** 2 / (parts**2 / np.array([1, 2])).sum()
    reach = stats.t.ppf(0.975, freedom) * np.sqrt(parts.sum())
    assert row["elsewhere_high"] - row["elsewhere"] == pytest.approx(reach)
    assert row["elsewhere"] - row["elsewhere_low"] == pytest.approx(reach)


def test_estimates_of_models_average_to_the_headline() -> None:
    table, found = model_estimates(CONTINENT), headline(CONTINENT)
    for name, estimate in (("home", found.home), ("elsewhere", found.away), ("gap", found.gap)):
        assert table[name].mean() == pytest.approx(estimate.value)
        assert table[f"{name}_low"].isna().all()  # the single scenes are not published


def test_the_published_seasons() -> None:
    found = headline(SEASON)
    assert found.gap.value < 0
    assert list(found.better_away) == ["Spring", "Fall", "Winter"]
    assert found.better_away["Spring"] == [("Summer", 0.532)]
    assert found.worst_pair == ("Summer", "Fall", 0.484)


def test_a_table_of_two_models_by_hand() -> None:
    found = headline(matrix_of(*ASYMMETRIC))
    assert found.models == ("Europe", "North America")
    assert found.home == Estimate(pytest.approx((0.9 + 0.5) / 2))  # one scene each: no interval
    assert found.gap == Estimate(pytest.approx(0.7 - 0.3))
    assert found.away == Estimate(pytest.approx((0.5 + 0.1) / 2))
    assert found.worst_pair == ("North America", "Europe", pytest.approx(0.1))
    assert found.worst_group["Europe"] == ("North America", pytest.approx(0.5))
    assert found.better_away == {}
    assert found.hardest is None  # one model from elsewhere is no comparison


def test_a_model_without_a_home_score_is_not_counted() -> None:
    rows = [*ASYMMETRIC, result("Asia", "e1", "Europe", 0, 8)]
    found = headline(matrix_of(*rows))
    assert found.models == ("Europe", "North America")
    assert found.gap.value == pytest.approx(0.4)
    assert found.worst_pair == ("Asia", "Europe", 0)


def test_no_model_with_a_home_score_leaves_only_away() -> None:
    found = headline(matrix_of(*(row for row in ASYMMETRIC if row["split"] == "test")))
    assert found.home is None and found.gap is None
    assert found.away.value == pytest.approx(0.3)
    assert found.better_away == {}


def test_nothing_scored_says_nothing() -> None:
    matrix = matrix_of()
    found = headline(matrix)
    assert (found.home, found.away, found.gap, found.worst_pair) == (None,) * 4
    assert sentences(found, matrix) == []


def many(train: str, test: str, right: list[int]) -> list[dict]:
    return [result(train, f"{test}{i}", test, r, 100 - r) for i, r in enumerate(right)]


def test_the_gap_has_an_interval_once_every_cell_has_two_scenes() -> None:
    home = many("Africa", "Africa", [80, 90, 85, 95])
    away = many("Africa", "Asia", [40, 50, 45, 55, 60])
    gap = headline(matrix_of(*home, *away)).gap
    assert gap.value == pytest.approx(0.875 - 0.5)
    assert 0.25 < gap.low < gap.value < gap.high < 0.5
    assert headline(matrix_of(*home, *away)).fewest_home_scenes == 4
    assert headline(matrix_of(*home[:1], *away)).fewest_home_scenes == 1
    assert headline(matrix_of(*home[:1], *away)).gap.low is None
    assert headline(matrix_of(*home[:1], *away)).away.low is not None


def test_sentences_name_what_the_table_holds() -> None:
    said = " ".join(sentences(headline(CONTINENT), CONTINENT))
    assert "trained on **Australia** and tested on **Asia** (38.0%)" in said
    assert "**Australia** has the lowest mean of models trained elsewhere" in said
    assert "trained on Asia, reaches 50.1%" in said
    assert (
        "Higher elsewhere than at home: models trained on **North America** (52.9%) in "
        "Europe (67.4%), South America (65.8%), Asia (63.0%) and Africa (54.8%)." in said
    )
    assert "The scenes are not known, nor whether they settle it." in said
    said = " ".join(sentences(headline(SEASON), SEASON))
    assert "**Spring** (51.8%) in Summer (53.2%); **Fall** (49.5%) in Summer (58.2%)" in said


def test_sentences_weigh_how_sure_a_better_place_is() -> None:
    sure = many("Africa", "Africa", [20, 30, 25]) + many("Africa", "Asia", [80, 90, 85])
    matrix = matrix_of(*sure)
    assert "(25.0%) in Asia (85.0%). The scenes settle this (95% interval)." in " ".join(
        sentences(headline(matrix), matrix)
    )
    unsure = many("Africa", "Africa", [20, 90, 25]) + many("Africa", "Asia", [10, 90, 85])
    matrix = matrix_of(*unsure)
    assert "do not settle for any model that it does better elsewhere" in " ".join(
        sentences(headline(matrix), matrix)
    )
    worse = many("Africa", "Africa", [90, 80]) + many("Africa", "Asia", [10, 20])
    matrix = matrix_of(*worse)
    assert "No model's mean is higher elsewhere" in " ".join(sentences(headline(matrix), matrix))


def test_thirty_differences_are_read_together() -> None:
    """One that its own interval settles: Welch's t on 4 and 4 scenes, worked by scipy."""
    home, away = [40, 50, 45, 55], [56, 66, 60, 62]
    apart = stats.ttest_ind(away, home, equal_var=False).confidence_interval
    alone = matrix_of(*many("Africa", "Africa", home), *many("Africa", "Asia", away))
    assert apart(0.95).low > 0
    assert "The scenes settle this (95% interval)." in " ".join(sentences(headline(alone), alone))
    others = [
        row
        for group in ("Australia", "Europe", "North America", "South America")
        for row in many("Africa", group, [20, 30, 25, 35])
    ]
    together = matrix_of(*many("Africa", "Africa", home), *many("Africa", "Asia", away), *others)
    assert headline(together).better_away == {"Africa": [("Asia", pytest.approx(0.61))]}
    assert apart(1 - 0.05 / 5).low < 0
    said = " ".join(sentences(headline(together), together))
    assert "elsewhere than at home (95% intervals for all 5 differences together)." in said


def three_groups(asia: list[int], europe: list[int]) -> list[dict]:
    """Three models; those from elsewhere get this many of 100 pixels right in Asia and Europe."""
    home = [row for g in ("Africa", "Asia", "Europe") for row in many(g, g, [90, 85, 95])]
    away = many("Asia", "Africa", [70, 75, 65, 72, 68]) + many("Europe", "Africa", [70, 75, 60])
    in_asia = many("Africa", "Asia", asia) + many("Europe", "Asia", [r + 5 for r in asia])
    in_europe = many("Africa", "Europe", europe) + many("Asia", "Europe", [r + 5 for r in europe])
    return [*home, *away, *in_asia, *in_europe]


def test_superlatives_are_said_where_the_resamples_agree() -> None:
    matrix = matrix_of(*three_groups([10, 12, 14, 11, 13], [50, 60, 55, 52, 58]))
    found = headline(matrix)
    assert found.worst_pair[:2] == ("Africa", "Asia")
    assert found.worst_pair_share == 1
    assert 0.95 < found.hardest_share < 1
    said = " ".join(sentences(found, matrix))
    assert "tested on **Asia** (12.0%; so in 100% of resamples of the scenes)" in said
    assert "**Asia** is the hardest" in said
    assert "do not settle which" not in said
    assert "No model's mean is higher elsewhere" in said


def test_superlatives_are_not_said_where_other_scenes_would_give_others() -> None:
    matrix = matrix_of(*three_groups([10, 90, 50, 30, 70], [45, 65, 55, 52, 58]))
    found = headline(matrix)
    assert 0.3 < found.hardest_share < 0.95
    said = " ".join(sentences(found, matrix))
    assert "The scenes do not settle which pair is the worst (" in said
    assert f"which continent is the hardest ({found.hardest_share:.0%} of their resamples" in said
    assert "**Asia** is the hardest" not in said
    # Two scenes resample to almost nothing: no settled order, whatever the share.
    matrix = matrix_of(*three_groups([10, 12], [50, 60, 55, 52, 58]))
    assert headline(matrix).hardest_share > 0.95
    assert "**Asia** is the hardest" not in " ".join(sentences(headline(matrix), matrix))
    # Nor is it settled against a group that has two scenes.
    matrix = matrix_of(*three_groups([10, 12, 14, 11, 13], [50, 60]))
    assert headline(matrix).hardest_share > 0.95
    assert "**Asia** is the hardest" not in " ".join(sentences(headline(matrix), matrix))


def test_a_measure_that_is_zero_everywhere_has_no_worst_place() -> None:
    matrix = matrix_of(*three_groups([0] * 5, [0] * 5), *many("Asia", "Africa", []))
    zero = matrix_of(*many("Africa", "Africa", [9, 8]), *many("Africa", "Asia", [0, 0]))
    assert sentences(headline(zero), zero) == [
        "It is zero for every model elsewhere: there is nothing to compare."
    ]
    # Several pairs are zero: which of them would be the worst is no question.
    tied = [row for row in three_groups([0] * 5, [60] * 5) if row["train_group"] != "Europe"]
    tied += many("Europe", "Asia", [0] * 5)
    matrix = matrix_of(*tied)
    assert "worst pair" not in " ".join(sentences(headline(matrix), matrix))

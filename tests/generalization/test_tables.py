"""Train x test tables, worked by hand on asymmetric data, and as the paper published them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_tables import ACCURACY, ASYMMETRIC, frame, matrix_of, result
from scipy.stats import sem, t

from lcviz.data import published
from lcviz.errors import ArtefactDamagedError
from lcviz.generalization.tables import published_matrix, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES
from lcviz.taxonomy import AXES, SEASONS


def test_rows_are_trained_on_and_columns_tested_on() -> None:
    matrix = matrix_of(*ASYMMETRIC)
    assert matrix.mean.loc["Europe", "North America"] == pytest.approx(0.5)
    assert matrix.std.loc["Europe", "North America"] == pytest.approx(0.25)
    assert matrix.scenes.loc["Europe", "North America"] == 2
    assert matrix.mean.loc["North America", "Europe"] == pytest.approx(0.1)
    assert matrix.scenes.loc["North America", "Europe"] == 1
    assert matrix.cell("Europe", "North America") == pytest.approx(0.5)
    assert matrix.home()["Europe"] == pytest.approx(0.9)
    assert np.isnan(matrix.cell("Africa", "Europe"))
    assert list(matrix.pairs()) == [
        ("Europe", "North America", pytest.approx(0.5)),
        ("North America", "Europe", pytest.approx(0.1)),
    ]


def test_published_tables_keep_their_orientation() -> None:
    matrix = published_matrix(published.table_4(), "continent")
    assert matrix.cell("Europe", "North America") == 0.612
    assert matrix.cell("North America", "Europe") == 0.674
    assert matrix.std.loc["Europe", "North America"] == 0.212
    assert matrix.interval is None
    assert published_matrix(published.table_5(), "season").cell("Winter", "Fall") == 0.595


def test_every_scene_counts_the_same_whatever_its_size() -> None:
    matrix = matrix_of(
        result("Africa", "a", "Asia", 1, 0), result("Africa", "b", "Asia", 0, 1_000_000)
    )
    assert matrix.cell("Africa", "Asia") == pytest.approx(0.5)
    assert matrix.std.loc["Africa", "Asia"] == pytest.approx(0.5)  # population, not sample


def test_a_scene_without_labels_is_listed_and_not_averaged() -> None:
    rows = (result("Africa", "a", "Asia", 3, 1), result("Africa", "b", "Asia", 0, 0))
    scores = score_scenes(frame(*rows), "continent", ACCURACY)
    assert scores.scene_id.tolist() == ["a", "b"]
    assert np.isnan(scores.value[1])
    matrix = transfer_matrix(scores, "continent")
    assert matrix.cell("Africa", "Asia") == pytest.approx(0.75)
    assert matrix.scenes.loc["Africa", "Asia"] == 1


def test_scenes_without_a_group_and_training_scenes_are_left_out() -> None:
    scores = score_scenes(
        frame(
            result("Africa", "a", None, 3, 1),
            result("Africa", "b", "Atlantis", 3, 1),
            result("Africa", "c", "Africa", 3, 1, split="training"),
            result("Winter", "d", "Spring", 3, 1),
        ),
        "continent",
        ACCURACY,
    )
    assert scores.empty
    assert transfer_matrix(scores, "continent").mean.isna().all(axis=None)


def test_results_without_rows_make_an_empty_table() -> None:
    matrix = matrix_of()
    assert (matrix.scenes == 0).all(axis=None)
    assert matrix.mean.isna().all(axis=None)
    low, high = matrix.interval
    assert low.isna().all(axis=None) and high.isna().all(axis=None)


def test_one_scene_gives_no_interval() -> None:
    low, high = matrix_of(*ASYMMETRIC).interval
    assert np.isnan(low.loc["Europe", "Europe"])
    assert np.isnan(high.loc["North America", "Europe"])
    assert (low.loc["Europe", "North America"], high.loc["Europe", "North America"]) == (0, 1)


def test_classes_that_counted_are_told() -> None:
    scores = score_scenes(frame(*ASYMMETRIC), "continent", MEASURES["macro-f1"])
    assert scores.classes.tolist() == [2] * 5
    recall = score_scenes(frame(*ASYMMETRIC), "continent", MEASURES["balanced-accuracy"])
    assert recall.classes.tolist() == [1] * 5


def test_a_class_that_a_scene_lacks_leaves_the_scene_out() -> None:
    rows = (result("Africa", "a", "Asia", 3, 0), result("Africa", "b", "Asia", 1, 3))
    scores = score_scenes(frame(*rows), "continent", MEASURES["f1-shrublands"])
    matrix = transfer_matrix(scores, "continent")
    assert matrix.scenes.loc["Africa", "Asia"] == 1
    assert matrix.cell("Africa", "Asia") == 0


def test_minus_home_and_minus_another_table() -> None:
    matrix = matrix_of(*ASYMMETRIC)
    change = matrix.minus_home()
    assert change.cell("Europe", "North America") == pytest.approx(0.5 - 0.9)
    assert change.cell("North America", "Europe") == pytest.approx(0.1 - 0.5)
    assert change.cell("Europe", "Europe") == 0
    assert change.std is None
    low, _ = change.interval
    assert low.isna().all(axis=None)  # each home rests on one scene
    paper = published_matrix(published.table_4(), "continent")
    less = matrix.minus(paper)
    assert less.cell("Europe", "North America") == pytest.approx(0.5 - 0.612)
    assert less.cell("North America", "Europe") == pytest.approx(0.1 - 0.674)
    assert less.interval[0].loc["Europe", "North America"] == pytest.approx(
        0.5 - 0.612 - t.ppf(0.975, 1) * 0.25
    )


def test_intervals_agree_with_scipy() -> None:
    right = np.random.default_rng(3).integers(20, 90, 25)
    rows = [result("Africa", f"s{i}", "Asia", r, 100 - r) for i, r in enumerate(right)]
    low, high = matrix_of(*rows).interval
    expected = t.interval(0.95, 24, right.mean() / 100, sem(right / 100))
    assert low.loc["Africa", "Asia"] == pytest.approx(expected[0])
    assert high.loc["Africa", "Asia"] == pytest.approx(expected[1])


def test_two_scenes_have_a_very_wide_interval_within_what_can_be() -> None:
    rows = [result("Africa", f"s{i}", "Asia", r, 100 - r) for i, r in enumerate((40, 60))]
    low, high = matrix_of(*rows).interval
    assert (low.loc["Africa", "Asia"], high.loc["Africa", "Asia"]) == (0, 1)


def test_intervals_repeat_and_do_not_depend_on_other_groups() -> None:
    some = [result("Africa", f"s{i}", "Asia", 10 + i, 20) for i in range(6)]
    more = [*some, *(result("Africa", f"e{i}", "Europe", 10 + i, 20) for i in range(4))]
    first, second = (matrix_of(*rows).interval[0] for rows in (some, more))
    assert first.loc["Africa", "Asia"] == second.loc["Africa", "Asia"]
    other_seed = transfer_matrix(
        score_scenes(frame(*some), "continent", ACCURACY), "continent", seed=1, resamples=50
    )
    assert other_seed.draws.shape == (50, 6, 6)


def test_models_away_from_home_share_the_resampled_scenes() -> None:
    rows = [
        result(train, f"s{i}", "Asia", 10 + i, 20)
        for i in range(6)
        for train in ("Africa", "Europe")
    ]
    draws = matrix_of(*rows).draws
    africa, asia, _, europe = range(4)
    np.testing.assert_array_equal(draws[:, africa, asia], draws[:, europe, asia])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SEASONS), st.sampled_from(SEASONS), st.integers(0, 9), st.integers(0, 9)
        ),
        max_size=30,
    )
)
def test_any_table_is_the_mean_of_its_scenes(cells) -> None:
    rows = [result(train, f"s{i}", test, *n) for i, (train, test, *n) in enumerate(cells)]
    scores = score_scenes(frame(*rows), "season", ACCURACY)
    matrix = transfer_matrix(scores, "season", resamples=40)
    expected = scores.groupby(["train_group", "test_group"]).value.agg(
        mean="mean", std=lambda v: v.std(ddof=0), n="count"
    )
    for train in AXES["season"]:
        for test in AXES["season"]:
            if (train, test) not in expected.index:
                assert np.isnan(matrix.cell(train, test))
                continue
            cell = expected.loc[(train, test)]
            np.testing.assert_allclose(matrix.cell(train, test), cell["mean"])
            np.testing.assert_allclose(matrix.std.loc[train, test], cell["std"], atol=1e-12)
            assert matrix.scenes.loc[train, test] == cell["n"]
    low, high = matrix.interval
    inside = (low <= high + 1e-12) | low.isna()
    assert inside.all(axis=None)


@pytest.mark.parametrize(
    ("confusion", "said"),
    [
        (np.arange(63), "64 counts"),
        (None, "64 counts"),
        (np.full(64, -1), "counts"),
        (np.full(64, 0.5), "counts"),
    ],
)
def test_a_confusion_matrix_that_is_none_is_refused(confusion, said: str) -> None:
    row = result("Africa", "a", "Asia", 1, 1, confusion=confusion)
    with pytest.raises(ArtefactDamagedError, match=f"results.parquet.*{said}"):
        score_scenes(frame(row), "continent", ACCURACY)


def test_a_scene_scored_twice_is_refused() -> None:
    row = result("Africa", "a", "Asia", 1, 1)
    with pytest.raises(ArtefactDamagedError, match="scored twice"):
        score_scenes(frame(row, row), "continent", ACCURACY)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lcviz.generalization.class_mix import costly_confusions, gap_parts, in_words, mean_confusion
from lcviz.metrics import overall_accuracy

SCENES = hnp.arrays(np.int64, (2, 8, 8), elements=st.integers(0, 5))


def scene(**cells: int) -> np.ndarray:
    """`scene(_01=3)`: three pixels of label 0 predicted as 1."""
    confusion = np.zeros((8, 8), dtype=np.int64)
    for place, count in cells.items():
        confusion[int(place[1]), int(place[2])] = count
    return confusion


def test_class_mix_alone() -> None:
    # Recalls are 0.9 and 0.5 everywhere; the shares go from 3:1 to 1:3.
    home = np.stack([scene(_00=54, _01=6, _11=10, _10=10)])
    away = np.stack([scene(_00=18, _01=2, _11=30, _10=30)])
    parts = gap_parts(home, away)
    assert parts.home == pytest.approx(0.75 * 0.9 + 0.25 * 0.5)
    assert parts.away == pytest.approx(0.25 * 0.9 + 0.75 * 0.5)
    assert parts.class_mix == pytest.approx(parts.gap) == pytest.approx(0.2)
    assert parts.appearance == pytest.approx(0, abs=1e-12)
    assert parts.classes.loc["Open Forests"].tolist() == pytest.approx([0.25, 0.75, 0.5, 0.5])


def test_appearance_alone() -> None:
    home, away = np.stack([scene(_00=9, _01=1)]), np.stack([scene(_00=6, _01=4)])
    parts = gap_parts(home, away)
    assert parts.class_mix == pytest.approx(0)
    assert parts.appearance == pytest.approx(0.3)
    assert parts.share == pytest.approx(0)


def test_both_worked_by_hand() -> None:
    home = np.stack([scene(_00=8, _11=1, _10=1)])  # shares 0.8, 0.2; recalls 1, 0.5
    away = np.stack([scene(_00=4, _02=1, _11=1, _10=4)])  # shares 0.5, 0.5; recalls 0.8, 0.2
    parts = gap_parts(home, away)
    assert (parts.home, parts.away) == (pytest.approx(0.9), pytest.approx(0.5))
    assert parts.reweighted == pytest.approx(0.5 * 1 + 0.5 * 0.5)
    assert parts.class_mix == pytest.approx(0.15)
    assert parts.appearance == pytest.approx(0.25)
    assert parts.share == pytest.approx(0.375)
    said = in_words(parts, "Africa", "Asia")
    assert "gap of +40.0 points, class mix alone accounts for +15.0 (a share of 38%)" in said
    assert said.endswith("change of appearance for +25.0.")


def test_a_class_that_home_lacks_is_a_part_of_its_own() -> None:
    home = np.stack([scene(_00=9, _01=1)])
    away = np.stack([scene(_00=6, _72=2, _77=2)])
    parts = gap_parts(home, away)
    assert parts.unknown_share == pytest.approx(0.4)
    assert parts.reweighted == pytest.approx(0.9)
    assert parts.appearance == pytest.approx(0.9 - 1)
    assert parts.unknown_classes == pytest.approx(1 - 0.8)
    assert parts.share is None  # the parts have not one sign
    assert "cover 40.0% of the labels in Asia" in in_words(parts, "Africa", "Asia")


def test_no_common_class_or_no_label_has_no_split() -> None:
    nothing = np.zeros((1, 8, 8), dtype=np.int64)
    some = np.stack([scene(_00=3)])
    assert gap_parts(nothing, some) is None
    assert gap_parts(some, nothing) is None
    assert gap_parts(some[:0], some) is None
    assert gap_parts(some, np.stack([scene(_11=3)])) is None


def test_each_scene_weighs_the_same() -> None:
    confusions = np.stack([scene(_00=1), scene(_01=1_000_000), np.zeros((8, 8), np.int64)])
    mean = mean_confusion(confusions)
    assert mean[0, 0] == mean[0, 1] == 0.5
    assert overall_accuracy(mean) == pytest.approx(0.5)


def test_the_most_costly_confusion_comes_first() -> None:
    confusions = np.stack([scene(_00=5, _02=4, _21=1), scene(_00=700, _02=100, _21=200)])
    table = costly_confusions(confusions)
    assert table.label.tolist() == ["Dense Forests", "Herbaceous"]
    assert table.prediction.tolist() == ["Herbaceous", "Open Forests"]
    assert table.cost.tolist() == pytest.approx([(0.4 + 0.1) / 2, (0.1 + 0.2) / 2])
    assert table.pixels.tolist() == [104, 201]
    assert table.share_of_label.tolist() == pytest.approx([0.5 / 1.7, 1])
    assert costly_confusions(confusions[:0]).empty


@given(SCENES, SCENES)
def test_the_parts_add_up_to_the_gap_of_the_cells(home: np.ndarray, away: np.ndarray) -> None:
    parts = gap_parts(home, away)
    if parts is None:
        return
    cells = [np.nanmean(overall_accuracy(confusions)) for confusions in (home, away)]
    assert parts.gap == pytest.approx(cells[0] - cells[1], abs=1e-12)
    total = parts.class_mix + parts.appearance + parts.unknown_classes
    assert total == pytest.approx(parts.gap, abs=1e-12)
    assert costly_confusions(away).cost.sum() == pytest.approx(1 - cells[1], abs=1e-12)
    if parts.share is not None:
        assert -1e-9 <= parts.share <= 1 + 1e-9

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    jaccard_score,
)
from sklearn.metrics import confusion_matrix as sklearn_confusion

from lcviz.metrics import MEASURES, accuracy, class_shares, confusion_matrix, f1_scores, recalls

CLASS_OR_NONE = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 255])
MAPS = hnp.arrays(np.uint8, (7, 5), elements=CLASS_OR_NONE)


def test_rows_are_labels_and_columns_predictions() -> None:
    labels = np.array([[2, 2, 2, 5]], dtype=np.uint8)
    prediction = np.array([[2, 6, 6, 5]], dtype=np.uint8)
    confusion = confusion_matrix(labels, prediction)
    assert confusion[2, 2] == 1
    assert confusion[2, 6] == 2
    assert confusion[6, 2] == 0
    assert confusion.sum() == 4
    assert accuracy(confusion) == 0.5


@given(MAPS, MAPS)
def test_agrees_with_scikit_learn(labels: np.ndarray, prediction: np.ndarray) -> None:
    confusion = confusion_matrix(labels, prediction)
    both = (labels != 255) & (prediction != 255)
    assert confusion.dtype == np.int64
    assert confusion.sum() == both.sum()
    if both.any():
        expected = sklearn_confusion(labels[both], prediction[both], labels=range(8))
        np.testing.assert_array_equal(confusion, expected)
        assert accuracy(confusion) == pytest.approx(accuracy_score(labels[both], prediction[both]))


def test_no_labelled_pixel_is_no_accuracy() -> None:
    nothing = np.full((2, 2), 255, dtype=np.uint8)
    assert accuracy(confusion_matrix(nothing, np.zeros((2, 2), np.uint8))) is None
    assert class_shares(nothing) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="Labels are"):
        confusion_matrix(np.zeros((2, 2), np.uint8), np.zeros((1, 2), np.uint8))


def test_a_value_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="9 is no label"):
        confusion_matrix(np.array([9], np.uint8), np.array([0], np.uint8))


def test_shares_are_of_the_labelled_pixels() -> None:
    shares = class_shares(np.array([0, 0, 0, 7, 255, 255], np.uint8))
    assert shares is not None
    np.testing.assert_allclose(shares, [0.75, 0, 0, 0, 0, 0, 0, 0.25])


def matrix(**cells: int) -> np.ndarray:
    """`matrix(_01=3)`: three pixels of label 0 predicted as 1."""
    confusion = np.zeros((8, 8), dtype=np.int64)
    for place, count in cells.items():
        confusion[int(place[1]), int(place[2])] = count
    return confusion


def value(name: str, confusion: np.ndarray) -> float:
    return MEASURES[name].value(confusion).item()


def test_measures_of_a_matrix_worked_by_hand() -> None:
    # Of ten pixels of class 0, six are right and four taken for 2; both of class 2 are right.
    confusion = matrix(_00=6, _02=4, _22=2)
    assert value("accuracy", confusion) == pytest.approx(8 / 12)
    assert value("balanced-accuracy", confusion) == pytest.approx((0.6 + 1) / 2)
    assert value("mean-iou", confusion) == pytest.approx((6 / 10 + 2 / 6) / 2)
    assert value("macro-f1", confusion) == pytest.approx((12 / 16 + 4 / 8) / 2)
    assert value("f1-dense-forests", confusion) == pytest.approx(0.75)
    assert value("f1-herbaceous", confusion) == pytest.approx(0.5)
    by_chance = (10 * 6 + 2 * 6) / 12**2
    assert value("kappa", confusion) == pytest.approx((8 / 12 - by_chance) / (1 - by_chance))


def test_rows_and_columns_do_not_swap() -> None:
    confusion = matrix(_00=6, _02=4, _22=2)
    np.testing.assert_allclose(recalls(confusion)[[0, 2]], [0.6, 1])
    np.testing.assert_allclose(recalls(confusion.T)[[0, 2]], [1, 2 / 6])


def test_an_absent_class_is_no_zero() -> None:
    confusion = matrix(_00=3, _05=1)
    assert np.isnan(f1_scores(confusion)[[1, 2, 3, 4, 6, 7]]).all()
    assert f1_scores(confusion)[5] == 0  # predicted, though never right
    assert np.isnan(value("f1-water-bodies", confusion))
    assert value("macro-f1", confusion) == pytest.approx((6 / 7 + 0) / 2)
    assert MEASURES["macro-f1"].classes(confusion).sum() == 2
    assert MEASURES["balanced-accuracy"].classes(confusion).sum() == 1


@pytest.mark.parametrize("name", MEASURES)
def test_nothing_labelled_has_no_value(name: str) -> None:
    assert np.isnan(value(name, np.zeros((8, 8), dtype=np.int64)))


def test_kappa_needs_more_than_one_class() -> None:
    assert np.isnan(value("kappa", matrix(_33=12)))
    assert value("kappa", matrix(_34=12)) == 0
    assert value("kappa", matrix(_33=5, _44=7)) == pytest.approx(1)


@given(hnp.arrays(np.int64, (3, 8, 8), elements=st.integers(0, 3)))
def test_measures_agree_with_scikit_learn(confusions: np.ndarray) -> None:
    for i, confusion in enumerate(confusions):
        if not confusion.any():
            continue
        labels, prediction = (np.repeat(x, confusion.ravel()) for x in np.divmod(np.arange(64), 8))
        seen = np.union1d(labels, prediction)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that are only predicted
            expected = {
                "accuracy": accuracy_score(labels, prediction),
                "balanced-accuracy": balanced_accuracy_score(labels, prediction),
                "mean-iou": jaccard_score(labels, prediction, labels=seen, average="macro"),
                "macro-f1": f1_score(labels, prediction, labels=seen, average="macro"),
                "kappa": cohen_kappa_score(labels, prediction) if len(seen) > 1 else np.nan,
            }
        for name, reference in expected.items():
            measured = MEASURES[name].value(confusions)[i]
            np.testing.assert_allclose(measured, reference, atol=1e-12, err_msg=name)
        per_class = f1_score(labels, prediction, labels=seen, average=None)
        np.testing.assert_allclose(f1_scores(confusions)[i][seen], per_class)

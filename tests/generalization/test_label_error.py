"""Whose error it is, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from lcviz.generalization.label_error import label_error, scene_shares, sentence
from lcviz.study.truth import COUNTS
from precompute.stages.scoring import who_is_right


def test_pixels_are_counted_once_each_way() -> None:
    #                  all  model  labels  both apart  both alike  unknown truth, label, prediction
    truth = np.array([[0, 0, 1, 1, 2, 2, 255, 3, 3]], np.uint8)
    label = np.array([[0, 4, 1, 1, 0, 5, 0, 255, 3]], np.uint8)
    model = np.array([[0, 0, 5, 6, 1, 5, 0, 3, 255]], np.uint8)
    counts = who_is_right(truth, label, model)
    assert dict(zip(COUNTS, counts.tolist(), strict=True)) == {
        "pixels": 6,
        "labels_right": 3,
        "model_right": 2,
        "agree": 2,
        "all_agree": 1,
    }
    table = pd.DataFrame([dict(zip(COUNTS, counts, strict=True)) | {"scene_id": "a"}])
    (row,) = scene_shares(table).to_dict("records")
    # One pixel is MODIS's fault, two the model's, one both got wrong in different ways.
    assert row["labels_fault"] == pytest.approx(1 / 6)
    assert row["model_fault"] == pytest.approx(2 / 6)
    assert row["both_wrong"] == pytest.approx(1 / 6)


def table(*rows: tuple[str, int, int, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["scene_id", *COUNTS])


def test_models_of_one_scene_are_one_observation() -> None:
    found = label_error(
        table(("a", 10, 8, 6, 6, 5), ("a", 10, 8, 2, 2, 1), ("b", 100, 80, 80, 0, 0))
    )
    assert found is not None
    assert found.scenes == 2
    assert found.shares["model_right"].value == pytest.approx((0.4 + 0.8) / 2)
    assert found.shares["model_right"].low is None
    assert label_error(table(("a", 0, 0, 0, 0, 0))) is None


def test_an_interval_covers_what_it_says() -> None:
    random = np.random.default_rng(3)
    covered = []
    for _ in range(400):
        right = random.binomial(1000, random.beta(6, 3, 8))
        found = label_error(table(*((f"s{i}", 1000, 800, n, 0, 0) for i, n in enumerate(right))))
        assert found is not None
        share = found.shares["model_right"]
        assert share.low is not None and share.high is not None
        covered.append(share.low <= 2 / 3 <= share.high)
    assert 0.92 < np.mean(covered) < 0.98


def test_the_words_hold_the_numbers() -> None:
    found = label_error(table(*((f"s{i}", 100, 80, 60, 55, 50) for i in range(6))))
    assert found is not None
    said = sentence(found, "Away from home")
    assert "agree with MODIS on 55.0% of the pixels" in said
    assert "with the truth on **60.0% (60.0% to 60.0%)**" in said
    assert "MODIS is wrong and the model right on **10.0%" in said
    assert "the model is wrong and MODIS right on **30.0%" in said
    assert "6 scenes, 95% intervals" in said

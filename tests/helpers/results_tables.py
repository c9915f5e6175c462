"""Small results tables, made row by row, for tests of what is read off them."""

import numpy as np
import pandas as pd

from lcviz.generalization.tables import TransferMatrix, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES
from lcviz.study import RESULT_COLUMNS
from lcviz.taxonomy import SEASONS, experiment_name

ACCURACY = MEASURES["accuracy"]


def result(train: str, scene: str, test: str | None, right: int, wrong: int, **other) -> dict:
    """One row of a results table: `right` pixels of class 0, and `wrong` ones taken for 3."""
    confusion = np.zeros((8, 8), dtype=np.int64)
    confusion[0, 0], confusion[0, 3] = right, wrong
    axis = "season" if train in SEASONS else "continent"
    row = {
        "variant": "paper",
        "reference": "modis",
        "experiment": experiment_name(axis, train),
        "axis": axis,
        "train_group": train,
        "scene_id": scene,
        "test_group": test,
        "split": "home" if train == test else "test",
        "pixels": right + wrong,
        "accuracy": right / (right + wrong) if right + wrong else None,
        "confusion": confusion.ravel(),
    }
    return row | other


def frame(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def matrix_of(*rows: dict, axis: str = "continent") -> TransferMatrix:
    return transfer_matrix(score_scenes(frame(*rows), axis, ACCURACY), axis)


ASYMMETRIC = (
    result("Europe", "e1", "Europe", 9, 1),
    result("Europe", "n1", "North America", 1, 3),
    result("Europe", "n2", "North America", 3, 1),
    result("North America", "e1", "Europe", 1, 9),
    result("North America", "n1", "North America", 2, 2),
)

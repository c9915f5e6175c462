"""Who is right where a model and MODIS disagree: counts by model and scene (truth.parquet).

Only a dataset with better labels beside MODIS's has it.
"""

from typing import Final

import pandas as pd

from lcviz.study.splits import name_home
from lcviz.study.study import Study

COUNTS: Final = ("pixels", "labels_right", "model_right", "agree", "all_agree")
"""Pixels with a MODIS label and a known truth; on how many of them MODIS is right, the model is
right, the two agree, and both are right."""
TRUTH_COLUMNS: Final = ("experiment", "axis", "train_group", "scene_id", "test_group", "split")
_FILE: Final = "truth.parquet"


def has_truth(study: Study) -> bool:
    """Whether anything is known of who is right."""
    return (study.path / _FILE).is_file()


def read_truth_counts(study: Study) -> pd.DataFrame:
    """One row an (experiment, scene): `TRUTH_COLUMNS` and `COUNTS`.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.results` does.
    """
    return name_home(study.read_table(_FILE, (*TRUTH_COLUMNS, *COUNTS), "evaluate"))


def write_truth_counts(study: Study, table: pd.DataFrame) -> None:
    """Replace the table; a table without a row removes the file."""
    if table.empty:
        (study.path / _FILE).unlink(missing_ok=True)
    else:
        study.write_table(_FILE, table, (*TRUTH_COLUMNS, *COUNTS))

"""Results of a whole study, and what the page Generalisation says of them."""

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from lcviz.study import RESULT_COLUMNS
from lcviz.taxonomy import AXES, EXPERIMENTS

SCENES_PER_GROUP = 4


def full_results() -> pd.DataFrame:
    """Ten models on four scenes of each group; each is trained on the first two of its own."""
    random = np.random.default_rng(11)
    rows = []
    for experiment, (axis, train_group) in EXPERIMENTS.items():
        for test_group in AXES[axis]:
            for scene in range(SCENES_PER_GROUP):
                at_home = test_group == train_group
                if at_home and scene < 2:
                    continue
                confusion = random.integers(0, 50, (8, 8)) + np.diag(random.integers(0, 900, 8))
                rows.append(
                    {
                        "experiment": experiment,
                        "axis": axis,
                        "train_group": train_group,
                        "scene_id": f"ROIs0000_fall_{100 * AXES[axis].index(test_group) + scene}",
                        "test_group": test_group,
                        "split": "home" if at_home else "test",
                        "variant": "paper",
                        "reference": "modis",
                        "pixels": int(confusion.sum()),
                        "accuracy": float(np.trace(confusion) / confusion.sum()),
                        "confusion": confusion.ravel(),
                    }
                )
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


def estimates(app: AppTest) -> dict[str, str]:
    names = ("At home", "Elsewhere", "Gap")
    return {metric.label: metric.value for metric in app.metric if metric.label in names}


def cell(results: pd.DataFrame, trained: str, tested: str) -> pd.DataFrame:
    return results[(results.train_group == trained) & (results.test_group == tested)]

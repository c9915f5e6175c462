"""What is known of one model: where it was tested, and how it did."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from lcviz.study import Study
from lcviz.study.columns import FRACTIONS
from lcviz.study.records import ModelCard
from lcviz.taxonomy import CLASSES

_FEW = 0.001
"""Share of the training labels below which a class counts as hardly seen."""


@dataclass(frozen=True)
class Score:
    """Overall accuracy over some scenes, 0 to 1, with its 95% interval (Student's t)."""

    where: str
    """`home`, or the group tested on."""
    scenes: int
    value: float
    low: float | None
    """None with fewer than two scenes, or where they do not differ."""
    high: float | None


def scores_of(results: pd.DataFrame, experiment: str) -> list[Score]:
    """A model's scores: at home, then on each group away from home, in their order of names.

    Args:
        results: as `Study.results` gives them, against one reference.
        experiment: the model.
    """
    rows = results[(results.experiment == experiment) & results.accuracy.notna()]
    found = [_score("home", rows.accuracy[rows.split == "home"])]
    away = rows[rows.split == "test"].assign(group=lambda r: r.test_group.fillna("Unknown"))
    found += [_score(str(group), part.accuracy) for group, part in away.groupby("group")]
    return [score for score in found if score.scenes]


def _score(where: str, values: "pd.Series[float]") -> Score:
    n = len(values)
    mean = float(values.mean()) if n else float("nan")
    if n < 2 or not values.std():
        return Score(where, n, mean, None, None)
    reach = float(t.ppf(0.975, n - 1) * values.std() / np.sqrt(n))
    return Score(where, n, mean, max(mean - reach, 0.0), min(mean + reach, 1.0))


def hardly_seen(study: Study, card: ModelCard) -> tuple[str, ...]:
    """Classes that less than a thousandth of the labelled pixels of its training scenes have."""
    patches = study.patches(["scene_id", "labelled", *FRACTIONS])
    seen = patches[patches.scene_id.isin(card.training_scenes)]
    pixels = seen.labelled.fillna(0).to_numpy(dtype=np.float64)
    if not pixels.sum():
        return ()
    shares = pixels @ seen[FRACTIONS].fillna(0).to_numpy(dtype=np.float64) / pixels.sum()
    return tuple(name for name, share in zip(CLASSES, shares, strict=True) if share < _FEW)

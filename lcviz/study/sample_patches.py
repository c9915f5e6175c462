"""One sample a continent, as in the paper's Figures 1 and 2: which patch, and its pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz import metrics
from lcviz.errors import LcvizError
from lcviz.study.predictions import read_prediction
from lcviz.study.records import ModelCard
from lcviz.study.study import Study
from lcviz.taxonomy import CONTINENTS, split_patch_id

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Sample:
    """The pictures of one patch. Each is None where the study holds none."""

    scene_id: str
    patch_id: str
    s1: npt.NDArray[np.uint8] | None
    """(256, 256, 3), false colour."""
    s2: npt.NDArray[np.uint8] | None
    """(256, 256, 3), true colour."""
    labels: npt.NDArray[np.uint8] | None
    """(256, 256), class index, 255 = no label."""
    prediction: npt.NDArray[np.uint8] | None
    """(256, 256), class index, 255 = no imagery; by the model of the patch's own continent."""
    accuracy: float | None
    """Share of the patch's labelled pixels that the prediction has right, 0 to 1."""
    problems: tuple[LcvizError, ...]
    """Why pictures are missing that should be there."""

    @property
    def has_pictures(self) -> bool:
        """Whether there is anything to look at."""
        return any(part is not None for part in (self.s1, self.s2, self.labels))


def sample_orders(
    patches: pd.DataFrame, home_cards: Mapping[str, ModelCard], seed: int
) -> dict[str, tuple[str, ...]]:
    """The patches to show of each continent, in a seeded random order.

    Whole patches where there are any, and among them those of scenes that the continent's own
    model was not trained on, so that a sample does not flatter the model.

    Args:
        patches: patch_id, scene_id, continent, status and browsable, as `Study.patches` gives them.
        home_cards: continent -> the model trained on it; continents without one may be left out.
        seed: the study's.

    Returns:
        Continent -> patch ids; in the field's order, without continents that have none.
    """
    orders = {}
    for continent in CONTINENTS:
        rows = patches[(patches.continent == continent) & patches.browsable]
        rows = _narrow(rows, rows.status == "ok")
        if continent in home_cards:
            rows = _narrow(rows, ~rows.scene_id.isin(home_cards[continent].training_scenes))
        if len(rows):
            order = np.random.default_rng([seed, crc32(continent.encode())]).permutation(len(rows))
            orders[continent] = tuple(rows.patch_id.iloc[order])
    return orders


def read_sample(study: Study, patch_id: str, card: ModelCard | None) -> Sample:
    """The pictures of one patch; what cannot be read is a problem, and stops nothing else.

    Args:
        study: the open study.
        patch_id: a browsable patch.
        card: the model whose prediction is shown; None without any.
    """
    problems: list[LcvizError] = []

    def read(part: Callable[[], Part]) -> Part | None:
        try:
            return part()
        except LcvizError as error:
            problems.append(error)
            return None

    labels = read(lambda: study.labels(patch_id))
    prediction = None
    if card is not None:
        prediction = read(lambda: read_prediction(study, card.experiment, patch_id))
    accuracy = None
    if labels is not None and prediction is not None:
        accuracy = metrics.accuracy(metrics.confusion_matrix(labels, prediction))
    return Sample(
        scene_id=split_patch_id(patch_id)[0],
        patch_id=patch_id,
        s1=read(lambda: study.quicklook(patch_id, "s1")),
        s2=read(lambda: study.quicklook(patch_id, "s2")),
        labels=labels,
        prediction=prediction,
        accuracy=accuracy,
        problems=tuple(problems),
    )


def _narrow(rows: pd.DataFrame, keep: "pd.Series[bool]") -> pd.DataFrame:
    return rows[keep] if keep.any() else rows

"""How much of what models get wrong is the labels' error, how much their own.

On pixels with a MODIS label and a known truth, a model and MODIS either agree or disagree. Where
they disagree, MODIS is right, or the model is, or neither; so with P over the pixels of a scene

    P(disagree) = P(labels wrong, model right) + P(model wrong, labels right) + P(both wrong, apart)

Scenes count the same. Several models on one scene are averaged first, since a scene that is badly
labelled is so for all. Intervals are Student's t over scenes, 95%, from five scenes on.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t

FEWEST_SCENES: Final = 5
SHARES: Final = {
    "labels_right": "MODIS is right",
    "model_right": "the model is right",
    "agree": "the model agrees with MODIS",
    "labels_fault": "MODIS is wrong and the model right",
    "model_fault": "the model is wrong and MODIS right",
    "both_wrong": "both are wrong, in different ways",
}


@dataclass(frozen=True)
class Share:
    """A share of pixels, mean over scenes, with its 95% interval where there is one."""

    value: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.1%}"
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class LabelError:
    """Who is right, over some pairs of model and scene."""

    scenes: int
    shares: dict[str, Share]
    """By the keys of `SHARES`."""


def scene_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Shares of each row's pixels: `SHARES`, by the rows of `counts` that have pixels.

    Args:
        counts: as `study.truth.read_truth_counts` gives them.
    """
    known = counts[counts.pixels > 0]
    of_all = known[["labels_right", "model_right", "agree"]].div(known.pixels, axis=0)
    both = known.all_agree / known.pixels
    shares = of_all.assign(
        labels_fault=of_all.model_right - both, model_fault=of_all.labels_right - both
    )
    apart = 1 - shares.agree - shares.labels_fault - shares.model_fault
    return shares.assign(both_wrong=apart.clip(lower=0), scene_id=known.scene_id)


def label_error(counts: pd.DataFrame) -> LabelError | None:
    """Who is right, over the pairs given; None where no pixel's truth is known."""
    by_scene = scene_shares(counts).groupby("scene_id")[list(SHARES)].mean()
    if by_scene.empty:
        return None
    shares = {name: _mean(by_scene[name].to_numpy()) for name in SHARES}
    return LabelError(len(by_scene), shares)


def sentence(found: LabelError, where: str) -> str:
    """Who is right, in words, as Markdown; `where` is such as "Away from home"."""
    share = found.shares
    return (
        f"**{where}** the models agree with MODIS on {share['agree'].value:.1%} of the pixels and "
        f"with the truth on **{share['model_right']}**; MODIS itself is right on "
        f"{share['labels_right']}. Where the two disagree, MODIS is wrong and the model right on "
        f"**{share['labels_fault']}** of all pixels, the model is wrong and MODIS right on "
        f"**{share['model_fault']}**, and both are wrong on {share['both_wrong']} "
        f"(means over {found.scenes} scenes"
        + (", 95% intervals over scenes)." if share["agree"].low is not None else ").")
    )


def _mean(values: npt.NDArray[np.float64]) -> Share:
    value, n = float(values.mean()), len(values)
    if n < FEWEST_SCENES:
        return Share(value, None, None)
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Share(value, max(value - half, 0.0), min(value + half, 1.0))

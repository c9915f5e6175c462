"""The answer first: which model to use on an image, in a line (Markdown), from its ranking."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from lcviz.study.records import ModelCard

HALF: Final = 0.5
"""Accuracy below which a map is wrong more often than right."""


def can_be_shown(ranking: pd.DataFrame) -> bool:
    """Whether there is a forecast whose numbers can be believed."""
    return bool((ranking.trusted & ranking.forecast.notna()).any())


def answer(ranking: pd.DataFrame, *, order_holds: bool = False, foreign: bool = False) -> str:
    """Which model is best on an image, or that none can be trusted there.

    None can where the 80 % interval of even the best lies below one half: then a map is expected to
    be wrong on most pixels. Where no forecast can be believed, it is said whether at least their
    order can be.

    Args:
        ranking: as `ranking.image_ranking` gives it.
        order_holds: whether the ranks of forecasts are shown to follow those of true accuracies.
        foreign: whether the image is real and the models have seen synthetic scenes alone.
    """
    if foreign:
        return "**None of these can be trusted here**: they have never seen a real place."
    known = ranking[ranking.forecast.notna()]
    if known.empty:
        return "**No model can be forecast here.**"
    if not can_be_shown(ranking):
        if order_holds:
            return (
                f"**Most likely best here: {known.label.iloc[0]}. How accurate it is cannot be "
                "said.**"
            )
        return "**None of these can be trusted here**: their forecasts are no better than a guess."
    ranked = known[known.trusted]
    best = ranked.iloc[0]
    if best.high < HALF:
        return (
            f"**None of these can be trusted here**: even the best, {best.label}, is forecast to "
            f"be right on less than half of the pixels, {_estimate(best)}."
        )
    return f"**Best here: {best.label}, {_estimate(best)}**"


def beside(ranking: pd.DataFrame) -> str:
    """How sure it is that the best is the best, in a sentence; empty where that cannot be told."""
    ranked = ranking[ranking.trusted & ranking.forecast.notna()]
    if len(ranked) < 2 or ranked.high.isna().any():
        return ""
    others = ranked.iloc[1:]
    near = others[others.high >= ranked.forecast.iloc[0]]
    if near.empty:
        return "No other model's interval reaches as high."
    if len(near) == 1:
        return f"{near.label.iloc[0]} may be as good: its interval reaches as high."
    which = "All" if len(near) == len(others) else f"{len(near)} of the"
    return f"{which} {len(others)} others may be as good: their intervals reach as high."


def home_protocol(cards: Sequence[ModelCard]) -> str:
    """On which scenes the accuracies at home rest, in a sentence; empty without a model."""
    paper = [card.train_group for card in cards if card.split == "paper"]
    three = "which neither trained the model nor chose when its training stopped (three splits)"
    flattered = (
        "which also chose when its training stopped (the paper's protocol): that flatters it"
    )
    start = "At home: accuracy on scenes of the model's own group that it was not trained on, "
    if not cards:
        return ""
    if not paper:
        return f"{start}{three}."
    if len(paper) == len(cards):
        return f"{start}{flattered}."
    return f"{start}{three}; for {', '.join(paper)}, {flattered}."


def _estimate(row: pd.Series) -> str:
    said = f"{row.forecast:.0%}"
    if np.isnan(row.low) or np.isnan(row.high):
        return said
    return f"{said} ({100 * row.low:.0f} to {row.high:.0%})"

"""The answer first: which model to use on an image, in a line (Markdown), from its ranking."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from lcviz.forecast.lead import Lead
from lcviz.forecast.regression import LEVEL
from lcviz.study.records import ModelCard

HALF: Final = 0.5
"""Accuracy below which a map is wrong more often than right."""
NOT_TRUSTED: Final = "**None of these can be trusted here**"
NEVER_SEEN: Final = f"{NOT_TRUSTED}: they have never seen a real place."
"""The answer on a real image where models have seen synthetic scenes alone."""
NAMED: Final = 3
"""Models that are named, at most, where none at all can be told from another."""


def can_be_shown(ranking: pd.DataFrame) -> bool:
    """Whether there is a forecast whose numbers can be believed."""
    return bool((ranking.trusted & ranking.forecast.notna()).any())


def answer(ranking: pd.DataFrame, lead: Lead, *, order_holds: bool = False) -> str:
    """Which model is best on an image, or that none can be told from others or trusted there.

    One is called the best only where its forecast leads all others' by more than `lead.needed`.
    None can be trusted where the 80% interval of even the highest forecast lies below one half:
    then a map is expected to be wrong on most pixels. Where no forecast can be believed, it is said
    whether at least their order can be.

    Args:
        ranking: as `ranking.image_ranking` gives it.
        lead: among the ranked models.
        order_holds: whether the ranks of forecasts are shown to follow those of true accuracies.
    """
    ranked = _ranked(ranking)
    if ranked.empty:
        return "**No model can be forecast here.**"
    first, believed = ranked.iloc[0], can_be_shown(ranking)
    if not believed and not (order_holds and len(ranked) > 1):
        return f"{NOT_TRUSTED}: their forecasts are no better than a guess."
    if believed and first.high < HALF:
        return (
            f"{NOT_TRUSTED}: even the highest forecast, {first.label}'s, is to be right on less "
            f"than half of the pixels, {_estimate(first)}."
        )
    near = not_told_apart(ranking, lead)
    if len(ranked) == 1:
        said = "Forecast"
    elif len(near) == 1:
        said = "Most likely best here"
    elif len(near) == len(ranked) > NAMED:
        said = f"Cannot tell these {len(near)} models apart. Forecast highest"
    else:
        said = f"Cannot tell these apart: {'; '.join(near)}. Forecast highest"
    how = f", {_estimate(first)}" if believed else ". How accurate it is cannot be said."
    return f"**{said}: {first.label}{how}**"


def not_told_apart(ranking: pd.DataFrame, lead: Lead) -> list[str]:
    """Labels of the first and of those that it does not lead by more than is needed, in order."""
    ranked = _ranked(ranking)
    if ranked.empty:
        return []
    behind = ranked.forecast.iloc[0] - ranked.forecast
    return [str(label) for label in ranked.label[behind <= lead.needed]]


def lead_in_words(ranking: pd.DataFrame, lead: Lead) -> str:
    """What the lead of a forecast is worth, in two sentences; empty where none is to compare."""
    if len(_ranked(ranking)) < 2:
        return ""
    if not lead.scenes:
        return "No labelled scene tells what the lead of a forecast is worth."
    said = (
        f"On {lead.best_first} of {lead.scenes} labelled scenes elsewhere, the model with the "
        "highest forecast was the best."
    )
    if lead.needed >= 1:
        return said
    return (
        f"{said} To be so on at least {LEVEL:.0%} of scenes, it has to lead by more than "
        f"{100 * lead.needed:.1f} points."
    )


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


def _ranked(ranking: pd.DataFrame) -> pd.DataFrame:
    """Those that are compared: with a forecast that can be believed, else with any."""
    known = ranking[ranking.forecast.notna()]
    return known[known.trusted] if can_be_shown(ranking) else known


def _estimate(row: pd.Series) -> str:
    if np.isnan(row.low) or np.isnan(row.high):
        return f"{row.forecast:.1%}"
    return f"{row.forecast:.1%} ({100 * row.low:.1f} to {row.high:.1%})"

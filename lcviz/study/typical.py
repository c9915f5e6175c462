"""Which scene shows fairly how a study's models do: neither the best of them nor the worst."""

from collections.abc import Collection, Iterable

import pandas as pd

from lcviz.study.records import ModelCard


def typical_scene(
    results: pd.DataFrame, cards: Iterable[ModelCard], among: Collection[str]
) -> str | None:
    """The scene on which models away from home are as accurate as on the middle one of all.

    Scenes that no model was trained on come first, so that none is flattered.

    Args:
        results: experiment, scene_id, split and accuracy, as `Study.results` gives them.
        cards: of the models.
        among: scenes that can be chosen.

    Returns:
        None where none of them has a known accuracy.
    """
    away = results[(results.split == "test") & results.accuracy.notna()]
    means = away.groupby("scene_id").accuracy.mean()
    means = means[means.index.isin(list(among))]
    if means.empty:
        return None
    trained = {scene for card in cards for scene in card.training_scenes}
    unseen = means[~means.index.isin(trained)]
    kept = means if unseen.empty else unseen
    order = (kept - means.median()).abs().sort_values(kind="stable")
    return str(order.index[0])

"""One scene that shows what a gap between home and elsewhere looks like."""

import pandas as pd

from lcviz.generalization.tables import TransferMatrix


def example_scenes(
    scores: pd.DataFrame, matrix: TransferMatrix, trained: str, tested: str
) -> list[str]:
    """Scenes on which a model from elsewhere stands beside the one that is at home there.

    Neither model was trained on any of them. First the one where the two lie as far apart as they
    do on average, so that it neither flatters nor blackens.

    Args:
        scores: as `score_scenes` gives them.
        matrix: the table made of them.
        trained: what the model from elsewhere was trained on.
        tested: the group of the scenes.

    Returns:
        Scene ids, none where no scene has a value of both models.
    """
    there = scores[scores.test_group == tested].set_index("scene_id")
    home = there.value[there.train_group == tested]
    away = there.value[there.train_group == trained]
    gaps = (home - away).dropna()
    average = matrix.cell(tested, tested) - matrix.cell(trained, tested)
    order = (gaps - average).abs().argsort(kind="stable")
    return [str(scene_id) for scene_id in gaps.index[order]]

"""The learning rate of a training whose length is known beforehand: up, then down to zero."""

import math
from collections.abc import Sequence

from lcviz.network.training.recipe import TrainingConfig

_FIRST = 0.04
"""Share of the highest rate at which the warm-up begins."""


def one_cycle(done: float, warm_up: float) -> float:
    """Share of the highest learning rate, when a share `done` of all steps has been made.

    Rises in a straight line over the first share `warm_up`, then falls along half a cosine. A rate
    that ends at zero lets the weights come to rest: with small batches, a rate that stays high
    leaves them circling around where they would go.

    Source: Smith & Topin, arXiv:1708.07120; the cosine, Loshchilov & Hutter, arXiv:1608.03983.
    """
    done = min(max(done, 0.0), 1.0)
    if done < warm_up:
        return _FIRST + (1 - _FIRST) * done / warm_up
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))


def kept_epoch(config: TrainingConfig, validation_losses: Sequence[float]) -> int:
    """Which epoch's weights are kept, of those that were made: counted from 0."""
    if config.schedule == "one-cycle":
        return len(validation_losses) - 1
    return min(range(len(validation_losses)), key=validation_losses.__getitem__)

"""An average of the weights along training, and statistics of batch normalisation that fit it."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lcviz.network.densenet import FCDenseNet


class WeightAverage:
    """An exponential average of a network's parameters.

    The weights after a step are those of one batch's wish; their average over the last hundreds of
    steps lies in the middle of where they circle, and is right more often.

    Source: Polyak & Juditsky 1992, SIAM Journal on Control and Optimization 30, 838-855; with
    statistics recomputed, Izmailov et al., arXiv:1803.05407.

    Args:
        network: it is averaged from here on.
        keep: share that the average keeps at each step, at most; at the beginning, when there is
            little to keep, (1 + steps) / (10 + steps).
    """

    def __init__(self, network: FCDenseNet, keep: float) -> None:
        self.keep = keep
        self.steps = 0
        self._parameters = list(network.parameters())
        self._mean = [p.detach().clone() for p in self._parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters as they are now, after a step of the optimiser."""
        keep = min(self.keep, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        now = [p.detach() for p in self._parameters]
        torch._foreach_lerp_(self._mean, now, 1 - keep)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the network's parameters and their average; a second call undoes it."""
        for parameter, mean in zip(self._parameters, self._mean, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(mean)
            mean.copy_(kept)

    def state(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"steps": self.steps, "mean": self._mean}

    def load(self, state: dict[str, Any]) -> None:
        """Take it up again."""
        self.steps = state["steps"]
        for mean, kept in zip(self._mean, state["mean"], strict=True):
            mean.copy_(kept)


@torch.no_grad()
def recompute_statistics(network: FCDenseNet, batches: Iterable[Tensor]) -> None:
    """Replace the running statistics of batch normalisation by means over some batches.

    Args:
        network: its weights stay, and it is left in evaluation mode.
        batches: standardised inputs (batch, 10, rows, columns), on its device; at least one.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    network.train()
    for number, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = 1 / (number + 1)  # A running mean of all batches so far.
        # Not `network(batch)`, which may be compiled, for one value of the momenta each.
        network.forward(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


def running_statistics(network: FCDenseNet) -> dict[str, Tensor]:
    """Copies of the running statistics, by name."""
    return {name: buffer.clone() for name, buffer in network.named_buffers()}

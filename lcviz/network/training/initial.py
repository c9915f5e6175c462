"""The weights that training begins with, and what it keeps of them."""

import math

import torch

from lcviz.network.densenet import FCDenseNet
from lcviz.network.training.recipe import TrainingConfig
from lcviz.taxonomy import BANDS, CLASSES


def fresh_network(config: TrainingConfig) -> FCDenseNet:
    """A network as a recipe wants it at first, channels last; drawn by torch's generator."""
    network = FCDenseNet(len(BANDS), len(CLASSES))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = config.norm_momentum
    if config.even_doubling:
        begin_even(network)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.no_grad()
def begin_even(network: FCDenseNet) -> None:
    """Have the transposed convolutions double their maps bilinearly at first.

    A 3x3 kernel of stride 2 makes one pixel of four from four of its weights, two from two and one
    from one. Weights that are drawn one by one therefore begin with a lattice of period 2, which
    the next doublings stretch to 4 and 8 (Odena et al. 2016, Distill). Here each pair of maps
    shares one weight, times the bilinear kernel: even ground stays even.
    """
    for weight in _kernels(network):
        bilinear = torch.tensor([0.5, 1.0, 0.5], device=weight.device)
        mixing = torch.randn(weight.shape[:2], device=weight.device)
        mixing *= math.sqrt(2 / weight.shape[0])
        weight.copy_(mixing[:, :, None, None] * torch.outer(bilinear, bilinear))


@torch.no_grad()
def keep_even(network: FCDenseNet) -> None:
    """Move the transposed kernels to the nearest ones that leave even ground even.

    The outer weights that meet in a pixel must add up to the middle one that makes its neighbour
    alone, along rows and along columns. To be called after each step of the optimiser.
    """
    for weight in _kernels(network):
        for axis in (2, 3):
            first, middle, last = weight.unbind(axis)
            excess = (first + last - middle) / 3
            first -= excess
            last -= excess
            middle += excess


def _kernels(network: FCDenseNet) -> list[torch.Tensor]:
    return [up.conv.weight for up in network.up]  # type: ignore[union-attr,misc]

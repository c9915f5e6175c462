"""Batch normalisation, ReLU and convolution of feature maps side by side, sparing memory.

A dense block's layer reads all maps made before it. Written plainly, each layer keeps for its
backward pass a concatenation of them and their normalised form, so that memory grows with the
square of the depth (Pleiss et al., arXiv:1707.06990). Here the maps themselves are all that is
kept: backward concatenates and normalises once more, which costs a tenth of a step, and the
statistics of a map, the same for every layer that reads it, are computed once.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class FeatureMaps(NamedTuple):
    """Maps (batch, channels, rows, columns), and what batch normalisation needs of them.

    Statistics are over batch, rows and columns, in float32 at least; None in evaluation, which uses
    the running ones.
    """

    values: Tensor
    mean: Tensor | None = None
    variance: Tensor | None = None
    """Unbiased, as running statistics are kept."""


def with_statistics(values: Tensor, training: bool) -> FeatureMaps:
    """Feature maps with their statistics, if they are for training.

    Raises:
        ValueError: in training, one value a channel, which has no variance.
    """
    if not training:
        return FeatureMaps(values)
    if values.shape[0] * values.shape[2] * values.shape[3] < 2:
        raise ValueError(
            f"Maps of shape {tuple(values.shape)} hold one value a channel; training needs a "
            "larger batch or larger patches"
        )
    dtype = torch.promote_types(values.dtype, torch.float32)
    mean = torch.zeros(values.shape[1], dtype=dtype, device=values.device)
    variance = torch.ones_like(mean)
    with torch.no_grad():
        # With a momentum of one the "running" statistics become those of the batch. On a CPU this
        # takes a tenth of torch.var_mean's time, although the normalised maps are thrown away.
        torch.native_batch_norm(values.detach(), None, None, mean, variance, True, 1.0, 0.0)
    return FeatureMaps(values, mean, variance)


def norm_relu_conv(
    maps: Sequence[FeatureMaps], norm: nn.BatchNorm2d, conv: nn.Conv2d, halve: bool = False
) -> Tensor:
    """`conv(relu(norm(torch.cat(maps, dim=1))))`, pooled before the convolution if asked for.

    Running statistics of `norm` move by one step in training, as PyTorch's own do.

    Args:
        maps: read in this order; all of one batch, size and dtype.
        norm: batch normalisation of all their channels.
        conv: convolution of stride 1 without bias, of the same size as its input.
        halve: whether to average squares of 2 x 2 before the convolution.

    Returns:
        The maps that `conv` makes, in the dtype of `maps`.
    """
    values = [m.values for m in maps]
    if not norm.training:
        active = functional.relu(norm(torch.cat(values, dim=1)), inplace=True)
        read: Tensor = conv(functional.avg_pool2d(active, 2) if halve else active)
        return read
    mean = torch.cat([m.mean for m in maps if m.mean is not None])
    unbiased = torch.cat([m.variance for m in maps if m.variance is not None])
    _move_running_statistics(norm, mean, unbiased)
    count = values[0].numel() // values[0].shape[1]
    variance = unbiased * ((count - 1) / count)
    weight = conv.weight.to(values[0].dtype)
    output: Tensor = _NormReluConv.apply(
        weight, norm.weight, norm.bias, mean, variance, norm.eps, halve, *values
    )
    return output


@torch.no_grad()
def _move_running_statistics(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance, norm.momentum)
    norm.num_batches_tracked.add_(1)


class _NormReluConv(torch.autograd.Function):
    """Keeps the maps, and makes everything between them and the output again in backward."""

    @staticmethod
    def forward(
        ctx: Any,
        weight: Tensor,
        gamma: Tensor,
        beta: Tensor,
        mean: Tensor,
        variance: Tensor,
        eps: float,
        halve: bool,
        *maps: Tensor,
    ) -> Tensor:
        ctx.save_for_backward(weight, gamma, beta, mean, variance, *maps)
        ctx.eps, ctx.halve = eps, halve
        active = _norm_relu(torch.cat(maps, dim=1), gamma, beta, mean, variance, eps)
        if halve:
            active = functional.avg_pool2d(active, 2)
        return functional.conv2d(active, weight, padding=weight.shape[-1] // 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        weight, gamma, beta, mean, variance, *maps = ctx.saved_tensors
        joined = torch.cat(maps, dim=1)
        active = _norm_relu(joined, gamma, beta, mean, variance, ctx.eps)
        read = functional.avg_pool2d(active, 2) if ctx.halve else active
        gradient, weight_gradient, _ = torch.ops.aten.convolution_backward(
            gradient, read, weight, None, [1, 1], [weight.shape[-1] // 2] * 2, [1, 1],
            False, [0, 0], 1, [True, True, False],
        )  # fmt: skip
        if ctx.halve:
            gradient = functional.interpolate(gradient / 4, scale_factor=2.0)
        gradient = torch.ops.aten.threshold_backward(gradient, active, 0)
        # The gradient through mean and variance as well: they are the batch's.
        gradient, gamma_gradient, beta_gradient = torch.ops.aten.native_batch_norm_backward(
            gradient, joined, gamma, mean, variance, mean, torch.rsqrt(variance + ctx.eps),
            True, ctx.eps, [True, True, True],
        )  # fmt: skip
        parts = gradient.split([m.shape[1] for m in maps], dim=1)
        return (
            weight_gradient,
            gamma_gradient,
            beta_gradient,
            None,
            None,
            None,
            None,
            # Autograd adds up what each layer says of a map; views would be added ten times slower.
            *(part.clone(memory_format=torch.preserve_format) for part in parts),
        )


def _norm_relu(
    x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: float
) -> Tensor:
    return functional.batch_norm(x, mean, variance, gamma, beta, False, 0.0, eps).relu_()

"""The network in OpenVINO with 8-bit convolutions: for processors without bfloat16.

What a window is quantised by is found in the window itself: the largest value that each group of
maps has after batch normalisation and ReLU. So nothing is calibrated or kept beside a model, and an
image that is far from what the model was trained on is not cut off. A pixel may be rounded
otherwise in another window. The stem, the transposed convolutions, the head and what is handed from
layer to layer stay float32. The maps of a skip keep ranges of their own: joined with what comes
from below, up to twice as many pixels changed class.
"""

from functools import reduce
from typing import Any, Final, NamedTuple, Self

import numpy as np
import openvino
import openvino.opset13 as ops
import torch

from lcviz.network.densenet import SIZE_MULTIPLE
from lcviz.network.openvino_graph import (
    ALL,
    activate,
    as_array,
    convs,
    double,
    per_map,
    pool,
    stem,
    widths_of,
)

_MOST: Final = 127
"""Largest 8-bit weight."""
_LEAST: Final = np.float32(1e-6)
"""No range is smaller: maps may be zero everywhere."""
_RANGE: Final = tuple(np.full((1, 1, 1, 1), end, np.float32) for end in (0, 1))
"""Of activations, divided by their largest value."""
_PIXELS: Final = np.array([2, 3])


class _Maps(NamedTuple):
    """Maps (batch, n, rows, columns), and the extremes of each (batch, n, 1, 1)."""

    values: openvino.Node
    highest: openvino.Node
    lowest: openvino.Node

    @classmethod
    def of(cls, values: openvino.Node) -> Self:
        extremes = (
            extreme(values, _PIXELS, keep_dims=True) for extreme in (ops.reduce_max, ops.reduce_min)
        )
        return cls(values, *extremes)


def int8_graph_of(network: Any, features: bool = False) -> openvino.Model:
    """`FCDenseNet.forward`, put together as `graph_of` does, its outputs too."""
    image = ops.parameter([-1, network.in_channels, -1, -1], np.float32, name="image")
    stem_conv, stem_norm, _ = network.stem
    x = [_Maps.of(activate(stem(image, stem_conv.weight, ALL, ALL), stem_norm)[0])]
    skips = []
    for down in network.down:
        skips.append([*x, *_block(x, down.block)])
        x = [_Maps.of(_convolved(skips[-1], down.norm, down.conv.weight, halve=True))]
    new = _block(x, network.bottleneck)
    for up in network.up:
        doubled = double([maps.values for maps in new], up.conv, ALL)[0]
        x = [_Maps.of(doubled), *skips.pop()]
        new = _block(x, up.block)
    parts = [maps.values for maps in (*x, *new)]
    outputs = []
    for maps, weight in zip(parts, network.head.weight.split(widths_of(parts), 1), strict=True):
        outputs += convs([maps], weight, ALL)
    if features:
        outputs += [pool(maps, SIZE_MULTIPLE) for maps in parts]
    return openvino.Model([ops.result(output) for output in outputs], [image], "FCDenseNet")


def _block(x: list[_Maps], block: Any) -> list[_Maps]:
    """The new maps of a dense block."""
    new: list[_Maps] = []
    for norm, _, conv in block.layers:
        given = [*x, _joined(new)] if new else x
        new.append(_Maps.of(_convolved(given, norm, conv.weight)))
    return [_joined(new)]


def _joined(maps: list[_Maps]) -> _Maps:
    if len(maps) == 1:
        return maps[0]
    return _Maps(*(ops.concat(list(parts), axis=1) for parts in zip(*maps, strict=True)))


def _convolved(
    maps: list[_Maps], norm: Any, weight: torch.Tensor, halve: bool = False
) -> openvino.Node:
    """Batch normalisation, ReLU, averages over squares of four if asked, 8-bit convolution."""
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    widths = widths_of([x.values for x in maps])
    padding = [weight.shape[-1] // 2] * 2
    terms = []
    for x, a, b, w in zip(
        maps, scale.split(widths), shift.split(widths), weight.split(widths, 1), strict=True
    ):
        factor, term = per_map(a), per_map(b)
        # Whichever of a map's extremes is the larger one after the normalisation.
        high, low = (ops.add(ops.multiply(end, factor), term) for end in (x.highest, x.lowest))
        largest = ops.reduce_max(ops.maximum(high, low), np.array([1]), keep_dims=True)
        largest = ops.maximum(largest, _LEAST)
        inverse = ops.divide(np.float32(1), largest)
        active = ops.relu(
            ops.add(
                ops.multiply(x.values, ops.multiply(inverse, factor)), ops.multiply(inverse, term)
            )
        )
        if halve:
            active = pool(active, 2)
        rounded = ops.fake_quantize(active, *_RANGE, *_RANGE, 256)
        convolved = ops.convolution(rounded, _weights(w), [1, 1], padding, padding, [1, 1])
        terms.append(ops.multiply(convolved, largest))
    return reduce(ops.add, terms)


def _weights(weight: torch.Tensor) -> openvino.Node:
    whole, unit = in_8_bits(weight)
    return ops.multiply(
        ops.convert(ops.constant(whole.numpy().astype(np.int8)), np.float32),
        ops.constant(as_array(unit)),
    )


def in_8_bits(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Round kernels to whole multiples of a unit for each output, and keep the sum of each kernel.

    Neighbouring pixels are alike, so that what matters is the sum of a kernel's errors. Where the
    rounded values do not add up to the kernel's sum, those that rounding moved farthest the wrong
    way are rounded to the other side.

    Args:
        weight: of a convolution (outputs, inputs, rows, columns).

    Returns:
        Whole numbers of at most 127 (outputs, inputs, rows, columns), and units (outputs, 1, 1, 1);
        their product is within one unit of the weights.
    """
    weight = weight.detach().double()
    unit = (weight.abs().amax((1, 2, 3), keepdim=True) / _MOST).clamp_min(1e-30)
    exact = (weight / unit).flatten(2)
    whole = exact.round()
    left = exact - whole
    missing = left.sum(-1, keepdim=True).round()
    rank = left.argsort(-1, descending=True).argsort(-1)
    whole += (rank < missing).double() - (rank >= left.shape[-1] + missing).double()
    return whole.clamp(-_MOST, _MOST).view_as(weight), unit

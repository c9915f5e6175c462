"""The network in OpenVINO with 8-bit convolutions: for processors without bfloat16.

What maps are quantised by is found in the image itself: the largest value that each group of maps
has after batch normalisation and ReLU. So nothing is calibrated or kept beside a model, and an
image that is far from what the model was trained on is not cut off. A raster that is predicted in
windows is rounded alike in all of them, by the largest values of a sample of it; a pixel may be
rounded otherwise in a patch. The stem, the transposed convolutions, the head and what is handed
from layer to layer stay float32. The maps of a skip keep ranges of their own: joined with what
comes from below, up to twice as many pixels changed class.
"""

from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import openvino
import openvino.opset13 as ops
import torch

from lcviz.network.densenet import SIZE_MULTIPLE
from lcviz.network.openvino_graph import (
    ALL,
    activate,
    as_array,
    convs,
    cut,
    cuts_of,
    double,
    per_map,
    pool,
    stem,
    widths_of,
)

Ranges = npt.NDArray[np.float32]
"""The largest values (groups of maps,), in the order in which the graph meets them."""

_MOST: Final = 127
"""Largest 8-bit weight."""
_LEAST: Final = np.float32(1e-6)
"""No range is smaller: maps may be zero everywhere."""
_RANGE: Final = tuple(np.full((1, 1, 1, 1), end, np.float32) for end in (0, 1))
"""Of activations, divided by their largest value."""
_PIXELS: Final = np.array([2, 3])


class _Extremes:
    """Largest values of groups of maps: of the image that is looked at, or given."""

    def __init__(self, given: Ranges | None):
        self._given = None if given is None else iter(given)
        self._known: dict[int, tuple[openvino.Node, list[openvino.Node]]] = {}
        self.largest: list[openvino.Node] = []
        """(batch, 1, 1, 1) each, as they were asked for."""

    def join(self, maps: list[openvino.Node]) -> openvino.Node:
        """Maps as one, whose extremes are those of its parts."""
        if len(maps) == 1:
            return maps[0]
        joined = ops.concat(maps, axis=1)
        if self._given is None:
            parts = zip(*(self._of(x) for x in maps), strict=True)
            self._known[id(joined)] = (joined, [ops.concat(list(ends), axis=1) for ends in parts])
        return joined

    def after(self, maps: openvino.Node, factor: Any, term: Any) -> openvino.Node:
        """The largest value of all maps times `factor` plus `term`, at least `_LEAST`."""
        if self._given is not None:
            return ops.constant(np.full((1, 1, 1, 1), max(next(self._given), _LEAST), np.float32))
        # Whichever of a map's extremes is the larger one after the normalisation.
        high, low = (ops.add(ops.multiply(end, factor), term) for end in self._of(maps))
        largest = ops.reduce_max(ops.maximum(high, low), np.array([1]), keep_dims=True)
        self.largest.append(ops.maximum(largest, _LEAST))
        return self.largest[-1]

    def _of(self, maps: openvino.Node) -> list[openvino.Node]:
        """The highest and lowest value of each map (batch, n, 1, 1)."""
        if id(maps) not in self._known:  # Kept with the node, so that its id stays its own.
            ends = [f(maps, _PIXELS, keep_dims=True) for f in (ops.reduce_max, ops.reduce_min)]
            self._known[id(maps)] = (maps, ends)
        return self._known[id(maps)][1]


def int8_graph_of(
    network: Any,
    features: bool = False,
    margin: int = 0,
    ranges: Ranges | None = None,
    measuring: bool = False,
) -> openvino.Model:
    """`FCDenseNet.forward`, put together as `graph_of` does, its outputs too.

    Args:
        network, features, margin: as `graph_of` takes them.
        ranges: what to round by; without them, by the largest values of the image.
        measuring: whether the largest values (batch, groups, 1, 1) are the only output.
    """
    extremes = _Extremes(ranges)
    image = ops.parameter([-1, network.in_channels, -1, -1], np.float32, name="image")
    stem_conv, stem_norm, _ = network.stem
    x = activate(stem(image, stem_conv.weight, ALL, ALL), stem_norm)
    skips = []
    for down in network.down:
        skips.append([*x, *_block(x, down.block, extremes)])
        x = [_convolved(skips[-1], down.norm, down.conv.weight, extremes, halve=True)]
    new = _block(x, network.bottleneck, extremes)
    for up, (below, beside) in zip(network.up, cuts_of(margin), strict=True):
        x = [*double(cut(new, below), up.conv, ALL), *cut(skips.pop(), beside)]
        new = _block(x, up.block, extremes)
    parts = [*x, *new]
    if measuring:
        outputs = [ops.concat(extremes.largest, axis=1)]
        return openvino.Model([ops.result(o) for o in outputs], [image], "FCDenseNet")
    outputs = []
    for maps, weight in zip(parts, network.head.weight.split(widths_of(parts), 1), strict=True):
        outputs += convs([maps], weight, ALL)
    if features:
        outputs += [pool(maps, SIZE_MULTIPLE) for maps in parts]
    return openvino.Model([ops.result(output) for output in outputs], [image], "FCDenseNet")


def _block(x: list[openvino.Node], block: Any, extremes: _Extremes) -> list[openvino.Node]:
    """The new maps of a dense block."""
    new: list[openvino.Node] = []
    for norm, _, conv in block.layers:
        given = [*x, extremes.join(new)] if new else x
        new.append(_convolved(given, norm, conv.weight, extremes))
    return [extremes.join(new)]


def _convolved(
    maps: list[openvino.Node],
    norm: Any,
    weight: torch.Tensor,
    extremes: _Extremes,
    halve: bool = False,
) -> openvino.Node:
    """Batch normalisation, ReLU, averages over squares of four if asked, 8-bit convolution."""
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    widths = widths_of(maps)
    padding = [weight.shape[-1] // 2] * 2
    terms = []
    for x, a, b, w in zip(
        maps, scale.split(widths), shift.split(widths), weight.split(widths, 1), strict=True
    ):
        factor, term = per_map(a), per_map(b)
        largest = extremes.after(x, factor, term)
        inverse = ops.divide(np.float32(1), largest)
        active = ops.relu(
            ops.add(ops.multiply(x, ops.multiply(inverse, factor)), ops.multiply(inverse, term))
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

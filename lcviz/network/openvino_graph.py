"""The network in OpenVINO: several times as fast on a CPU as PyTorch (benchmarks/RESULTS.md).

The graph is built from the network's weights layer by layer. OpenVINO's own conversion of a PyTorch
module takes four times as long, predicts a sixth more slowly, and errs twice as far.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import openvino
import openvino.opset13 as ops
import torch

from lcviz.network.densenet import LAYERS, LEVELS, SIZE_MULTIPLE

ALL: Final = 2**31
"""Maps or rows together: so many that nothing is parted."""


def graph_of(
    network: Any, bfloat16: bool, features: bool = False, margin: int = 0
) -> openvino.Model:
    """`FCDenseNet.forward`, but for most of its concatenations.

    With a `margin`, that many pixels at each edge are looked at and not classified: the way up is
    taken only where `margins_kept` says. Two thirds of the work are there.

    A convolution of concatenated maps is the sum of convolutions of each: a block's new maps stay
    beside those that it is given, since a copy of all for each layer took a quarter of the time.

    In float32 nearly all of the error arises in long sums: in the stem and in the blocks of most
    pixels. There, maps are made and summed in small parts, so that it is two thirds of PyTorch's
    (benchmarks/RESULTS.md). In bfloat16 the sum over each part would be rounded to bfloat16.
    """
    small, rows = (ALL, ALL) if bfloat16 else (32, 2)
    image = ops.parameter([-1, network.in_channels, -1, -1], np.float32, name="image")
    stem_conv, stem_norm, _ = network.stem
    x = activate(stem(image, stem_conv.weight, rows, small), stem_norm)
    skips = []
    for down, part in zip(network.down, (small, ALL, ALL), strict=True):
        skips.append([*x, *_block(x, down.block, part)])
        active = activate(skips[-1], down.norm)
        x = convs([pool(a, 2) for a in active], down.conv.weight, part)
    new = _block(x, network.bottleneck, ALL)
    cuts = cuts_of(margin)
    for up, part, (below, beside) in zip(network.up, (ALL, small, small), cuts, strict=True):
        doubled = double(cut(new, below), up.conv, part)
        x = join([*doubled, *cut(skips.pop(), beside)], part)
        new = _block(x, up.block, part)
    parts = join([*x, *new], small)
    outputs = []
    for maps, weight in zip(parts, network.head.weight.split(widths_of(parts), 1), strict=True):
        outputs += convs([maps], _rough_and_rest(weight) if bfloat16 else weight, ALL)
    if features:
        outputs += [pool(maps, SIZE_MULTIPLE) for maps in parts]
    return openvino.Model([ops.result(output) for output in outputs], [image], "FCDenseNet")


def margins_kept(margin: int) -> list[int]:
    """Pixels around what is to be classified, for each level from the top down, that are computed.

    The first is of the output. A doubled map reads a row that is cut off in its first row, and a
    block one row more for each layer: a level whose output has to be right for n pixels around
    takes (n + `LAYERS` + 1) / 2, rounded up, from the level below.
    """
    kept = []
    right = 0
    for level in range(1, LEVELS + 1):
        right = min(-(-(right + LAYERS + 1) // 2), margin // 2**level)
        kept.append(2 * right)
    return kept


def cuts_of(margin: int) -> list[tuple[int, int]]:
    """Pixels to cut from maps of the level below, and from the skip's, from the bottom up."""
    kept = margins_kept(margin)
    below = [*kept[1:], margin // SIZE_MULTIPLE]
    return [
        (below[level] - kept[level] // 2, margin // 2**level - kept[level])
        for level in reversed(range(LEVELS))
    ]


def cut(maps: list[openvino.Node], pixels: int) -> list[openvino.Node]:
    """Maps without so many pixels at each edge."""
    if not pixels:
        return maps
    start, stop = np.array([pixels, pixels]), np.array([-pixels, -pixels])
    return [ops.slice(x, start, stop, np.array([1, 1]), np.array([2, 3])) for x in maps]


def stem(image: openvino.Node, weight: torch.Tensor, rows: int, part: int) -> list[openvino.Node]:
    """A convolution by so many rows of its kernel at a time; makes parts of so many maps."""
    margin = weight.shape[-1] // 2
    kernels = weight.split(rows, 2)
    shifted = []
    for start, kernel in zip(range(0, weight.shape[2], rows), kernels, strict=True):
        below = start + kernel.shape[2] - 1 - margin
        # What is less than zero is cut off.
        shifted.append(
            ops.pad(
                image,
                [0, 0, margin - start, margin],
                [0, 0, below, margin],
                "constant",
                np.float32(0),
            )
        )
    return [
        _sum_of_convs(shifted, outputs.split(rows, 2), padding=0) for outputs in weight.split(part)
    ]


def _block(x: list[openvino.Node], block: Any, part: int) -> list[openvino.Node]:
    """The new maps of a dense block."""
    new: list[openvino.Node] = []
    for norm, _, conv in block.layers:
        new += convs(activate([*x, *join(new, part)], norm), conv.weight, part)
    return join(new, part)


def double(maps: list[openvino.Node], conv: Any, part: int) -> list[openvino.Node]:
    """Keras's "same" transposed convolution, whose last row and column are cut off, and ReLU."""
    doubled = []
    for weight, bias in zip(conv.weight.split(part, 1), conv.bias.split(part), strict=True):
        terms = (
            ops.convolution_backprop_data(
                x, as_array(w), strides=[2, 2], pads_begin=[0, 0], pads_end=[1, 1]
            )
            for x, w in zip(maps, weight.split(widths_of(maps)), strict=True)
        )
        doubled.append(ops.relu(ops.add(reduce(ops.add, terms), per_map(bias))))
    return doubled


def convs(maps: list[openvino.Node], weight: torch.Tensor, part: int) -> list[openvino.Node]:
    """A convolution of maps side by side that keeps their size; makes parts of so many maps."""
    widths = widths_of(maps)
    padding = weight.shape[-1] // 2
    return [
        _sum_of_convs(maps, outputs.split(widths, 1), padding) for outputs in weight.split(part)
    ]


def _sum_of_convs(
    maps: Sequence[openvino.Node], weights: Sequence[torch.Tensor], padding: int
) -> openvino.Node:
    pads = [padding, padding]
    terms = (
        ops.convolution(x, as_array(w), [1, 1], pads, pads, [1, 1])
        for x, w in zip(maps, weights, strict=True)
    )
    return reduce(ops.add, terms)


def activate(maps: list[openvino.Node], norm: Any) -> list[openvino.Node]:
    """Batch normalisation, as one product and one sum, and ReLU of maps side by side."""
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    widths = widths_of(maps)
    return [
        ops.relu(ops.add(ops.multiply(x, per_map(a)), per_map(b)))
        for x, a, b in zip(maps, scale.split(widths), shift.split(widths), strict=True)
    ]


def pool(maps: openvino.Node, side: int) -> openvino.Node:
    """Averages over squares."""
    square = [side, side]
    return ops.avg_pool(maps, square, [0, 0], [0, 0], square, exclude_pad=False)


def join(maps: list[openvino.Node], part: int) -> list[openvino.Node]:
    """Neighbours joined as long as they are at most so many maps."""
    groups: list[list[openvino.Node]] = []
    for x in maps:
        if groups and sum(widths_of([*groups[-1], x])) <= part:
            groups[-1].append(x)
        else:
            groups.append([x])
    return [ops.concat(group, axis=1) if len(group) > 1 else group[0] for group in groups]


def widths_of(maps: list[openvino.Node]) -> list[int]:
    """Channels of each."""
    return [x.get_output_partial_shape(0)[1].get_length() for x in maps]


def _rough_and_rest(weight: torch.Tensor) -> torch.Tensor:
    """The head's weights as the sum of two that bfloat16 can hold: rounded, and what is left.

    Rounding them to bfloat16 would change a sixth more classes than rounding all the others does.
    Twice as many outputs cost nothing: 8 take as long as 16.
    """
    rough = weight.bfloat16().float()
    return torch.cat([rough, weight - rough])


def per_map(values: torch.Tensor) -> npt.NDArray[np.float32]:
    """One value for each map."""
    return as_array(values.view(1, -1, 1, 1))


def as_array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    """A copy, in float32."""
    array: npt.NDArray[np.float32] = tensor.detach().cpu().float().contiguous().numpy()
    return array.copy()

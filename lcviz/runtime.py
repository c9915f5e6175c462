"""The network in OpenVINO: several times as fast on a CPU as PyTorch (benchmarks/RESULTS.md).

The graph is built from the network's weights layer by layer. OpenVINO's own conversion of a PyTorch
module gives the same, and takes six seconds for it.
"""

import sys
import threading
from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lcviz.densenet import SIZE_MULTIPLE, FCDenseNet

# OpenVINO tells its makers of each import unless the package that does so is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino  # noqa: E402
import openvino.opset13 as ops  # noqa: E402
from openvino import properties  # noqa: E402
from openvino.properties import hint  # noqa: E402


@cache
def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 BF16 or AMX)."""
    return "BF16" in _core().get_property("CPU", properties.device.capabilities)


@cache
def _core() -> openvino.Core:
    return openvino.Core()


class CompiledNetwork:
    """A network made ready for this CPU; it does not change with the module it was made from.

    Several threads may use it; they take turns.

    Args:
        network: in evaluation mode.
        bfloat16: whether to compute in bfloat16, on a processor that has it.
        features: whether `with_features` is needed.
    """

    def __init__(self, network: FCDenseNet, bfloat16: bool, features: bool = False):
        precision = openvino.Type.bf16 if bfloat16 else openvino.Type.f32
        # What is not set is guessed, bfloat16 where there is AMX among it.
        options: dict[Any, Any] = {
            hint.inference_precision: precision,
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            hint.enable_cpu_pinning: False,
            properties.inference_num_threads: torch.get_num_threads(),
            properties.num_streams: 1,
        }
        graph = _graph(network, bfloat16, features)
        self._compiled = _core().compile_model(graph, "CPU", options)
        self._classes = network.head.out_channels
        self._heads = len(self._compiled.outputs) // (1 + features)
        self._lock = threading.Lock()

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Logits (batch, classes, rows, columns) of `x` (batch, bands, rows, columns), float32.

        They are float64, since a network far from what it was trained on gives logits of a hundred,
        and rounding those to float32 is seen in the probabilities.
        """
        return self._infer(x)[0]

    def with_features(
        self, x: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Logits as above, and the 240 maps before the head, averaged over squares of 8 x 8 pixels:
        (batch, 240, rows / 8, columns / 8), float32."""
        logits, features = self._infer(x)
        return logits, np.concatenate(features, axis=1)

    def _infer(
        self, x: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[np.float32]]]:
        with self._lock:
            request = self._compiled.create_infer_request()
            request.infer([np.ascontiguousarray(x)], share_inputs=True)
            outputs = [output.data for output in request.output_tensors]
            logits = np.zeros((len(x), self._classes, *x.shape[2:]))
            for terms in outputs[: self._heads]:
                for start in range(0, terms.shape[1], self._classes):
                    logits += terms[:, start : start + self._classes]
            return logits, [features.copy() for features in outputs[self._heads :]]

    def release(self) -> None:
        """Give working memory back; it is kept from call to call, since getting it takes time."""
        with self._lock:
            self._compiled.release_memory()


def _graph(network: Any, bfloat16: bool, features: bool = False) -> openvino.Model:
    """`FCDenseNet.forward`, but for the concatenations in its blocks.

    A convolution of concatenated maps is the sum of convolutions of each: a block's new maps stay
    beside those that it is given, since a copy of all for each layer took a quarter of the time.
    """
    image = ops.parameter([-1, network.in_channels, -1, -1], np.float32, name="image")
    stem_conv, stem_norm, _ = network.stem
    x = _activate(_conv(image, stem_conv.weight), *_affine(stem_norm))
    skips = []
    for down in network.down:
        skips.append([x, _block(x, down.block)])
        x = _layer(skips[-1], down.norm, down.conv.weight, halve=True)
    new = _block(x, network.bottleneck)
    for up in network.up:
        parts = [ops.relu(_double(new, up.conv)), *skips.pop()]
        # Joined once: of parts, each layer would round the sums to bfloat16.
        new = _block(_join(parts), up.block)
    # In float32 the longest sum, the head's, is the largest of all errors: summed in parts instead,
    # and these in float64. In bfloat16 others are far larger, and one part is faster.
    parts = [_join([*parts, new])] if bfloat16 else [*parts, new]
    terms = _rough_and_rest if bfloat16 else _by_turns
    outputs = [
        _conv(x, terms(weight))
        for x, weight in zip(parts, network.head.weight.split(_widths(parts), 1), strict=True)
    ]
    if features:
        square = [SIZE_MULTIPLE] * 2
        outputs += [ops.avg_pool(x, square, [0, 0], [0, 0], square, False) for x in parts]
    return openvino.Model([ops.result(output) for output in outputs], [image], "FCDenseNet")


def _block(x: openvino.Node, block: Any) -> openvino.Node:
    """The new maps of a dense block."""
    new: list[openvino.Node] = []
    for norm, _, conv in block.layers:
        own = [_join(new)] if new else []
        new.append(_layer([x, *own], norm, conv.weight))
    return _join(new)


def _layer(
    maps: list[openvino.Node], norm: Any, weight: torch.Tensor, halve: bool = False
) -> openvino.Node:
    """BN, ReLU, average pooling if to be halved, and convolution of maps side by side."""
    widths = _widths(maps)
    parts = []
    for x, w, *affine in zip(
        maps, weight.split(widths, 1), *(a.split(widths) for a in _affine(norm)), strict=True
    ):
        active = _activate(x, *affine)
        if halve:
            active = ops.avg_pool(active, [2, 2], [0, 0], [0, 0], [2, 2], exclude_pad=False)
        parts.append(_conv(active, w))
    return reduce(ops.add, parts)


def _widths(maps: list[openvino.Node]) -> list[int]:
    """Channels of each."""
    return [x.get_output_partial_shape(0)[1].get_length() for x in maps]


def _join(maps: list[openvino.Node]) -> openvino.Node:
    return ops.concat(maps, axis=1) if len(maps) > 1 else maps[0]


def _conv(x: openvino.Node, weight: torch.Tensor) -> openvino.Node:
    """Of the same size as `x`."""
    padding = [weight.shape[-1] // 2] * 2
    return ops.convolution(x, _array(weight), [1, 1], padding, padding, [1, 1])


def _rough_and_rest(weight: torch.Tensor) -> torch.Tensor:
    """The head's weights as the sum of two that bfloat16 can hold: rounded, and what is left.

    Rounding them to bfloat16 would change a sixth more classes than rounding all the others does.
    Twice as many outputs cost nothing: 8 take as long as 16.
    """
    rough = weight.bfloat16().float()
    return torch.cat([rough, weight - rough])


def _by_turns(weight: torch.Tensor) -> torch.Tensor:
    """The head's weights as the sum of two that read every other map: shorter sums round less."""
    odd = weight.clone()
    odd[:, ::2] = 0
    return torch.cat([weight - odd, odd])


def _activate(x: openvino.Node, scale: torch.Tensor, shift: torch.Tensor) -> openvino.Node:
    shape = (1, -1, 1, 1)
    return ops.relu(ops.add(ops.multiply(x, _array(scale.view(shape))), _array(shift.view(shape))))


def _affine(norm: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Batch normalisation as one product and one sum."""
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    return scale, norm.bias.double() - norm.running_mean.double() * scale


def _double(x: openvino.Node, conv: Any) -> openvino.Node:
    """Keras's "same" transposed convolution: the last row and column are cut off."""
    doubled = ops.convolution_backprop_data(
        x, _array(conv.weight), strides=[2, 2], pads_begin=[0, 0], pads_end=[1, 1]
    )
    return ops.add(doubled, _array(conv.bias.view(1, -1, 1, 1)))


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = tensor.detach().cpu().float().contiguous().numpy()
    return array.copy()

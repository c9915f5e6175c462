"""The network on the CPU, in OpenVINO: DN go in, classes or probabilities come out."""

import platform
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import openvino
import torch
from openvino import properties
from openvino.properties import hint

from lcviz.network.densenet import FCDenseNet
from lcviz.network.int8_graph import int8_graph_of
from lcviz.network.openvino_graph import graph_of
from lcviz.network.standardisation import network_input

Precision = Literal["float32", "bfloat16", "int8"]
"""What a network computes in: int8 is 8-bit convolutions, and float32 for the rest."""


def fast_precision() -> Precision:
    """What is fastest here: see benchmarks/RESULTS.md, "Prediction by instruction set"."""
    if has_bfloat16():
        return "bfloat16"
    return "int8" if has_int8() else "float32"


@cache
def has_int8() -> bool:
    """Whether 8-bit convolutions are made for this processor, as on x86 with AVX2 or more."""
    made_for: bool = "INT8" in _core().get_property("CPU", properties.device.capabilities)
    return made_for and platform.machine().lower() in ("x86_64", "amd64")


@cache
def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 (AVX-512 BF16 or AMX)."""
    return "BF16" in _core().get_property("CPU", properties.device.capabilities)


@cache
def _core() -> openvino.Core:
    return openvino.Core()


class CpuNetwork:
    """A network, and the band statistics it was trained with: as `GpuNetwork`, methods too.

    Args:
        network: in evaluation mode; it is not changed, nor looked at again.
        band_mean, band_std: of each band over the training scenes, DN.
        precision: to compute in; bfloat16 on a processor that has it.
        features: whether `probabilities_and_features` is needed.
    """

    def __init__(
        self,
        network: FCDenseNet,
        band_mean: Sequence[float],
        band_std: Sequence[float],
        precision: Precision,
        features: bool,
    ):
        self._compiled = CompiledNetwork(network, precision, features)
        self._band_statistics = tuple(band_mean), tuple(band_std)

    def classes(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.intp]:
        """Most probable class (patches, rows, columns)."""
        most: npt.NDArray[np.intp] = self._compiled(self._input(s2, valid)).argmax(axis=1)
        return most

    def probabilities(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Probabilities (patches, classes, rows, columns)."""
        return _softmax(self._compiled(self._input(s2, valid)))

    def probabilities_and_features(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Probabilities as above, and the 240 maps before the head, averaged over squares of 8 x 8
        pixels: (patches, 240, rows / 8, columns / 8), float32."""
        logits, features = self._compiled.with_features(self._input(s2, valid))
        return _softmax(logits), features

    def _input(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        return network_input(s2, valid, *self._band_statistics)

    def release(self) -> None:
        """Give working memory back."""
        self._compiled.release()


class CompiledNetwork:
    """A network made ready for this CPU; it does not change with the module it was made from.

    Several threads may use it; they take turns.

    Args:
        network: in evaluation mode.
        precision: to compute in; bfloat16 on a processor that has it.
        features: whether `with_features` is needed.
    """

    def __init__(self, network: FCDenseNet, precision: Precision, features: bool = False):
        bfloat16 = precision == "bfloat16"
        # What is not set is guessed, bfloat16 where there is AMX among it.
        options: dict[Any, Any] = {
            hint.inference_precision: openvino.Type.bf16 if bfloat16 else openvino.Type.f32,
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            hint.enable_cpu_pinning: False,
            properties.inference_num_threads: torch.get_num_threads(),
            properties.num_streams: 1,
        }
        if precision == "int8":
            graph = int8_graph_of(network, features)
        else:
            graph = graph_of(network, bfloat16, features)
        self._compiled = _core().compile_model(graph, "CPU", options)
        self._classes = network.head.out_channels
        self._heads = len(self._compiled.outputs) // (1 + features)
        self._lock = threading.Lock()

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Logits (batch, classes, rows, columns) of `x` (batch, bands, rows, columns), float32.

        They are float64: the head's sums over each part of the maps are added up here, since a
        network far from what it was trained on gives logits of a hundred, and their rounding is
        seen in the probabilities.
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


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Softmax over axis 1."""
    return torch.from_numpy(logits).softmax(dim=1).numpy()

"""The network on the CPU, in OpenVINO: DN go in, classes or probabilities come out."""

import copy
import platform
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import openvino
import torch
from openvino import properties
from openvino.properties import hint

from lcviz.network.densenet import FCDenseNet
from lcviz.network.int8_graph import Ranges, int8_graph_of
from lcviz.network.openvino_graph import graph_of, margins_kept
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
        network: in evaluation mode; a copy of it is kept.
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
        self._network = copy.deepcopy(network)
        self._precision = precision
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

    def for_windows(
        self,
        rows: int,
        columns: int,
        margin: int,
        sample: tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]] | None,
    ) -> "CpuWindows":
        """As `Predictor.for_windows`."""
        ranges = None
        if self._precision == "int8" and sample is not None:
            ranges = largest_values(self._network, self._input(sample[0][None], sample[1][None]))
        shape = (1, self._network.in_channels, rows, columns)
        window = Window(shape, margin, ranges)
        compiled = CompiledNetwork(self._network, self._precision, window=window)
        return CpuWindows(compiled, self._input)


class CpuWindows:
    """A network made ready for windows of one size."""

    def __init__(
        self,
        compiled: "CompiledNetwork",
        network_input: Callable[
            [npt.NDArray[np.uint16], npt.NDArray[np.bool_]], npt.NDArray[np.float32]
        ],
    ):
        self._compiled = compiled
        self._input = network_input

    def probabilities(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Probabilities (1, classes, rows, columns) of what is within the margin."""
        return _softmax(self._compiled(self._input(s2, valid)))

    def release(self) -> None:
        """Give working memory back."""
        self._compiled.release()


class Window(NamedTuple):
    """What a network is made ready for, if not for images of any size."""

    shape: tuple[int, int, int, int]
    """(batch, bands, rows, columns)."""
    margin: int
    """Pixels at each edge that are looked at and not classified."""
    ranges: Ranges | None = None
    """What 8-bit convolutions round by; without them, by each window's own largest values."""


class CompiledNetwork:
    """A network made ready for this CPU; it does not change with the module it was made from.

    Several threads may use it; they take turns.

    Args:
        network: in evaluation mode.
        precision: to compute in; bfloat16 on a processor that has it.
        features: whether `with_features` is needed.
        window: of one size alone, which takes half the working memory; without `features`.
    """

    def __init__(
        self,
        network: FCDenseNet,
        precision: Precision,
        features: bool = False,
        window: Window | None = None,
    ):
        bfloat16 = precision == "bfloat16"
        margin = window.margin if window else 0
        if precision == "int8":
            ranges = window.ranges if window else None
            graph = int8_graph_of(network, features, margin, ranges)
        else:
            graph = graph_of(network, bfloat16, features, margin)
        if window is not None:
            graph.reshape(list(window.shape))
        self._compiled = _compiled(graph, bfloat16)
        self._outer = margins_kept(margin)[0]
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
            outer = self._outer
            heads = [
                terms[..., outer : terms.shape[2] - outer, outer : terms.shape[3] - outer]
                for terms in outputs[: self._heads]
            ]
            logits = np.zeros((len(x), self._classes, *heads[0].shape[2:]))
            for terms in heads:
                for start in range(0, terms.shape[1], self._classes):
                    logits += terms[:, start : start + self._classes]
            return logits, [features.copy() for features in outputs[self._heads :]]

    def release(self) -> None:
        """Give working memory back; it is kept from call to call, since getting it takes time."""
        with self._lock:
            self._compiled.release_memory()


def _compiled(graph: openvino.Model, bfloat16: bool) -> openvino.CompiledModel:
    # What is not set is guessed, bfloat16 where there is AMX among it.
    options: dict[Any, Any] = {
        hint.inference_precision: openvino.Type.bf16 if bfloat16 else openvino.Type.f32,
        hint.performance_mode: hint.PerformanceMode.LATENCY,
        hint.enable_cpu_pinning: False,
        properties.inference_num_threads: torch.get_num_threads(),
        properties.num_streams: 1,
    }
    return _core().compile_model(graph, "CPU", options)


def largest_values(network: FCDenseNet, x: npt.NDArray[np.float32]) -> Ranges:
    """What 8-bit convolutions of `x` (batch, bands, rows, columns), float32, round by."""
    measure = _compiled(int8_graph_of(network, measuring=True), bfloat16=False)
    largest: Ranges = measure([np.ascontiguousarray(x)])[0].max(axis=(0, 2, 3))
    return largest


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Softmax over axis 1."""
    return torch.from_numpy(logits).softmax(dim=1).numpy()

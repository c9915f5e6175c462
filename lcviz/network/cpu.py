"""The network on the CPU, in OpenVINO: DN go in, classes or probabilities come out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from lcviz.network.densenet import FCDenseNet
from lcviz.network.openvino_graph import CompiledNetwork
from lcviz.network.standardisation import network_input


class CpuNetwork:
    """A network, and the band statistics it was trained with: as `GpuNetwork`, methods too.

    Args:
        network: in evaluation mode; it is not changed, nor looked at again.
        band_mean, band_std: of each band over the training scenes, DN.
        bfloat16: whether to compute in bfloat16, on a processor that has it.
        features: whether `probabilities_and_features` is needed.
    """

    def __init__(
        self,
        network: FCDenseNet,
        band_mean: Sequence[float],
        band_std: Sequence[float],
        bfloat16: bool,
        features: bool,
    ):
        self._compiled = CompiledNetwork(network, bfloat16, features)
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


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Softmax over axis 1."""
    return torch.from_numpy(logits).softmax(dim=1).numpy()

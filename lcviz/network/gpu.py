"""The network in PyTorch, for a GPU: DN go in, classes or probabilities come out.

All between is done there: on the CPU beside it, standardising a patch and looking for its most
probable classes take 3.4 ms, so that no GPU could predict more than 300 patches a second.
"""

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lcviz.network.densenet import SIZE_MULTIPLE, FCDenseNet


class GpuNetwork:
    """A network, and the band statistics it was trained with, on a device of PyTorch's.

    In all methods, `s2` is DN (patches, bands, rows, columns), uint16, with rows and columns that
    are multiples of 8, and `valid` tells where it holds data (patches, rows, columns), bool; the
    network sees each band's mean where it does not.

    Args:
        network: in evaluation mode; a copy of it goes to `device`.
        band_mean, band_std: of each band over the training scenes, DN.
        device: as PyTorch names it.
        bfloat16: whether to compute in bfloat16.
    """

    def __init__(
        self,
        network: FCDenseNet,
        band_mean: Sequence[float],
        band_std: Sequence[float],
        device: str,
        bfloat16: bool,
    ):
        self._network = copy.deepcopy(network).to(device)
        self._mean, self._std = (
            torch.tensor(list(values), dtype=torch.float32, device=device).view(1, -1, 1, 1)
            for values in (band_mean, band_std)
        )
        self._device = device
        self._bfloat16 = bfloat16

    @torch.inference_mode()
    def classes(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.uint8]:
        """Most probable class (patches, rows, columns), uint8."""
        maps = self._maps(s2, valid)
        most: npt.NDArray[np.uint8] = self._logits(maps).argmax(1).byte().cpu().numpy()
        return most

    @torch.inference_mode()
    def probabilities(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """Probabilities (patches, classes, rows, columns), float32."""
        maps = self._maps(s2, valid)
        shares: npt.NDArray[np.float32] = self._logits(maps).softmax(1).cpu().numpy()
        return shares

    @torch.inference_mode()
    def probabilities_and_features(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Probabilities as above, and the 240 maps before the head, averaged over squares of 8 x 8
        pixels: (patches, 240, rows / 8, columns / 8), float32."""
        maps = self._maps(s2, valid)
        pooled = torch.nn.functional.avg_pool2d(maps.float(), SIZE_MULTIPLE)
        return self._logits(maps).softmax(1).cpu().numpy(), pooled.cpu().numpy()

    def release(self) -> None:
        """Give working memory back."""
        torch.cuda.empty_cache()

    def _maps(self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]) -> Tensor:
        """The maps that the head reads."""
        x = torch.from_numpy(s2).to(self._device).float()
        x.sub_(self._mean).div_(self._std)
        x.masked_fill_(~torch.from_numpy(valid).to(self._device)[:, None], 0)
        with self._precision():
            return self._network.maps_before_head(x.contiguous(memory_format=torch.channels_last))

    def _logits(self, maps: Tensor) -> Tensor:
        with self._precision():
            logits: Tensor = self._network.head(maps)
        return logits.float()

    def _precision(self) -> AbstractContextManager[object]:
        if not self._bfloat16:
            # By default convolutions of float32 are done in TF32, with three digits.
            exact: AbstractContextManager[object] = torch.backends.cudnn.flags(
                enabled=True, allow_tf32=False
            )
            return exact
        kind = torch.device(self._device).type
        # Without the cache of autocast, which threads would share.
        return torch.autocast(kind, torch.bfloat16, cache_enabled=False)

"""Sentinel-2 patches -> class probabilities and class maps, with a trained network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from lcviz.densenet import SIZE_MULTIPLE, FCDenseNet
from lcviz.errors import ConfigurationError, WeightsError
from lcviz.runtime import CompiledNetwork, has_bfloat16
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL

_DEVICES: Final = ("auto", "cpu", "cuda")
_MODES: Final = ("auto", "fast", "exact")
# On a CPU a larger batch is no faster and takes 0.5 GB more for each patch of 256 x 256.
_BATCH: Final = {"cpu": 1, "cuda": 32}


def load_network(weights: Mapping[str, Tensor] | str | Path, bands: int = len(BANDS)) -> FCDenseNet:
    """Build the network for the eight classes and load its weights.

    Args:
        weights: state of an `FCDenseNet`, or the path of a safetensors file that holds one. Half
            precision is cast to float32.
        bands: number of input bands.

    Returns:
        The network in evaluation mode, float32, on the CPU, in channels-last memory layout.

    Raises:
        WeightsError: the file is missing or damaged, or the weights do not fit or are not finite.
    """
    source = "The weights"
    if isinstance(weights, str | Path):
        source = f"The weights in {weights}"
        weights = _read_safetensors(Path(weights))
    for name, tensor in weights.items():
        counter = name.endswith("num_batches_tracked")
        if not counter and not (tensor.is_floating_point() and tensor.isfinite().all()):
            raise WeightsError(
                f"{source} are no finite floats at {name} ({tensor.dtype}); train the model again"
            )
    # Without drawing weights that are replaced at once, which takes longer than all the rest.
    with torch.device("meta"):
        network = FCDenseNet(bands, len(CLASSES))
    own = {name: tensor.clone() for name, tensor in weights.items()}
    try:
        network.load_state_dict(own, assign=True)
    except RuntimeError as error:
        reasons = [line.strip() for line in str(error).splitlines()[1:3]]
        raise WeightsError(
            f"{source} do not fit a network of {bands} bands and {len(CLASSES)} classes: "
            f"{' '.join(reasons)[:300]} ... Train the model again with this version"
        ) from error
    # The layout of the weights decides that of all activations.
    torch.nn.utils.convert_conv2d_weight_memory_format(network, torch.channels_last)
    return network.float().eval()


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}; train the model")
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path} cannot be read as safetensors ({error}); train the model again"
        ) from error


def standardise(
    s2: npt.NDArray[np.uint16], mean: Sequence[float], std: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Standardise reflectance band by band: (DN - mean) / std.

    Args:
        s2: Sentinel-2 DN (patches, bands, rows, columns), uint16.
        mean: mean of each band over the training scenes, DN.
        std: standard deviation of each band over the training scenes, DN.

    Returns:
        Standardised reflectance (patches, bands, rows, columns), float32, no unit.

    Raises:
        ValueError: `s2` is not uint16 or has not four axes; `mean` or `std` has not one finite
            value for each band, or a standard deviation is not positive.
    """
    if s2.dtype != np.uint16 or s2.ndim != 4:
        raise ValueError(
            f"Expected uint16 DN of shape (patches, bands, rows, columns), got {s2.dtype} "
            f"of shape {s2.shape}"
        )
    centre, scale = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    bands = s2.shape[1]
    if centre.shape != (bands,) or scale.shape != (bands,):
        raise ValueError(
            f"Expected a mean and a standard deviation for each of {bands} bands, got "
            f"{centre.size} and {scale.size}"
        )
    if not (np.isfinite(centre).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError(
            f"Means must be finite and standard deviations positive, got {list(mean)} and "
            f"{list(std)}; compute the band statistics again"
        )
    standardised = s2.astype(np.float32)
    standardised -= centre.astype(np.float32)[:, None, None]
    standardised /= scale.astype(np.float32)[:, None, None]
    return standardised


class Predictor:
    """A trained network and the band statistics it was trained with.

    Args:
        network: network with one output for each class; moved to `device`.
        band_mean: mean of each band over the training scenes, DN.
        band_std: standard deviation of each band over the training scenes, DN.
        device: "cpu", "cuda", or "auto", which takes a GPU where there is one.
        mode: "exact" is float32; "fast" is bfloat16 on a GPU and on processors made for it, which
            changes the class of about two pixels in a thousand, and float32 on others; "auto" is
            "fast" on a GPU and "exact" on a CPU. On a CPU, OpenVINO does the work.
        features: whether `probabilities_and_features` is needed.

    A predictor does not change; several threads may use it.

    Raises:
        ConfigurationError: no such device or mode, or "cuda" and there is no GPU.
    """

    def __init__(
        self,
        network: FCDenseNet,
        band_mean: Sequence[float],
        band_std: Sequence[float],
        device: str = "auto",
        mode: str = "auto",
        features: bool = False,
    ):
        for name, value, known in (("device", device, _DEVICES), ("mode", mode, _MODES)):
            if value not in known:
                raise ConfigurationError(f"{name} {value!r} is not one of {', '.join(known)}")
        gpu = torch.cuda.is_available()
        if device == "cuda" and not gpu:
            raise ConfigurationError("No GPU that PyTorch can use was found; use the device 'cpu'")
        self.device = "cuda" if gpu and device != "cpu" else "cpu"
        if mode == "auto":
            mode = "fast" if self.device == "cuda" else "exact"
        self.mode = mode
        fast = mode == "fast" and (self.device == "cuda" or has_bfloat16())
        self.precision = "bfloat16" if fast else "float32"
        """What `mode` comes to here."""
        self.band_mean = tuple(band_mean)
        self.band_std = tuple(band_std)
        network = network.eval()
        self._compiled = CompiledNetwork(network, fast, features) if self.device == "cpu" else None
        self._network = None if self._compiled else network.to(self.device)

    def release(self) -> None:
        """Give working memory back, 2.7 kB a pixel of the largest input (3.5 kB if float32)."""
        if self._compiled is not None:
            self._compiled.release()
        else:
            torch.cuda.empty_cache()

    def probabilities(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """Predict class probabilities.

        Args:
            s2: Sentinel-2 DN (patches, bands, rows, columns), uint16, of any size. A size that is
                no multiple of 8 is padded by reflection, and the output cropped.
            valid: where `s2` holds data (patches, rows, columns), bool. The network sees each
                band's mean where it does not.

        Returns:
            Probabilities (patches, classes, rows, columns), float32; they sum to 1 over the
            classes where `valid`, and are NaN elsewhere.

        Raises:
            ValueError: shapes or types are not as above.
        """
        rows, columns = self._check(s2, valid)
        output = np.empty((len(s2), len(CLASSES), rows, columns), dtype=np.float32)
        for batch in self._batches(len(s2)):
            output[batch] = _softmax(self._logits(s2[batch], valid[batch]))
        np.copyto(output, np.nan, where=~valid[:, None])
        return output

    def probabilities_and_features(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Predict class probabilities, and tell what the head saw; needs `features`.

        Args and errors as in `probabilities`.

        Returns:
            Probabilities as there, and the 240 maps before the head, averaged over squares of
            `SIZE_MULTIPLE` pixels: (patches, 240, rows / 8, columns / 8), rounded up, float32.
        """
        rows, columns = self._check(s2, valid)
        output = np.empty((len(s2), len(CLASSES), rows, columns), dtype=np.float32)
        features = []
        for batch in self._batches(len(s2)):
            x = self.standardised(s2[batch], valid[batch])
            logits: npt.NDArray[np.floating]
            if self._compiled is not None:
                logits, pooled = self._compiled.with_features(x)
            else:
                logits, pooled = self._on_gpu_with_features(x)
            output[batch] = _softmax(logits[:, :, :rows, :columns])
            features.append(pooled)
        np.copyto(output, np.nan, where=~valid[:, None])
        return output, np.concatenate(features)

    def classes(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.uint8]:
        """Predict the most probable class of each pixel.

        Args and errors as in `probabilities`.

        Returns:
            Class index (patches, rows, columns), uint8, and 255 where not `valid`.
        """
        rows, columns = self._check(s2, valid)
        output = np.empty((len(s2), rows, columns), dtype=np.uint8)
        for batch in self._batches(len(s2)):
            output[batch] = self._logits(s2[batch], valid[batch]).argmax(axis=1)
        output[~valid] = NO_LABEL
        return output

    def _batches(self, patches: int) -> list[slice]:
        size = _BATCH[self.device]
        return [slice(start, start + size) for start in range(0, patches, size)]

    @staticmethod
    def _check(s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]) -> tuple[int, int]:
        """Return rows and columns; what `standardise` and the network check is left to them."""
        if s2.ndim != 4 or valid.dtype != np.bool_ or valid.shape != (len(s2), *s2.shape[2:]):
            raise ValueError(
                "Expected DN (patches, bands, rows, columns) with a bool mask (patches, rows, "
                f"columns), got shapes {s2.shape} and {valid.shape}, mask {valid.dtype}"
            )
        return s2.shape[2], s2.shape[3]

    def _logits(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.floating]:
        """Logits (patches, classes, rows, columns), float32 from a GPU, else float64."""
        x = self.standardised(s2, valid)
        logits: npt.NDArray[np.floating] = (
            self._on_gpu(x) if self._compiled is None else self._compiled(x)
        )
        return logits[:, :, : s2.shape[2], : s2.shape[3]]

    def standardised(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """What the network is given (patches, bands, rows, columns), float32.

        Standardised, 0 where not valid, and mirrored at the lower and right edge up to a multiple
        of 8 rows and columns.
        """
        x = standardise(s2, self.band_mean, self.band_std)
        np.copyto(x, 0, where=~valid[:, None])
        rows, columns = x.shape[2:]
        padding = ((0, 0), (0, 0), (0, -rows % SIZE_MULTIPLE), (0, -columns % SIZE_MULTIPLE))
        return np.pad(x, padding, mode="reflect")

    @torch.inference_mode()
    def _on_gpu(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        assert self._network is not None
        half = self.precision == "bfloat16"
        with torch.autocast(self.device, torch.bfloat16, enabled=half, cache_enabled=False):
            logits = self._network(torch.from_numpy(x).to(self.device))
        output: npt.NDArray[np.float32] = logits.float().cpu().numpy()
        return output

    @torch.inference_mode()
    def _on_gpu_with_features(
        self, x: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        assert self._network is not None
        half = self.precision == "bfloat16"
        with torch.autocast(self.device, torch.bfloat16, enabled=half, cache_enabled=False):
            maps = self._network.maps_before_head(torch.from_numpy(x).to(self.device))
            logits = self._network.head(maps)
        pooled = torch.nn.functional.avg_pool2d(maps.float(), SIZE_MULTIPLE)
        return logits.float().cpu().numpy(), pooled.cpu().numpy()


def _softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Softmax over axis 1."""
    return torch.from_numpy(logits).softmax(dim=1).numpy()

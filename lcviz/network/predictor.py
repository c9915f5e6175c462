"""Sentinel-2 patches -> class probabilities and class maps, with a trained network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from lcviz.errors import ConfigurationError, WeightsError
from lcviz.network.densenet import SIZE_MULTIPLE, FCDenseNet
from lcviz.network.standardisation import network_input
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL

if TYPE_CHECKING:
    from lcviz.network.cpu import CpuNetwork, CpuWindows, Precision
    from lcviz.network.gpu import GpuNetwork

_DEVICES: Final = ("auto", "cpu", "cuda")
_MODES: Final = ("auto", "fast", "exact")
# On a CPU a larger batch is no faster and takes 0.5 GB more for each patch of 256 x 256.
_BATCH: Final = {"cpu": 1, "cuda": 32}
_FEW: Final = 864**2
"""Pixels of all windows together for which it does not pay to make a network ready."""


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


class Predictor:
    """A trained network and the band statistics it was trained with.

    Args:
        network: network with one output for each class; a copy of it is used.
        band_mean: mean of each band over the training scenes, DN.
        band_std: standard deviation of each band over the training scenes, DN.
        device: "cpu", "cuda", or "auto", which takes a GPU where there is one.
        mode: "exact" is float32, on a CPU nearer to float64 than PyTorch's own; "fast" is bfloat16
            on a GPU and on processors made for it, and 8-bit convolutions on others, see
            `modes.cost_of`; "auto" is "fast" on a GPU and "exact" on a CPU. On a CPU, OpenVINO does
            the work.
        features: whether `probabilities_and_features` is needed.

    A predictor does not change; several threads may use it.

    Raises:
        ConfigurationError: no such device or mode, or "cuda" and there is no GPU.
    """

    _network: "CpuNetwork | GpuNetwork"

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
        self.band_mean = tuple(band_mean)
        self.band_std = tuple(band_std)
        network = network.eval()
        fast = mode == "fast"
        # OpenVINO is not loaded for a GPU.
        if self.device == "cuda":
            from lcviz.network.gpu import GpuNetwork  # noqa: PLC0415

            precision: Precision = "bfloat16" if fast else "float32"
            self._network = GpuNetwork(network, band_mean, band_std, self.device, fast)
        else:
            from lcviz.network.cpu import CpuNetwork, fast_precision  # noqa: PLC0415

            precision = fast_precision() if fast else "float32"
            self._network = CpuNetwork(network, band_mean, band_std, precision, features)
        self.precision = precision
        """What `mode` comes to here."""

    def release(self) -> None:
        """Give working memory back, 2.3 kB a pixel of the largest input (3.2 kB if float32)."""
        self._network.release()

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
        for part in self._batches(len(s2)):
            found = self._network.probabilities(*_padded(s2[part], valid[part]))
            output[part] = found[:, :, :rows, :columns]
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
        for part in self._batches(len(s2)):
            inputs = _padded(s2[part], valid[part])
            found, pooled = self._network.probabilities_and_features(*inputs)
            output[part] = found[:, :, :rows, :columns]
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
        for part in self._batches(len(s2)):
            found = self._network.classes(*_padded(s2[part], valid[part]))
            output[part] = found[:, :rows, :columns]
        output[~valid] = NO_LABEL
        return output

    def for_windows(
        self,
        rows: int,
        columns: int,
        margin: int,
        count: int = 1,
        sample: tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]] | None = None,
    ) -> "WindowPredictor":
        """Make ready for windows of one raster, all of one size, whose margins overlap.

        Args:
            rows, columns: of a window, multiples of 8.
            margin: pixels at each edge that are looked at and not classified, a multiple of 8.
            count: of windows.
            sample: pixels from all over the raster (bands, rows, columns) and where they are valid
                (rows, columns), of multiples of 8: where convolutions are of 8 bits, all windows
                are rounded by it. Without it, each is rounded by itself.
        """
        from lcviz.network.gpu import GpuNetwork  # noqa: PLC0415

        few = rows * columns * count <= _FEW and sample is None
        if few or isinstance(self._network, GpuNetwork):
            return WindowPredictor(self._network, margin)
        return WindowPredictor(self._network.for_windows(rows, columns, margin, sample), 0)

    @property
    def rounds_by_sample(self) -> bool:
        """Whether `for_windows` looks at a sample."""
        return self.precision == "int8"

    @property
    def window_side(self) -> int:
        """Rows and columns of a window, margin included, whose working memory is below 1.8 GB."""
        return 1328 if self.precision == "bfloat16" else 1224

    def _batches(self, patches: int) -> list[slice]:
        size = _BATCH[self.device]
        return [slice(start, start + size) for start in range(0, patches, size)]

    @staticmethod
    def _check(s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]) -> tuple[int, int]:
        """Return rows and columns; the number of bands is left to the network to check."""
        if (
            s2.ndim != 4
            or s2.dtype != np.uint16
            or valid.dtype != np.bool_
            or valid.shape != (len(s2), *s2.shape[2:])
        ):
            raise ValueError(
                "Expected uint16 DN (patches, bands, rows, columns) with a bool mask (patches, "
                f"rows, columns), got {s2.dtype} of shape {s2.shape} and {valid.dtype} of shape "
                f"{valid.shape}"
            )
        return s2.shape[2], s2.shape[3]

    def standardised(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """What the network is given (patches, bands, rows, columns), float32.

        Standardised, 0 where not valid, and mirrored at the lower and right edge up to a multiple
        of 8 rows and columns.
        """
        return network_input(*_padded(s2, valid), self.band_mean, self.band_std)


class WindowPredictor:
    """What `Predictor.for_windows` makes ready; as long as it is used, its memory is kept."""

    def __init__(self, network: "CpuNetwork | GpuNetwork | CpuWindows", cut: int):
        self._network = network
        self._cut = cut

    def probabilities(
        self, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """Predict one window.

        Args:
            s2: DN (bands, rows, columns), uint16, of the size that was named.
            valid: where they are valid (rows, columns), bool.

        Returns:
            Probabilities (classes, rows, columns) of what is within the margin, float32; NaN where
            not `valid`.
        """
        found = self._network.probabilities(s2[None], valid[None])[0]
        rows, columns = (side - 2 * self._cut for side in found.shape[1:])
        inner = slice(self._cut, self._cut + rows), slice(self._cut, self._cut + columns)
        output = found[:, *inner].astype(np.float32)
        top, left = (
            (whole - part) // 2 for whole, part in zip(valid.shape, (rows, columns), strict=True)
        )
        np.copyto(output, np.nan, where=~valid[top : top + rows, left : left + columns])
        return output

    def release(self) -> None:
        """Give working memory back."""
        self._network.release()


def _padded(
    s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    """Both mirrored at the lower and right edge up to a multiple of 8 rows and columns."""
    padding = [(0, -side % SIZE_MULTIPLE) for side in valid.shape[1:]]
    if not np.any(padding):
        return s2, valid
    return (
        np.pad(s2, [(0, 0), (0, 0), *padding], mode="reflect"),
        np.pad(valid, [(0, 0), *padding], mode="reflect"),
    )

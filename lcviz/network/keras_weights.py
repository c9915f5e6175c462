"""The authors' weights, as Keras stores them -> our network."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lcviz.errors import WeightsError
from lcviz.network.densenet import FCDenseNet

_KERAS_LAYERS: Final[dict[type[nn.Module], tuple[str, dict[str, str]]]] = {
    nn.BatchNorm2d: (
        "BatchNormalization",
        {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"},
    ),
    nn.Conv2d: ("Conv2D", {"kernel": "weight"}),
    nn.ConvTranspose2d: ("Conv2DTranspose", {"kernel": "weight", "bias": "bias"}),
}
"""Type of layer -> its name in Keras, and the names of its weights there and here."""


def load_keras_weights(model: FCDenseNet, path: str | Path) -> None:
    """Load the weights of the authors' Keras network into `model`, in place.

    Args:
        model: network with the file's number of bands and classes; left as it was on an error.
        path: npz with one float array for each weight, named `<number>_<Keras layer>_<weight>`,
            layers numbered as Keras builds them: `00_Conv2D_kernel`, `01_BatchNormalization_gamma`,
            ... Kernels are (rows, columns, in, out), those of transposed convolutions (rows,
            columns, out, in). Arrays whose name does not start with a digit (an example input) are
            ignored.

    Raises:
        WeightsError: no such file, no npz, or its arrays are not those of `model`.
    """
    path = Path(path)
    arrays = _read_npz(path)
    targets = _keras_tensors(model)
    missing, extra = targets.keys() - arrays.keys(), arrays.keys() - targets.keys()
    if missing or extra:
        odd = [f"{name} is missing" for name in sorted(missing)[:3]]
        odd += [f"{name} is not expected" for name in sorted(extra)[:3]]
        raise WeightsError(
            f"{path} holds {len(arrays)} weight arrays, the network has {len(targets)}: "
            f"{', '.join(odd)}. Export the network's weights again, layer by layer"
        )
    weights = {}
    for name, target in targets.items():
        array = arrays[name]
        if array.ndim == 4:  # (rows, columns, x, y) -> (y, x, rows, columns)
            array = array.transpose(3, 2, 0, 1)
        if array.shape != target.shape or array.dtype.kind != "f" or not np.isfinite(array).all():
            wanted = tuple(target.shape)
            if target.ndim == 4:
                wanted = (wanted[2], wanted[3], wanted[1], wanted[0])
            raise WeightsError(
                f"{name} in {path} must be a finite float array of shape {wanted}, got "
                f"{arrays[name].dtype} of shape {arrays[name].shape}; the network was built for "
                f"{model.in_channels} bands and {model.head.out_channels} classes"
            )
        weights[name] = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    with torch.no_grad():
        for name, target in targets.items():
            target.copy_(weights[name])


def _keras_tensors(model: FCDenseNet) -> dict[str, Tensor]:
    """Map Keras's names to the tensors of `model`, in the order in which Keras builds layers."""
    layers = [module for module in model.modules() if type(module) in _KERAS_LAYERS]
    tensors = {}
    for number, module in enumerate(layers):
        layer, weights = _KERAS_LAYERS[type(module)]
        for theirs, ours in weights.items():
            tensors[f"{number:02d}_{layer}_{theirs}"] = getattr(module, ours)
    return tensors


def _read_npz(path: Path) -> dict[str, npt.NDArray[np.floating]]:
    """Read the arrays of an npz whose names start with a digit."""
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}; check the path")
    try:
        if not zipfile.is_zipfile(path):  # numpy would take it for a pickle and say so
            raise ValueError("no zip archive")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files if name[:1].isdigit()}
    except (OSError, ValueError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{path} cannot be read as an npz of plain arrays ({error}); write it with numpy.savez"
        ) from error

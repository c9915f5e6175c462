"""Adapting at test time: the batch-norm statistics of a scene blended into a network's own.

Each batch normalisation is given, from the stem on,

    mean = N / (N + n) training mean + n / (N + n) scene mean,   and the variance likewise,

with n the patches of 256 x 256 pixels that the scene's statistics are of, and N = 16 patches that
the training statistics count for. The next layer sees what the blended one makes of the scene.

Source: Schneider et al. 2020, Improving robustness against common corruptions by covariate shift
adaptation, section 3 (Nado et al. 2020 is N = 0).
"""

import copy
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lcviz.network.densenet import FCDenseNet
from lcviz.taxonomy import PATCH_SIZE

TRAINING_WORTH: Final = 16.0
"""N: patches that the training statistics count for."""


def blend_weight(pixels: int) -> float:
    """Weight of the training statistics beside those of this many pixels, 0 to 1."""
    return TRAINING_WORTH / (TRAINING_WORTH + pixels / PATCH_SIZE**2)


def adapted(
    network: FCDenseNet, x: npt.NDArray[np.float32], blend: float | None = None
) -> tuple[FCDenseNet, npt.NDArray[np.float32]]:
    """A copy of a network with statistics of a scene blended in, and what it makes of that scene.

    Args and logits as in `adapt_in_place`; the network is left as it is.
    """
    copied = copy.deepcopy(network)
    return copied, adapt_in_place(copied, x, blend)


@torch.inference_mode()
def adapt_in_place(
    network: FCDenseNet, x: npt.NDArray[np.float32], blend: float | None = None
) -> npt.NDArray[np.float32]:
    """Blend statistics of a scene into a network, and predict that scene.

    Args:
        network: in evaluation mode, on the CPU; its running statistics change.
        x: the scene, standardised (patches, 10, rows, columns), float32, rows and columns multiples
            of 8. All patches count together, and go through the network at once.
        blend: weight of the training statistics; that of `blend_weight`, if None. 1 changes
            nothing, 0 takes the scene's alone.

    Returns:
        Logits (patches, 8, rows, columns), float32.
    """
    weight = blend_weight(x.shape[0] * x.shape[2] * x.shape[3]) if blend is None else blend

    def blend_statistics(norm: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
        norm.running_mean.mul_(weight).add_(mean, alpha=1 - weight)
        norm.running_var.mul_(weight).add_(variance, alpha=1 - weight)

    hooks = [
        module.register_forward_pre_hook(blend_statistics)
        for module in network.modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    batch = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
    logits: npt.NDArray[np.float32] = network(batch).numpy()
    for hook in hooks:
        hook.remove()
    return logits


def statistics_of(network: FCDenseNet) -> dict[str, torch.Tensor]:
    """A copy of a network's batch-norm statistics: `load_state_dict(..., strict=False)` puts them
    back."""
    return {
        name: value.clone()
        for name, value in network.state_dict().items()
        if name.endswith(("running_mean", "running_var"))
    }

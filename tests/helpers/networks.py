"""Networks to compute with."""

import torch

from lcviz.network.densenet import FCDenseNet


def uneven_network() -> FCDenseNet:
    """A network whose normalisations and biases are not the trivial ones of a new one."""
    torch.manual_seed(0)
    network = FCDenseNet(10, 8)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if "running_var" in name or (tensor.ndim == 1 and "weight" in name):
                tensor.uniform_(0.5, 2)
            elif tensor.ndim == 1:
                tensor.normal_(0, 0.3)
    return network.eval()

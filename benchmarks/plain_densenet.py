"""The network written as most people write it: what the benchmarks call stock and public.

`stock` is the paper's network as keras-contrib builds it. `public` stands for the implementations
of the tiramisu (Jegou et al., arXiv:1611.09326) that are found on the web: modules of BN, ReLU and
convolution, concatenation in every layer, the transition's 1x1 before its pool, and a bias in each
convolution. Both are of the paper's depth and width and give the same kind of output.
"""

import re

import torch
from torch import Tensor, nn

GROWTH, LAYERS, STEM, LEVELS = 16, 4, 48, 3


class Layer(nn.Sequential):
    """Batch normalisation, ReLU, convolution."""

    def __init__(self, channels: int, bias: bool):
        super().__init__(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, GROWTH, 3, padding=1, bias=bias),
        )


class Block(nn.Module):
    """A dense block."""

    def __init__(self, channels: int, bias: bool):
        super().__init__()
        self.layers = nn.ModuleList(Layer(channels + i * GROWTH, bias) for i in range(LAYERS))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """All maps, and the new ones."""
        new = []
        for layer in self.layers:
            y = layer(x)
            x = torch.cat([x, y], 1)
            new.append(y)
        return x, torch.cat(new, 1)


class PlainDenseNet(nn.Module):
    """Args: bands, classes, and whether convolutions have a bias, as in public code."""

    def __init__(self, bands: int, classes: int, bias: bool):
        super().__init__()
        wide = GROWTH * LAYERS
        widths = [STEM + i * wide for i in range(LEVELS + 1)]
        self.stem = nn.Sequential(
            nn.Conv2d(bands, STEM, 7, padding=3, bias=bias), nn.BatchNorm2d(STEM), nn.ReLU(True)
        )
        self.down = nn.ModuleList(Block(w, bias) for w in widths[:-1])
        self.transitions = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(w), nn.ReLU(True), nn.Conv2d(w, w, 1, bias=bias), nn.AvgPool2d(2)
            )
            for w in widths[1:]
        )
        self.bottom = Block(widths[-1], bias)
        self.doublings = nn.ModuleList(
            nn.ConvTranspose2d(wide, wide, 3, stride=2) for _ in range(LEVELS)
        )
        self.up = nn.ModuleList(Block(wide + w, bias) for w in reversed(widths[1:]))
        self.head = nn.Conv2d(2 * wide + widths[1], classes, 1, bias=bias)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1.1e-5  # Keras-contrib's

    def forward(self, x: Tensor) -> Tensor:
        """Bands (batch, bands, rows, columns) -> logits."""
        x, skips = self.stem(x), []
        for block, transition in zip(self.down, self.transitions, strict=True):
            skip, _ = block(x)
            skips.append(skip)
            x = transition(skip)
        x, new = self.bottom(x)
        for doubling, block in zip(self.doublings, self.up, strict=True):
            doubled = torch.relu(doubling(new)[:, :, :-1, :-1])
            x, new = block(torch.cat([doubled, skips.pop()], 1))
        return self.head(x)


_NAMES = {
    r"^bottleneck\.": "bottom.",
    r"^(down|up)\.(\d)\.block\.": r"\1.\2.",
    r"^down\.(\d)\.norm\.": r"transitions.\1.0.",
    r"^down\.(\d)\.conv\.": r"transitions.\1.2.",
    r"^up\.(\d)\.conv\.": r"doublings.\1.",
    r"\.layers\.(\d)\.norm\.": r".layers.\1.0.",
    r"\.layers\.(\d)\.conv\.": r".layers.\1.2.",
}
"""Parts of a weight's name in lcviz -> here."""


def stock_like(network: nn.Module) -> PlainDenseNet:
    """The stock network, in evaluation mode, with the weights of an `FCDenseNet`."""
    weights = {}
    for key, tensor in network.state_dict().items():
        name = key
        for theirs, own in _NAMES.items():
            name = re.sub(theirs, own, name)
        weights[name] = tensor.contiguous()
    stock = PlainDenseNet(network.in_channels, network.head.out_channels, bias=False)
    stock.load_state_dict(weights)
    return stock.eval()

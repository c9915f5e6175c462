"""FC-DenseNet: the network of Hu, Robinson & Dilkina (arXiv:2008.10351), read from top to bottom.

The authors trained keras-contrib's `DenseNetFCN` (Jegou et al., arXiv:1611.09326): three dense
blocks on the way down, one at the bottom, three on the way up, with skip connections in between.

    stem 48 -> down 112 -> down 176 -> down 240 -> bottleneck 64 -> up -> up -> up 240 -> head
"""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from lcviz.network.norm_relu_conv import FeatureMaps, norm_relu_conv, with_statistics

GROWTH: Final = 16
"""Maps that each layer of a dense block adds."""
LAYERS: Final = 4
"""Layers in each dense block."""
STEM_CHANNELS: Final = 48
LEVELS: Final = 3
"""Halvings on the way down, and doublings on the way up."""
SIZE_MULTIPLE: Final = 2**LEVELS
"""Rows and columns of an input must be multiples of this."""
L2_WEIGHT: Final = 1e-4

_NEW = GROWTH * LAYERS
# Keras's standard deviation of a normal distribution cut off at two standard deviations.
_TRUNCATED_STD = 0.87962566103423978


def _norm(channels: int) -> nn.BatchNorm2d:
    # Keras's momentum of 0.99 is the share that the old value keeps: 0.01 in PyTorch.
    return nn.BatchNorm2d(channels, eps=1.1e-5, momentum=0.01)


class DenseBlock(nn.Module):
    """Four layers (BN, ReLU, 3x3 convolution), each fed with all maps made so far."""

    def __init__(self, in_channels: int):
        super().__init__()
        widths = [in_channels + i * GROWTH for i in range(LAYERS)]
        self.layers = nn.ModuleList(
            nn.Sequential(
                _norm(width),
                nn.ReLU(inplace=True),
                nn.Conv2d(width, GROWTH, 3, padding=1, bias=False),
            )
            for width in widths
        )

    def forward(self, maps: Sequence[FeatureMaps]) -> list[FeatureMaps]:
        """Return the input followed by each layer's new maps, not concatenated."""
        maps = list(maps)
        for layer in self.layers:
            norm, _, conv = layer.children()
            new = norm_relu_conv(maps, norm, conv)  # type: ignore[arg-type]
            maps.append(with_statistics(new, self.training))
        return maps


class Down(nn.Module):
    """A dense block, and the transition that halves its rows and columns."""

    def __init__(self, in_channels: int):
        super().__init__()
        channels = in_channels + _NEW
        self.block = DenseBlock(in_channels)
        self.norm = _norm(channels)
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, list[FeatureMaps]]:
        """Return the halved maps, and the block's maps for the skip connection."""
        skip = self.block([with_statistics(x, self.training)])
        # Keras pools after the convolution. Both are linear and work on different axes, so that
        # the order does not matter, and here the convolution has a quarter of the pixels to do.
        return norm_relu_conv(skip, self.norm, self.conv, halve=True), skip


def _upsample(x: Tensor, conv: nn.ConvTranspose2d) -> Tensor:
    """Keras's "same" transposed 3x3 convolution of stride 2: `conv(x)[:, :, :-1, :-1]`.

    Done as a plain convolution that makes the four pixels of each 2x2 square as channels, since
    PyTorch's own takes 13 times as long in bfloat16 on a CPU (1.3 in float32). Output row 2i + a
    reads x[i] by kernel row a and x[i - 1] by kernel row a + 2, where row 3 is zero; likewise
    columns.
    """
    inputs, outputs = conv.weight.shape[:2]
    kernel = nn.functional.pad(conv.weight, (0, 1, 0, 1)).view(inputs, outputs, 2, 2, 2, 2)
    kernel = kernel.flip(2, 4).permute(1, 3, 5, 0, 2, 4).reshape(4 * outputs, inputs, 2, 2)
    bias = None if conv.bias is None else conv.bias.repeat_interleave(4)
    squares = nn.functional.conv2d(nn.functional.pad(x, (1, 0, 1, 0)), kernel, bias)
    return nn.functional.pixel_shuffle(squares, 2)


class Up(nn.Module):
    """A transposed convolution that doubles rows and columns, the skip, and a dense block."""

    def __init__(self, skip_channels: int):
        super().__init__()
        self.conv = nn.ConvTranspose2d(_NEW, _NEW, 3, stride=2)
        self.block = DenseBlock(_NEW + skip_channels)

    def forward(self, x: Tensor, skip: Sequence[FeatureMaps]) -> list[FeatureMaps]:
        """Return the doubled maps and the skip's, followed by each layer's new maps."""
        doubled = nn.functional.relu(_upsample(x, self.conv), inplace=True)
        return self.block([with_statistics(doubled, self.training), *skip])


class FCDenseNet(nn.Module):
    """The paper's network: 1,106,336 parameters and running statistics for 10 bands, 8 classes.

    Args:
        in_channels: bands of the input.
        classes: classes of the output.
    """

    def __init__(self, in_channels: int, classes: int):
        super().__init__()
        self.in_channels = in_channels
        # Modules are registered in the order in which Keras builds its layers: the order of
        # `load_keras_weights`.
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, STEM_CHANNELS, 7, padding=3, bias=False),
            _norm(STEM_CHANNELS),
            nn.ReLU(inplace=True),
        )
        widths = [STEM_CHANNELS + i * _NEW for i in range(LEVELS + 1)]
        self.down = nn.ModuleList(Down(width) for width in widths[:-1])
        self.bottleneck = DenseBlock(widths[-1])
        self.up = nn.ModuleList(Up(width) for width in reversed(widths[1:]))
        self.head = nn.Conv2d(2 * _NEW + widths[1], classes, 1, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        """Keras's initialisers: He-normal, truncated, and Glorot-uniform for the head."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                fan_in = module.in_channels * math.prod(module.kernel_size)
                std = math.sqrt(2 / fan_in) / _TRUNCATED_STD
                nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.xavier_uniform_(self.head.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Classify every pixel.

        Args:
            x: standardised reflectance (batch, channels, rows, columns), float32; rows and columns
                are multiples of 8.

        Returns:
            Logits (batch, classes, rows, columns); their softmax over axis 1 is the probability.

        Raises:
            ValueError: `x` has another number of axes or channels, or rows or columns are no
                multiple of 8.
        """
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(
                f"Expected an input of shape (batch, {self.in_channels}, rows, columns), "
                f"got {tuple(x.shape)}"
            )
        if x.shape[2] % SIZE_MULTIPLE or x.shape[3] % SIZE_MULTIPLE or not x.numel():
            raise ValueError(
                f"Rows and columns must be multiples of {SIZE_MULTIPLE}, got {x.shape[2]} x "
                f"{x.shape[3]}; pad the input and crop the output"
            )
        # A 1x1 convolution is a matrix product, which trains in half the time on a CPU.
        maps = self.maps_before_head(x).movedim(1, -1)
        return nn.functional.linear(maps, self.head.weight[:, :, 0, 0]).movedim(-1, 1)

    def maps_before_head(self, x: Tensor) -> Tensor:
        """The 240 maps (batch, 240, rows, columns) whose weighted sums are the logits of `x`."""
        x = self.stem(x)
        skips = []
        for down in self.down:
            x, skip = down(x)
            skips.append(skip)
        # From the bottleneck on, a block passes only its new maps, except the last one.
        maps = self.bottleneck([with_statistics(x, self.training)])
        for up in self.up:
            maps = up(_join(maps[-LAYERS:]), skips.pop())
        return _join(maps)


def _join(maps: Sequence[FeatureMaps]) -> Tensor:
    return torch.cat([m.values for m in maps], dim=1)


def l2_penalty(model: FCDenseNet) -> Tensor:
    """Keras's L2 term, to be added to the loss: 1e-4 times the sum of squared weights.

    Keras applies it to seven kernels only: the stem, the three 1x1 convolutions of the
    transitions and the three transposed convolutions. An optimiser's weight decay is not the same.

    Returns:
        Scalar tensor, differentiable.
    """
    kernels = [model.stem[0].weight, *(stage.conv.weight for stage in [*model.down, *model.up])]
    return L2_WEIGHT * torch.stack([kernel.square().sum() for kernel in kernels]).sum()

"""Patches in a device's memory, and the crops that are cut from them there.

Crops are drawn for a whole epoch at once, so that they are others than `PatchDataset` draws; each
is turned, relit and regrained as its recipe says, on the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from lcviz.network.training import radiometry
from lcviz.network.training.balance import BalancedCrops, count_blocks
from lcviz.network.training.recipe import TrainingConfig
from lcviz.taxonomy import BANDS, PATCH_SIZE

_HIGHEST = 2**15 - 1
"""DN are kept in 15 bits, which PyTorch can index on a GPU; brighter ones are cut off."""


@dataclass(frozen=True, eq=False)
class ResidentPatches:
    """Patches on a device."""

    dn: Tensor
    """int16 (patches, 256, 256, 10)."""
    classes: Tensor
    """uint8 (patches, 256, 256), 255 = no label."""
    blocks: npt.NDArray[np.uint16]
    """`count_blocks` of each patch's labels."""

    @classmethod
    def of(
        cls,
        dn: Sequence[npt.NDArray[np.uint16]],
        classes: Sequence[npt.NDArray[np.uint8]],
        device: str,
    ) -> "ResidentPatches":
        """Send patches, (10, 256, 256) and (256, 256) each, to a device."""
        on_device = torch.empty(
            (len(dn), PATCH_SIZE, PATCH_SIZE, len(BANDS)), dtype=torch.int16, device=device
        )
        for number, values in enumerate(dn):
            last = np.minimum(values, _HIGHEST).astype(np.int16).transpose(1, 2, 0)
            on_device[number] = torch.from_numpy(np.ascontiguousarray(last)).to(device)
        labels = torch.from_numpy(np.stack(classes)).to(device)
        return cls(on_device, labels, np.stack([count_blocks(c) for c in classes]))


@dataclass(frozen=True, eq=False)
class Crops:
    """Crops drawn for an epoch; tensors on the device, one entry a crop."""

    patch: Tensor
    row: Tensor
    column: Tensor
    turn: Tensor
    """bool (crops, 3): upside down, left for right, rows for columns."""
    gain: Tensor
    """(crops, 1, 1, 10)"""
    offset: Tensor
    contrast: Tensor | None
    """(crops,), as `radiometry.draw_contrast`; None where the grain stays."""
    side: int

    def cut(self, patches: ResidentPatches, which: slice) -> tuple[Tensor, Tensor]:
        """DN float (crops, 10, side, side), channels last, and classes (crops, side, side)."""
        step = torch.arange(self.side, device=self.patch.device)
        upside, mirrored, swapped = self.turn[which, :, None].unbind(1)
        down = torch.where(upside, self.side - 1 - step, step)
        across = torch.where(mirrored, self.side - 1 - step, step)
        # (crops, side, side): where each pixel of the crop is read from.
        swap = swapped[:, :, None]
        rows = torch.where(swap, down[:, None, :], down[:, :, None])
        columns = torch.where(swap, across[:, :, None], across[:, None, :])
        at = (
            self.patch[which, None, None],
            self.row[which, None, None] + rows,
            self.column[which, None, None] + columns,
        )
        seen = patches.dn[at]
        relit = (seen * self.gain[which] + self.offset[which]).round_().clamp_(1, 65535)
        values = torch.where(seen == 0, 0.0, relit).permute(0, 3, 1, 2)
        if self.contrast is not None:
            values = _regrained(values, self.contrast[which])
        return values, patches.classes[at]


def _regrained(values: Tensor, contrast: Tensor) -> Tensor:
    """`radiometry.regrained` of crops (crops, 10, side, side), each with its own contrast."""
    border = radiometry.GRAIN // 2

    def mean(layer: Tensor) -> Tensor:
        padded = functional.pad(layer, (border,) * 4, mode="reflect")
        return functional.avg_pool2d(padded, radiometry.GRAIN, stride=1)

    around = mean(values) / mean((values > 0).to(values.dtype)).clamp_min(1e-6)
    seen = around + contrast[:, None, None, None] * (values - around)
    return torch.where(values == 0, 0.0, seen.round_().clamp_(1, 65535))


def draw(
    rng: np.random.Generator,
    config: TrainingConfig,
    members: npt.NDArray[np.intp],
    balanced: BalancedCrops | None,
    crops: int,
    device: str,
) -> Crops:
    """Draw the crops of an epoch as the recipe says; `members` are the patches' numbers."""
    side = config.crop
    if balanced is None:
        chosen = rng.integers(0, len(members), crops)
        rows, columns = rng.integers(0, PATCH_SIZE - side + 1, (2, crops))
    else:
        chosen, rows, columns = balanced.draw(rng, crops, side)
    turns = rng.random((crops, 3)) < (0.5 if config.augment else 0.0)
    gain, offset = radiometry.draw(rng, crops, config.radiometry)
    contrast = radiometry.draw_contrast(rng, crops, config.grain) if config.grain else None

    def sent(values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device)

    return Crops(
        sent(members[chosen]),
        sent(rows),
        sent(columns),
        sent(turns),
        sent(gain.astype(np.float32))[:, None, None],
        sent(offset.astype(np.float32))[:, None, None],
        None if contrast is None else sent(contrast.astype(np.float32)),
        side,
    )

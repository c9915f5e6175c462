"""Which crops an epoch takes, so that rare classes are seen as well as common ones."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import CLASSES, PATCH_SIZE

BLOCK: Final = 32
"""Side of the squares in which the labels are counted, pixels."""
_SIDE: Final = PATCH_SIZE // BLOCK
_FEWEST: Final = 0.002
"""A class on less than this share of the labels may be nothing but wrong labels: it is not drawn
more often than the ground has it."""

Places = npt.NDArray[np.int64]


def count_blocks(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Pixels of each class in each block of a patch: (256, 256) -> (8, 8, 8 classes)."""
    blocks = classes.reshape(_SIDE, BLOCK, _SIDE, BLOCK)
    counts = [(blocks == k).sum((1, 3), dtype=np.uint16) for k in range(len(CLASSES))]
    return np.stack(counts, axis=-1)


class BalancedCrops:
    """Draws crops around a pixel of a class that is drawn first.

    Args:
        patches: of each patch, `count_blocks` of its labels.
        balance: 0 draws each class as often as the labels have it, 1 each as often as any other;
            between them, in proportion to its share raised to the power of 1 - balance.

    Raises:
        ValueError: there is no labelled pixel.
    """

    def __init__(self, patches: Iterable[npt.NDArray[np.uint16]], balance: float) -> None:
        counts = np.stack(list(patches)).reshape(-1, len(CLASSES)).astype(np.float64)
        pixels = counts.sum(0)
        if not pixels.sum():
            raise ValueError("No patch has a labelled pixel to draw a crop around")
        shares = pixels / pixels.sum()
        weights = np.where(shares < _FEWEST, shares, shares ** (1 - balance))
        self.weights = weights / weights.sum()
        """Probability of each class."""
        self._blocks = counts.cumsum(0).T  # (classes, blocks)

    def draw(
        self, rng: np.random.Generator, crops: int, side: int
    ) -> tuple[npt.NDArray[np.intp], Places, Places]:
        """(patch, first row, first column) of some crops of `side` pixels, each (crops,)."""
        chosen = rng.choice(len(self.weights), crops, p=self.weights)
        at = rng.random(crops)
        block = np.empty(crops, np.intp)
        for k in np.unique(chosen):
            mine, upto = chosen == k, self._blocks[k]
            block[mine] = np.searchsorted(upto, at[mine] * upto[-1], side="right")
        patch, inside = np.divmod(block, _SIDE**2)
        corner = np.stack(np.divmod(inside, _SIDE)) * BLOCK
        pixel = corner + rng.integers(0, BLOCK, (2, crops))
        # Where the pixel lies within its crop says nothing, so that no class is always central.
        first = pixel - rng.integers(0, side, (2, crops))
        rows, columns = np.clip(first, 0, PATCH_SIZE - side)
        return patch, rows, columns

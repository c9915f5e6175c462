"""What a model is trained on: patches as batches of tensors."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from lcviz.network.training import radiometry
from lcviz.network.training.balance import BalancedCrops, count_blocks
from lcviz.network.training.recipe import TrainingConfig
from lcviz.taxonomy import NO_LABEL, PATCH_SIZE

if TYPE_CHECKING:
    from lcviz.data.packed import LabelledPatch, PackedPatches
    from lcviz.data.sen12ms import PatchFiles


class PatchDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Patches with labels, read from the packed cache or from their files when asked for.

    Item `i` is patch `i`, whole: (uint16 (10, 256, 256) DN, uint8 (256, 256) class index,
    255 = ignore). Item `(epoch, i)` is random crop `i` of that epoch, turned as the configuration
    says: another in each epoch, the same in each run. Item `FILLER` has no label at all.

    Args:
        patches: with imagery and labels.
        config: the hyper-parameters.
        packed: where patches are read from if they are there.
        balanced: draws the crops, where they are not to be drawn as the ground has the classes.
    """

    def __init__(
        self,
        patches: "Sequence[PatchFiles]",
        config: TrainingConfig,
        packed: "PackedPatches | None" = None,
        balanced: BalancedCrops | None = None,
    ) -> None:
        self.patches = patches
        self.config = config
        self.packed = packed
        self.balanced = balanced

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, index: int | tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        if isinstance(index, int):
            values, classes = self._read(self.patches[index])
            if index == FILLER:
                classes = np.full_like(classes, NO_LABEL)
        else:
            values, classes = self._crop(*index)
        # Copied, since the cache lies in a file mapped into memory, which nobody may write to.
        return torch.from_numpy(values.copy()), torch.from_numpy(classes.copy())

    def _crop(self, epoch: int, number: int) -> "LabelledPatch":
        rng = np.random.default_rng([self.config.seed, epoch, number])
        side = self.config.crop
        if self.balanced is None:
            patch = number % len(self.patches)
            if self.config.epoch_crops:  # Which need not be a multiple of the patches.
                patch = int(rng.integers(len(self.patches)))
            row, column = rng.integers(0, PATCH_SIZE - side + 1, size=2)
        else:
            patch, row, column = (int(drawn[0]) for drawn in self.balanced.draw(rng, 1, side))
        values, classes = self._read(self.patches[patch])
        values = values[:, row : row + side, column : column + side]
        classes = classes[row : row + side, column : column + side]
        if self.config.augment:
            turns, flip = int(rng.integers(4)), bool(rng.integers(2))
            values = np.rot90(values, turns, axes=(-2, -1))
            classes = np.rot90(classes, turns, axes=(-2, -1))
            if flip:
                values, classes = values[..., ::-1], classes[..., ::-1]
        if self.config.radiometry:
            gain, offset = radiometry.draw(rng, 1, self.config.radiometry)
            values = radiometry.relit(values, gain[0], offset[0])
        if self.config.grain:
            contrast = radiometry.draw_contrast(rng, 1, self.config.grain)
            values = radiometry.regrained(values, float(contrast[0]))
        return values, classes

    def count_classes(self) -> list[np.ndarray]:
        """Of each patch, `count_blocks` of its labels."""
        return [count_blocks(self._read(patch)[1]) for patch in self.patches]

    def _read(self, patch: "PatchFiles") -> "LabelledPatch":
        # Not at the top: training on patches that are in memory does without GDAL.
        from lcviz.data.packed import read_labelled  # noqa: PLC0415

        found = None if self.packed is None else self.packed.read(patch)
        return read_labelled(patch) if found is None else found


_NO_EPOCH: Final = 2**31
"""Of crops that belong to no epoch."""
FILLER: Final = -1
"""Fills up the batches of a process that has fewer patches than the others."""


class EpochOrder(Sampler[tuple[int, int]]):
    """The random crops of an epoch, shuffled; the same whether or not the run was resumed.

    Several processes take turns: each has as many crops, the last of them taken twice if need be.

    Args:
        crops: in an epoch, over all processes.
        seed: of the order.
        epoch, start: where to begin: `start` crops of that epoch, over all processes, are done.
        rank, processes: which process this is, of how many.
    """

    def __init__(
        self,
        crops: int,
        seed: int,
        epoch: int = 0,
        start: int = 0,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.crops = crops
        self.seed = seed
        self.epoch = epoch
        self.start = start
        self.rank = rank
        self.processes = processes

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        if epoch != self.epoch:
            self.epoch, self.start = epoch, 0

    def __len__(self) -> int:
        """Crops of this process in a whole epoch, those done included."""
        return math.ceil(self.crops / self.processes)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.crops)
        order = np.resize(order, len(self) * self.processes)
        mine = order[self.start + self.rank :: self.processes]
        epoch = self.epoch
        return ((epoch, int(i)) for i in mine)


class Share(Sampler[int]):
    """Every patch once, in order, dealt out to several processes with fillers at the end."""

    def __init__(self, patches: int, rank: int, processes: int) -> None:
        self.patches = patches
        self.rank = rank
        self.processes = processes

    def __len__(self) -> int:
        return math.ceil(self.patches / self.processes)

    def __iter__(self) -> Iterator[int]:
        for i in range(self.rank, len(self) * self.processes, self.processes):
            yield i if i < self.patches else FILLER


class PatchData(lightning.LightningDataModule):
    """The training and validation patches of one experiment.

    Args:
        training, validation: patches with imagery and labels.
        config: the hyper-parameters.
        packed: where patches are read from if they are there; the rest comes from its files.
    """

    def __init__(
        self,
        training: "Sequence[PatchFiles]",
        validation: "Sequence[PatchFiles]",
        config: TrainingConfig,
        packed: "PackedPatches | None" = None,
    ) -> None:
        super().__init__()
        self.training = training
        self.validation = validation
        self.config = config
        self.packed = packed
        self.epoch, self.start = 0, 0
        self._balanced: BalancedCrops | None = None

    def resume(self, epoch: int, start: int) -> None:
        """Begin at an epoch of which `start` crops, over all processes, are done."""
        self.epoch, self.start = epoch, start

    def train_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Random crops of the training patches."""
        crops = self.config.crops_of(len(self.training))
        if self.config.balance and self._balanced is None:
            counts = PatchDataset(self.training, self.config, self.packed).count_classes()
            self._balanced = BalancedCrops(counts, self.config.balance)
        order = EpochOrder(crops, self.config.seed, self.epoch, self.start, *self._place())
        return self._loader(self.training, order, self._balanced)

    def some_batches(self, batches: int) -> Iterator[torch.Tensor]:
        """DN of random training crops, the same whenever asked for, as batches."""
        dataset = PatchDataset(self.training, self.config, self.packed, self._balanced)
        size = self.config.batch_size
        for start in range(0, batches * size, size):
            yield torch.stack([dataset[_NO_EPOCH, i][0] for i in range(start, start + size)])

    def val_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Whole validation patches, in order."""
        return self._loader(self.validation, Share(len(self.validation), *self._place()))

    def _place(self) -> tuple[int, int]:
        """(rank, number) of the processes that train together."""
        trainer = self.trainer
        return (0, 1) if trainer is None else (trainer.global_rank, trainer.world_size)

    def _loader(
        self,
        patches: "Sequence[PatchFiles]",
        order: Sampler[Any],
        balanced: BalancedCrops | None = None,
    ) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        workers = self.config.workers
        return DataLoader(
            PatchDataset(patches, self.config, self.packed, balanced),
            batch_size=self.config.batch_size,
            sampler=order,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
            prefetch_factor=4 if workers else None,
        )

"""What a model is trained on: patches as batches of tensors."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from lcviz.data.packed import LabelledPatch, PackedPatches, read_labelled
from lcviz.data.sen12ms import PatchFiles
from lcviz.network.training.recipe import TrainingConfig
from lcviz.taxonomy import NO_LABEL, PATCH_SIZE


class PatchDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Patches with labels, read from the packed cache or from their files when asked for.

    Item `i` is patch `i`, whole: (uint16 (10, 256, 256) DN, uint8 (256, 256) class index,
    255 = ignore). Item `(epoch, i)` is random crop `i` of that epoch, turned as the configuration
    says: another in each epoch, the same in each run. Item `FILLER` has no label at all.
    """

    def __init__(
        self,
        patches: Sequence[PatchFiles],
        config: TrainingConfig,
        packed: PackedPatches | None = None,
    ) -> None:
        self.patches = patches
        self.config = config
        self.packed = packed

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, index: int | tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        number = index if isinstance(index, int) else index[1]
        values, classes = self._read(self.patches[number % len(self.patches)])
        if index == FILLER:
            classes = np.full_like(classes, NO_LABEL)
        if not isinstance(index, int):
            rng = np.random.default_rng([self.config.seed, *index])
            side = self.config.crop
            row, column = rng.integers(0, PATCH_SIZE - side + 1, size=2)
            values = values[:, row : row + side, column : column + side]
            classes = classes[row : row + side, column : column + side]
            if self.config.augment:
                turns, flip = int(rng.integers(4)), bool(rng.integers(2))
                values = np.rot90(values, turns, axes=(-2, -1))
                classes = np.rot90(classes, turns, axes=(-2, -1))
                if flip:
                    values, classes = values[..., ::-1], classes[..., ::-1]
        # Copied, since the cache lies in a file mapped into memory, which nobody may write to.
        return torch.from_numpy(values.copy()), torch.from_numpy(classes.copy())

    def _read(self, patch: PatchFiles) -> LabelledPatch:
        found = None if self.packed is None else self.packed.read(patch)
        return read_labelled(patch) if found is None else found


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
        training: Sequence[PatchFiles],
        validation: Sequence[PatchFiles],
        config: TrainingConfig,
        packed: PackedPatches | None = None,
    ) -> None:
        super().__init__()
        self.training = training
        self.validation = validation
        self.config = config
        self.packed = packed
        self.epoch, self.start = 0, 0

    def resume(self, epoch: int, start: int) -> None:
        """Begin at an epoch of which `start` crops, over all processes, are done."""
        self.epoch, self.start = epoch, start

    def train_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Random crops of the training patches."""
        crops = len(self.training) * self.config.crops_per_patch
        order = EpochOrder(crops, self.config.seed, self.epoch, self.start, *self._place())
        return self._loader(self.training, order)

    def val_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Whole validation patches, in order."""
        return self._loader(self.validation, Share(len(self.validation), *self._place()))

    def _place(self) -> tuple[int, int]:
        """(rank, number) of the processes that train together."""
        trainer = self.trainer
        return (0, 1) if trainer is None else (trainer.global_rank, trainer.world_size)

    def _loader(
        self, patches: Sequence[PatchFiles], order: Sampler[Any]
    ) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        workers = self.config.workers
        return DataLoader(
            PatchDataset(patches, self.config, self.packed),
            batch_size=self.config.batch_size,
            sampler=order,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
            prefetch_factor=4 if workers else None,
        )

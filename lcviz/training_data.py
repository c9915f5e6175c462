"""What a model is trained on: scenes split by scene, and patches as batches of tensors."""

from collections.abc import Iterator, Sequence

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from lcviz.errors import ConfigurationError
from lcviz.sen12ms import PatchFiles, read_labels, read_s2
from lcviz.taxonomy import NO_LABEL, PATCH_SIZE
from lcviz.training_config import TrainingConfig


def split_scenes(
    scene_ids: Sequence[str], share: float, seed: int | Sequence[int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split scenes into training and validation, by scene, without replacement.

    Neighbouring patches overlap by half, so that a split by patch would leak.

    Returns:
        (training, validation), each sorted; `share` of the scenes, rounded, but at least one and
        not all, are validation. The order in which the scenes are given does not matter.

    Raises:
        ConfigurationError: fewer than two scenes.
    """
    scenes = sorted(set(scene_ids))
    if len(scenes) < 2:
        raise ConfigurationError(
            f"{len(scenes)} scene(s) with labels cannot be split into training and validation; "
            "at least two are needed"
        )
    held_out = min(max(round(share * len(scenes)), 1), len(scenes) - 1)
    chosen = np.random.default_rng(seed).choice(len(scenes), held_out, replace=False)
    validation = {scenes[i] for i in chosen}
    return tuple(s for s in scenes if s not in validation), tuple(sorted(validation))


class PatchDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Patches with labels, read from their files when asked for.

    Item `i` is patch `i`, whole: (float32 (10, 256, 256) DN, uint8 (256, 256) class index,
    255 = ignore). Item `(epoch, i)` is random crop `i` of that epoch, turned as the configuration
    says: another in each epoch, the same in each run.
    """

    def __init__(self, patches: Sequence[PatchFiles], config: TrainingConfig) -> None:
        self.patches = patches
        self.config = config

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, index: int | tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        number = index if isinstance(index, int) else index[1]
        patch = self.patches[number % len(self.patches)]
        if patch.s2 is None or patch.lc is None:
            raise ConfigurationError(f"{patch.patch_id} has no imagery or no labels to train on")
        image, labels = read_s2(patch.s2), read_labels(patch.lc)
        values = image.values.astype(np.float32)
        classes = np.where(image.valid, labels.values, np.uint8(NO_LABEL))
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
        return (
            torch.from_numpy(np.ascontiguousarray(values)),
            torch.from_numpy(np.ascontiguousarray(classes)),
        )


class EpochOrder(Sampler[tuple[int, int]]):
    """The random crops of an epoch, shuffled; the same whether or not the run was resumed."""

    def __init__(self, crops: int, seed: int) -> None:
        self.crops = crops
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.crops

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.crops)
        return ((self.epoch, int(i)) for i in order)


class PatchData(lightning.LightningDataModule):
    """The training and validation patches of one experiment."""

    def __init__(
        self,
        training: Sequence[PatchFiles],
        validation: Sequence[PatchFiles],
        config: TrainingConfig,
    ) -> None:
        super().__init__()
        self.training = training
        self.validation = validation
        self.config = config

    def train_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Random crops of the training patches."""
        crops = len(self.training) * self.config.crops_per_patch
        return self._loader(self.training, EpochOrder(crops, self.config.seed))

    def val_dataloader(self) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        """Whole validation patches, in order."""
        return self._loader(self.validation, None)

    def _loader(
        self, patches: Sequence[PatchFiles], order: EpochOrder | None
    ) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
        return DataLoader(
            PatchDataset(patches, self.config),
            batch_size=self.config.batch_size,
            sampler=order,
            num_workers=self.config.workers,
        )

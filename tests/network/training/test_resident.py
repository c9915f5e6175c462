import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from lcviz.network.training import radiometry
from lcviz.network.training.balance import BalancedCrops
from lcviz.network.training.recipe import TrainingConfig
from lcviz.network.training.resident import ResidentTrainer
from lcviz.network.training.resident_crops import ResidentPatches, draw

MEAN, STD = (1000.0,) * 10, (500.0,) * 10
QUICK = TrainingConfig(
    learning_rate=3e-3,
    batch_size=4,
    max_epochs=3,
    crop=32,
    crops_per_patch=8,
    augment=True,
    norm_momentum=0.1,
    schedule="one-cycle",
    averaging=0.9,
    radiometry=0.5,
    balance=0.5,
)
TRAINING, VALIDATION = np.array([0, 1, 2]), np.array([3])


@pytest.fixture(scope="module")
def patches() -> ResidentPatches:
    """Bright is barren, dark is water, a corner has no label, and each place is unlike others."""
    dn, classes = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        bright = (rng.random((8, 8)) > 0.5).repeat(32, 0).repeat(32, 1)
        base = np.where(bright, 3000, 300) + rng.integers(0, 100, (256, 256))
        dn.append(np.broadcast_to(base, (10, 256, 256)).astype(np.uint16))
        labels = np.where(bright, 6, 7).astype(np.uint8)
        labels[:32, :32] = 255
        classes.append(labels)
    return ResidentPatches.of(dn, classes, "cpu")


def trainer(patches: ResidentPatches) -> ResidentTrainer:
    return ResidentTrainer(patches, MEAN, STD, "cpu", bfloat16=False, compiled=False)


def test_crops_are_those_of_the_patches_turned_as_drawn(patches: ResidentPatches) -> None:
    plain = replace(QUICK, radiometry=0.0)
    crops = draw(np.random.default_rng(0), plain, TRAINING, None, 64, "cpu")
    values, classes = crops.cut(patches, slice(4, 60))
    assert values.shape == (56, 10, 32, 32)
    assert values.is_contiguous(memory_format=torch.channels_last)
    seen = set()
    for i in range(56):
        patch, row, column = (int(t[4 + i]) for t in (crops.patch, crops.row, crops.column))
        part = slice(row, row + 32), slice(column, column + 32)
        dn, labels = patches.dn[patch, *part, 0].numpy(), patches.classes[patch, *part].numpy()
        upside, mirrored, swapped = crops.turn[4 + i].tolist()
        seen.add((upside, mirrored, swapped))
        for whole, cut in ((dn, values[i, 0].numpy()), (labels, classes[i].numpy())):
            turned = whole.T if swapped else whole
            # Reversed where it is read, which is before rows and columns change places.
            turned = turned[:, ::-1] if (upside if swapped else mirrored) else turned
            turned = turned[::-1] if (mirrored if swapped else upside) else turned
            assert np.array_equal(turned, cut)
    assert len(seen) == 8


def test_no_data_stays_no_data_under_another_light() -> None:
    dn = np.zeros((10, 256, 256), np.uint16)
    dn[:, :, 128:] = 5
    held = ResidentPatches.of([dn], [np.zeros((256, 256), np.uint8)], "cpu")
    config = replace(QUICK, radiometry=5.0, augment=False, crop=256)
    values, _ = draw(np.random.default_rng(1), config, np.array([0]), None, 4, "cpu").cut(
        held, slice(None)
    )
    assert (values[..., :128] == 0).all()
    assert (values[..., 128:] >= 1).all()


def test_crops_get_the_grain_that_files_would_get() -> None:
    rng = np.random.default_rng(2)
    dn = rng.integers(300, 9000, (10, 256, 256)).astype(np.uint16)
    dn[:, 40:70, :90] = 0
    held = ResidentPatches.of([dn], [np.zeros((256, 256), np.uint8)], "cpu")
    config = replace(QUICK, radiometry=0.0, augment=False, crop=256, grain=0.5)
    crops = draw(rng, config, np.array([0]), None, 3, "cpu")
    assert crops.contrast is not None
    values, _ = crops.cut(held, slice(None))
    for seen, contrast in zip(values.numpy(), crops.contrast.tolist(), strict=True):
        assert np.abs(seen - radiometry.regrained(dn, contrast)).max() <= 1
    assert draw(rng, replace(config, grain=0.0), np.array([0]), None, 3, "cpu").contrast is None


def test_the_recipe_says_how_often_and_when_models_are_validated(patches: ResidentPatches) -> None:
    done = trainer(patches).train(QUICK, TRAINING, VALIDATION)
    assert done is not None
    weights, history = done
    assert list(history.epoch) == [0, 1, 2]
    assert history.learning_rate.iloc[-1] < 0.05 * QUICK.learning_rate
    assert history.training_loss.iloc[-1] < history.training_loss.iloc[0]
    assert history.validation_accuracy.iloc[-1] > 0.9
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_each_model_begins_anew_and_is_the_same_in_every_run(patches: ResidentPatches) -> None:
    config = replace(QUICK, max_epochs=1, crops_per_patch=2)
    one = trainer(patches)
    first = one.train(config, TRAINING, VALIDATION)
    again = one.train(config, TRAINING, VALIDATION)
    assert first is not None and again is not None
    assert all(torch.equal(tensor, again[0][name]) for name, tensor in first[0].items())


def test_a_training_without_time_left_is_given_up(patches: ResidentPatches) -> None:
    assert trainer(patches).train(QUICK, TRAINING, VALIDATION, time.monotonic()) is None


def test_rare_classes_are_drawn_as_often_as_the_balance_says() -> None:
    blocks = np.zeros((2, 8, 8, 8), np.uint16)
    blocks[0, :, :, 2] = 1000
    blocks[1, 3, 5, 4] = 640  # One block in a hundred.
    rng = np.random.default_rng(0)
    for balance, low, high in ((0.0, 0.005, 0.015), (0.5, 0.06, 0.12), (1.0, 0.45, 0.55)):
        patch, row, column = BalancedCrops(blocks, balance).draw(rng, 4000, 64)
        assert low < (patch == 1).mean() < high
        rare = patch == 1
        # The crop holds a pixel of the block at rows 96 to 127, columns 160 to 191.
        assert ((row[rare] <= 127) & (row[rare] + 64 > 96)).all()
        assert ((column[rare] <= 191) & (column[rare] + 64 > 160)).all()
        assert row.min() >= 0 and max(row.max(), column.max()) <= 192


def test_a_class_of_nothing_but_errors_is_not_drawn_more_often() -> None:
    blocks = np.zeros((1, 8, 8, 8), np.uint16)
    blocks[..., 2] = 1000
    blocks[0, 0, 0, 5] = 64  # A thousandth.
    patch_weights = BalancedCrops(blocks, 1.0).weights
    assert patch_weights[5] < 0.002
    with pytest.raises(ValueError, match="labelled pixel"):
        BalancedCrops(np.zeros((1, 8, 8, 8), np.uint16), 0.5)

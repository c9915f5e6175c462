import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from pydantic import ValidationError
from torch._dynamo.exc import InternalTorchDynamoError
from torch.nn import functional

from lcviz.data.sen12ms import PatchFiles, find_patches
from lcviz.errors import ConfigurationError
from lcviz.network.densenet import l2_penalty
from lcviz.network.standardisation import network_input
from lcviz.network.training.checkpoints import SafetensorsCheckpointIO
from lcviz.network.training.failures import explained
from lcviz.network.training.fit import fit, to_half
from lcviz.network.training.model import LandCoverModel
from lcviz.network.training.patches import (
    FILLER,
    EpochOrder,
    PatchData,
    PatchDataset,
    Share,
)
from lcviz.network.training.recipe import Hardware, TrainingConfig

MEAN, STD = (1000.0,) * 10, (500.0,) * 10
QUICK = TrainingConfig(
    learning_rate=1e-3, batch_size=2, max_epochs=3, crop=32, crops_per_patch=2, augment=True
)


AVERAGED = replace(
    QUICK,
    schedule="one-cycle",
    averaging=0.9,
    balance=0.5,
    radiometry=0.5,
    label_smoothing=0.05,
    even_doubling=True,
)


def two_class_patch(seed: int) -> dict[str, np.ndarray]:
    """Bright is barren, dark is water, and a corner has no label."""
    bright = np.random.default_rng(seed).random((8, 8)).repeat(32, 0).repeat(32, 1) > 0.5
    s2 = np.broadcast_to(np.where(bright, 3000, 300), (13, 256, 256)).astype(np.uint16)
    land_use = np.where(bright, 1, 3).astype(np.uint8)
    land_use[:32, :32] = 255
    return {"s2": s2, "lc": np.broadcast_to(land_use, (4, 256, 256))}


@pytest.fixture(scope="module")
def patches(
    tmp_path_factory: pytest.TempPathFactory, write_patch: Callable[..., Any]
) -> list[PatchFiles]:
    root = tmp_path_factory.mktemp("data")
    for scene in (1, 2, 3):
        write_patch(
            root, f"ROIs1158_spring_{scene}_p0", ("s2", "lc"), values=two_class_patch(scene)
        )
    return find_patches(root)


def test_unknown_and_impossible_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="learning_rat"):
        TrainingConfig(learning_rat=1e-3)  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="crop"):
        TrainingConfig(crop=100)


def test_a_card_can_say_where_the_recipe_was_left() -> None:
    assert TrainingConfig(seed=3).departures() == {}
    said = TrainingConfig(learning_rate=1e-3, crop=64).departures()
    assert said == {
        "learning_rate": "0.001, where the default recipe has 0.0001",
        "crop": "64, where the default recipe has 256",
    }


def test_a_turned_crop_keeps_image_and_labels_together(patches: list[PatchFiles]) -> None:
    dataset = PatchDataset(patches, QUICK)
    for values, classes in (dataset[0, i] for i in range(6)):
        assert values.shape == (10, 32, 32)
        bright = values[0].int() > 1000
        labelled = classes != 255
        assert torch.equal(classes[labelled] == 6, bright[labelled])
    assert torch.equal(dataset[0, 3][0], PatchDataset(patches, QUICK)[0, 3][0])


def test_an_epoch_takes_every_crop_once_and_shuffles_anew() -> None:
    order = EpochOrder(50, seed=1)
    first = list(order)
    order.set_epoch(1)
    second = list(order)
    assert sorted(i for _, i in first) == sorted(i for _, i in second) == list(range(50))
    assert [i for _, i in first] != [i for _, i in second]
    assert {epoch for epoch, _ in second} == {1}


def test_epochs_see_other_crops(patches: list[PatchFiles]) -> None:
    first, second = (PatchDataset(patches, QUICK)[epoch, 0][0] for epoch in (0, 1))
    assert not torch.equal(first, second)


def test_pixels_without_imagery_are_not_trained_on(
    tmp_path: Path, write_patch: Callable[..., Any]
) -> None:
    values = two_class_patch(0)
    values["s2"][:, :, :100] = 0
    write_patch(tmp_path, "ROIs1158_spring_1_p0", ("s2", "lc"), values=values)
    _, classes = PatchDataset(find_patches(tmp_path), QUICK)[0]
    assert (classes[:, :100] == 255).all()
    assert (classes[40:, 100:] != 255).all()


def test_the_loss_is_the_mean_over_labelled_pixels_plus_keras_l2() -> None:
    torch.manual_seed(0)
    model = LandCoverModel(QUICK, MEAN, STD)
    values = torch.rand(2, 10, 16, 16) * 3000
    classes = torch.randint(0, 8, (2, 16, 16), dtype=torch.uint8)
    classes[0] = 255
    logits = model.network((values - 1000) / 500)
    expected = functional.cross_entropy(logits[1:], classes[1:].long()) + l2_penalty(model.network)
    # Batch statistics are the same in both passes, since both see the same batch.
    torch.testing.assert_close(model.training_step((values, classes), 0), expected)


def test_a_batch_without_labels_has_no_loss_but_the_l2_term() -> None:
    model = LandCoverModel(QUICK, MEAN, STD)
    nothing = torch.full((1, 16, 16), 255, dtype=torch.uint8)
    loss = model.training_step((torch.rand(1, 10, 16, 16), nothing), 0)
    torch.testing.assert_close(loss, l2_penalty(model.network))


def run(
    patches: list[PatchFiles], scratch: Path, config: TrainingConfig = QUICK, **options: Any
) -> tuple[Any, Any]:
    data = PatchData(patches[:2], patches[2:], config)
    weights, history, _ = fit(data, MEAN, STD, scratch, hardware=Hardware(device="cpu"), **options)
    return weights, history


@pytest.mark.parametrize("config", [QUICK, AVERAGED])
def test_a_stopped_run_goes_on_to_the_same_result(
    patches: list[PatchFiles], tmp_path: Path, config: TrainingConfig
) -> None:
    class StopAfterTwoEpochs(Callback):
        def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
            if trainer.current_epoch == 2:
                raise RuntimeError("power cut")

    whole, whole_history = run(patches, tmp_path / "whole", config)
    with pytest.raises(RuntimeError, match="power cut"):
        run(patches, tmp_path / "cut", config, callbacks=[StopAfterTwoEpochs()])
    resumed, resumed_history = run(patches, tmp_path / "cut", config)

    columns = ["epoch", "learning_rate", "training_loss", "validation_loss", "validation_accuracy"]
    assert whole_history[columns].equals(resumed_history[columns])
    assert len(whole_history) == 3
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize(("base", "accumulate"), [(QUICK, 1), (QUICK, 2), (AVERAGED, 2)])
def test_a_run_stopped_within_an_epoch_goes_on_to_the_same_result(
    patches: list[PatchFiles], tmp_path: Path, base: TrainingConfig, accumulate: int
) -> None:
    config = replace(base, batch_size=1, accumulate=accumulate, max_epochs=2)
    taken: list[tuple[int, int]] = []

    class Stop(Callback):
        def on_train_batch_start(self, trainer: Any, _: Any, batch: Any, batch_idx: int) -> None:
            taken.append((trainer.current_epoch, batch_idx))
            if (trainer.current_epoch, batch_idx) == (1, 3):
                raise RuntimeError("power cut")

    whole, whole_history = run(patches, tmp_path / "whole", config=config)
    with pytest.raises(RuntimeError, match="power cut"):
        run(patches, tmp_path / "cut", config, callbacks=[Stop()], checkpoint_seconds=0)
    kept = SafetensorsCheckpointIO().load_checkpoint(tmp_path / "cut" / "last.safetensors")
    place = 3 - 3 % accumulate
    assert (kept["place"]["epoch"], kept["place"]["crops"]) == (1, place)

    taken.clear()
    with pytest.raises(RuntimeError, match="power cut"):
        run(patches, tmp_path / "cut", config, callbacks=[Stop()])
    assert taken == [(1, i) for i in range(place, 4)]

    resumed, resumed_history = run(patches, tmp_path / "cut", config)
    columns = ["epoch", "learning_rate", "training_loss", "validation_loss", "validation_accuracy"]
    assert whole_history[columns].equals(resumed_history[columns])
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_processes_share_the_crops_of_an_epoch() -> None:
    whole = list(EpochOrder(7, seed=0))
    shares = [list(EpochOrder(7, seed=0, rank=rank, processes=2)) for rank in (0, 1)]
    assert [len(share) for share in shares] == [4, 4]
    assert set(shares[0]) | set(shares[1]) == set(whole)
    resumed = EpochOrder(7, seed=0, start=4, rank=1, processes=2)
    assert list(resumed) == shares[1][2:]
    assert len(resumed) == 4
    resumed.set_epoch(0)
    assert len(list(resumed)) == 2
    resumed.set_epoch(1)
    assert len(list(resumed)) == 4


def test_validation_takes_every_patch_once_and_fills_up_without_labels(
    patches: list[PatchFiles],
) -> None:
    assert [list(Share(3, rank, 2)) for rank in (0, 1)] == [[0, 2], [1, FILLER]]
    assert list(Share(3, 0, 1)) == [0, 1, 2]
    assert (PatchDataset(patches, QUICK)[FILLER][1] == 255).all()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
            "GPU has no memory for batch_size = 4 .* --batch-size 2 --accumulate 2 .*--crop",
        ),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"),
            "machine has no memory for batch_size = 4",
        ),
        (InternalTorchDynamoError("no C++ compiler"), "no C.. compiler.*--no-compile"),
    ],
)
def test_what_went_wrong_says_what_to_change(
    patches: list[PatchFiles], tmp_path: Path, error: Exception, message: str
) -> None:
    class Fail(Callback):
        def on_before_backward(self, *_: Any) -> None:
            raise error

    with pytest.raises(ConfigurationError, match=message):
        run(patches, tmp_path, replace(QUICK, batch_size=4), callbacks=[Fail()])


def test_other_errors_pass(patches: list[PatchFiles], tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="something else"), explained(QUICK):
        raise RuntimeError("something else")


def test_a_stop_by_keyboard_stays_one(patches: list[PatchFiles], tmp_path: Path) -> None:
    class Stop(Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(patches, tmp_path, callbacks=[Stop()])
    finally:
        signal.signal(signal.SIGINT, handler)


def test_the_average_is_what_is_kept_and_its_rate_ends_at_zero(
    patches: list[PatchFiles], tmp_path: Path
) -> None:
    config = replace(AVERAGED, max_epochs=2)
    weights, history = run(patches, tmp_path, config)
    last = SafetensorsCheckpointIO().load_checkpoint(tmp_path / "last.safetensors")
    assert all(torch.equal(weights[k], v) for k, v in last["averaged"].items())
    assert not torch.equal(weights["head.weight"], last["state_dict"]["network.head.weight"])
    assert history.learning_rate.iloc[-1] < 0.2 * config.learning_rate


def test_it_learns(patches: list[PatchFiles], tmp_path: Path) -> None:
    _, history = run(patches, tmp_path)
    assert history.training_loss.iloc[-1] < history.training_loss.iloc[0]


def test_half_precision_is_left_alone_where_it_would_overflow() -> None:
    assert to_half({"w": torch.ones(2)})["w"].dtype == torch.float16
    assert to_half({"w": torch.ones(2), "v": torch.tensor([1e5])})["w"].dtype == torch.float32
    assert to_half({"n": torch.tensor(3)})["n"].dtype == torch.int64


def test_the_rate_falls_after_as_many_bad_epochs_as_the_recipe_says() -> None:
    config = TrainingConfig(plateau_patience=2)
    model = LandCoverModel(config, [1000.0] * 10, [500.0] * 10)
    optimizer = model.configure_optimizers()
    rates = []
    for loss in (1.0, 1.0, 1.0, 1.0, 1.0, 0.5):
        model.plateau.step(loss)
        rates.append(optimizer.param_groups[0]["lr"] / config.learning_rate)
    # The first is the best; the second and third are bad, so that the third lowers the rate.
    once, twice = config.plateau_factor, config.plateau_factor**2
    assert rates == pytest.approx([1, 1, once, once, twice, twice])


def test_no_data_is_the_same_to_training_and_to_prediction() -> None:
    mean, std = [1000.0 + band for band in range(10)], [500.0] * 10
    model = LandCoverModel(TrainingConfig(), mean, std).eval()
    dn = np.random.default_rng(0).integers(1, 4000, (1, 10, 16, 16), dtype=np.uint16)
    dn[..., :5] = 0
    dn[:, 3, 8, 8] = 0  # One dark band is a measurement.
    valid = dn.any(axis=1)
    assert not valid[..., :5].any()
    assert valid[0, 8, 8]
    seen: list[torch.Tensor] = []
    model.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        model(torch.from_numpy(dn))
    np.testing.assert_allclose(seen[0], network_input(dn, valid, mean, std), atol=1e-5)
    assert (seen[0][..., :5] == 0).all()

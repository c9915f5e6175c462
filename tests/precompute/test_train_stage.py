"""Training as a command: packed, killed, on two processes, beside another run."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock
from places import ROOT

from lcviz.data.packed import BYTES_PER_PATCH, PackedPatches, is_packed, read_labelled
from lcviz.errors import ConfigurationError
from lcviz.network.densenet import FCDenseNet
from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.study import Study
from lcviz.study.patches import trainable_patches
from precompute.running.stage import patches_by_scene, scene_digests
from precompute.stages.index import index
from precompute.stages.pack import pack, packed_folder, packed_patches
from precompute.stages.statistics import statistics
from precompute.stages.train import BAND_MEAN, BAND_STD, train

AFRICA = "continent-africa"
SCENES = ("ROIs1158_spring_1", "ROIs1158_spring_6")
QUICK = TrainingConfig(max_epochs=1, crop=32, batch_size=2, split="paper")
CPU = Hardware(device="cpu")
COMMAND = (
    "--device",
    "cpu",
    "--epochs",
    "1",
    "--crop",
    "32",
    "--batch-size",
    "1",
    "--split",
    "paper",
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, write_patch: Callable[..., Any]) -> Study:
    root = tmp_path_factory.mktemp("train")
    for scene in SCENES:
        for number in range(5):
            write_patch(root / "data", f"{scene}_p{number}", ("s2", "lc"))
    study = index(root / "data", root / "study", browsable=1, seed=0, name="n", workers=0)
    statistics(study, workers=0)
    return study


@pytest.fixture
def study(measured: Study, tmp_path: Path) -> Study:
    shutil.copytree(measured.path, tmp_path / "s" / "study")
    (tmp_path / "s" / "data").symlink_to(measured.path.parent / "data")
    return Study.open(tmp_path / "s" / "study")


def command(study: Study, *options: str) -> list[str]:
    base = [sys.executable, "-m", "precompute", "train", "--study", str(study.path)]
    return [*base, "--experiment", AFRICA, *COMMAND, *options]


def test_training_reads_the_packed_cache_and_makes_the_same_model(
    study: Study, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(study, experiments=[AFRICA], config=QUICK, hardware=CPU)
    plain = study.weights(AFRICA)
    pack(study, out=None, workers=0)
    gigabytes = 10 * BYTES_PER_PATCH / 1e9
    assert f"10 patches of 2 scenes take {gigabytes:.1f} GB" in capsys.readouterr().out

    def never(*_: Any) -> None:
        raise AssertionError("a GeoTIFF was read")

    monkeypatch.setattr("lcviz.data.packed.read_labelled", never)
    shutil.rmtree(study.path / "models")
    train(study, experiments=[AFRICA], config=QUICK, hardware=CPU)
    assert all(torch.equal(plain[name], tensor) for name, tensor in study.weights(AFRICA).items())


def test_only_what_changed_is_packed_again(study: Study, tmp_path: Path) -> None:
    pack(study, out=tmp_path / "fast", workers=0)
    assert packed_folder(study) == tmp_path / "fast"
    times = {s: (tmp_path / "fast" / s / "dn.npy").stat().st_mtime_ns for s in SCENES}
    (tmp_path / "fast" / SCENES[0] / "shard.json").unlink()
    pack(study, out=None, workers=0)
    again = {s: (tmp_path / "fast" / s / "dn.npy").stat().st_mtime_ns for s in SCENES}
    assert again[SCENES[0]] > times[SCENES[0]]
    assert again[SCENES[1]] == times[SCENES[1]]

    table, digests = trainable_patches(study), scene_digests(study)
    patch = patches_by_scene(study)[SCENES[0]][0]
    current = packed_patches(study, table, digests)
    assert current is not None and current.read(patch) is not None
    changed = packed_patches(study, table, digests | {SCENES[0]: "other files"})
    assert changed is not None and changed.read(patch) is None


def test_a_disk_without_room_is_refused_beforehand(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 1000))
    with pytest.raises(ConfigurationError, match=r"has 0\.0 GB free.*--out"):
        pack(study, out=None, workers=0)
    assert not list(packed_folder(study).iterdir())


def test_a_killed_pack_is_finished_by_the_next(study: Study) -> None:
    whole = [sys.executable, "-m", "precompute", "pack", "--study", str(study.path)]
    with subprocess.Popen([*whole, "--workers", "0"], cwd=ROOT, stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 60
        while not packed_folder(study).is_dir() and time.monotonic() < deadline:
            time.sleep(0.002)
        run.kill()
    assert study.stamp("pack") is None
    pack(study, out=None, workers=0)
    current = packed_patches(study, trainable_patches(study), scene_digests(study))
    assert isinstance(current, PackedPatches)
    for scene in SCENES:
        assert is_packed(packed_folder(study) / scene, current.fingerprints[scene])


def test_a_run_killed_within_an_epoch_goes_on_to_the_same_model(study: Study) -> None:
    # Each run has a process of its own: what other tests load can change how floats are rounded.
    subprocess.run(command(study), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    whole, history = study.weights(AFRICA), study.history(AFRICA)
    shutil.rmtree(study.path / "models")
    (study.path / "stages" / f"train-{AFRICA}.json").unlink()

    # A file that holds up the second batch for ever: the kill cannot come too late.
    slow = study.path.parent / "slow.py"
    slow.write_text(
        "import sys, time, runpy\n"
        "import lcviz.network.training.checkpoints as c\n"
        "save = c.KeepPlace.on_train_batch_end\n"
        "def hold(self, *a, **k):\n"
        "    save(self, *a, **k)\n"
        "    if self.path.is_file(): time.sleep(600)\n"
        "c.KeepPlace.on_train_batch_end = hold\n"
        "runpy.run_module('precompute', run_name='__main__')\n"
    )
    options = command(study, "--checkpoint-seconds", "0")[3:]
    with subprocess.Popen(
        [sys.executable, str(slow), *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    ) as run:
        deadline = time.monotonic() + 120
        partial = study.path / "partial"
        while not list(partial.glob("*/last.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.02)
        run.kill()
    assert list(partial.glob("*/last.safetensors"))
    assert not study.has_model(AFRICA)

    subprocess.run(command(study), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert all(torch.equal(whole[name], tensor) for name, tensor in study.weights(AFRICA).items())
    columns = ["training_loss", "validation_loss", "validation_accuracy"]
    assert study.history(AFRICA)[columns].equals(history[columns])
    assert not list(partial.glob("*/last.safetensors"))


def test_two_processes_train_one_model(study: Study) -> None:
    done = subprocess.run(
        command(study, "--devices", "2", "--learning-rate", "1e-6"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " ".join(done.stdout.split()).count("2 a step, learning rate 1e-06") == 1
    card = study.model(AFRICA)
    assert card.provenance["processes"] == 2
    assert card.departures["patches_per_step"].startswith("2, where")

    # Five validation patches, dealt out to two, scored as one process scores them all.
    network = FCDenseNet(10, 8)
    network.load_state_dict({k: v.float() for k, v in study.weights(AFRICA).items()}, strict=False)
    network.eval()
    validation = patches_by_scene(study)[card.validation_scenes[0]]
    correct = total = 0
    for patch in validation:
        values, classes = read_labelled(patch)
        x = (values - np.reshape(BAND_MEAN, (-1, 1, 1))) / np.reshape(BAND_STD, (-1, 1, 1))
        with torch.inference_mode():
            predicted = network(torch.from_numpy(x[None]).float())[0].argmax(0).numpy()
        correct += int((predicted == classes)[classes != 255].sum())
        total += int((classes != 255).sum())
    accuracy = study.history(AFRICA).validation_accuracy.iloc[-1]
    assert accuracy == pytest.approx(correct / total, abs=2e-3)


def test_an_experiment_that_another_run_is_at_is_left_to_it(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.path / "partial").mkdir(exist_ok=True)
    with FileLock(study.path / "partial" / f"train-{AFRICA}.lock"):
        train(study, experiments=[AFRICA], config=QUICK, hardware=CPU)
        assert f"{AFRICA}: another run is training it" in capsys.readouterr().out
        assert not study.has_model(AFRICA)
        with pytest.raises(ConfigurationError, match="Another run is training"):
            train(study, experiments=[AFRICA], config=QUICK, hardware=Hardware("cpu", devices=2))

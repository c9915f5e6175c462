import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lcviz.data.packed import PackedPatches, is_packed, read_labelled, write_shard
from lcviz.data.sen12ms import PatchFiles, find_patches
from lcviz.network.training.patches import PatchDataset
from lcviz.network.training.recipe import TrainingConfig

SCENE = "ROIs1158_spring_1"


@pytest.fixture
def patches(tmp_path: Path, write_patch: Callable[..., Any]) -> list[PatchFiles]:
    for number in range(3):
        random = np.random.default_rng(number)
        s2 = random.integers(0, 65536, (13, 256, 256), dtype=np.uint16)
        s2[:, :9] = 0
        lc = random.choice(np.array([10, 20, 3, 255], np.uint8), (4, 256, 256))
        write_patch(tmp_path / "d", f"{SCENE}_p{number}", ("s2", "lc"), {"s2": s2, "lc": lc})
    return find_patches(tmp_path / "d")


def test_a_packed_patch_is_what_the_geotiffs_hold(
    tmp_path: Path, patches: list[PatchFiles]
) -> None:
    assert write_shard(tmp_path / SCENE, "f", patches) == {}
    packed = PackedPatches(tmp_path, {SCENE: "f"})
    for patch in reversed(patches):
        found = packed.read(patch)
        assert found is not None
        for ours, theirs in zip(found, read_labelled(patch), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)

    config = TrainingConfig(crop=32, augment=True, crops_per_patch=4)
    direct, mapped = PatchDataset(patches, config), PatchDataset(patches, config, packed)
    for item in [0, 2, *((1, i) for i in range(12))]:
        for ours, theirs in zip(mapped[item], direct[item], strict=True):
            assert torch.equal(ours, theirs)


def test_another_process_opens_the_files_itself(tmp_path: Path, patches: list[PatchFiles]) -> None:
    write_shard(tmp_path / SCENE, "f", patches)
    packed = PackedPatches(tmp_path, {SCENE: "f"})
    packed.read(patches[0])
    sent = pickle.dumps(packed)
    assert len(sent) < 10_000
    assert pickle.loads(sent).read(patches[0]) is not None


def test_what_is_not_packed_or_out_of_date_is_not_read(
    tmp_path: Path, patches: list[PatchFiles]
) -> None:
    assert PackedPatches(tmp_path, {SCENE: "f"}).read(patches[0]) is None
    write_shard(tmp_path / SCENE, "f", patches[:2])
    assert PackedPatches(tmp_path, {SCENE: "g"}).read(patches[0]) is None
    assert PackedPatches(tmp_path, {}).read(patches[0]) is None
    assert PackedPatches(tmp_path, {SCENE: "f"}).read(patches[2]) is None
    assert PackedPatches(tmp_path, {SCENE: "f"}).read(patches[1]) is not None


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def other_shape(file: Path) -> None:
    np.save(file, np.zeros((3, 9, 256, 256), np.uint16))


def not_json(file: Path) -> None:
    file.write_text("{")


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("dn.npy", cut),
        ("classes.npy", cut),
        ("dn.npy", other_shape),
        ("shard.json", not_json),
        ("dn.npy", Path.unlink),
        ("shard.json", Path.unlink),
    ],
)
def test_a_damaged_shard_is_not_read(
    tmp_path: Path, patches: list[PatchFiles], name: str, harm: Callable[[Path], None]
) -> None:
    write_shard(tmp_path / SCENE, "f", patches)
    harm(tmp_path / SCENE / name)
    assert not is_packed(tmp_path / SCENE, "f")
    assert PackedPatches(tmp_path, {SCENE: "f"}).read(patches[0]) is None


def test_a_full_disk_leaves_the_old_shard(
    tmp_path: Path, patches: list[PatchFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard(tmp_path / SCENE, "old", patches)

    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lcviz.data.packed._sync", full)
    with pytest.raises(OSError, match="No space"):
        write_shard(tmp_path / SCENE, "new", patches)
    assert is_packed(tmp_path / SCENE, "old")
    assert [p.name for p in tmp_path.iterdir() if p.name != "d"] == [SCENE]


def test_a_patch_that_cannot_be_read_is_left_out(tmp_path: Path, patches: list[PatchFiles]) -> None:
    assert patches[1].s2 is not None
    patches[1].s2.write_bytes(b"no image")
    left_out = write_shard(tmp_path / SCENE, "f", patches)
    assert list(left_out) == [patches[1].patch_id]
    packed = PackedPatches(tmp_path, {SCENE: "f"})
    assert packed.read(patches[1]) is None
    found = packed.read(patches[2])
    assert found is not None
    np.testing.assert_array_equal(found[0], read_labelled(patches[2])[0])
    assert json.loads((tmp_path / SCENE / "shard.json").read_text())["rows"] == 3

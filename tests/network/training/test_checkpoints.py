from pathlib import Path

import pytest
import torch

from lcviz.errors import WeightsError
from lcviz.network.training.checkpoints import SafetensorsCheckpointIO


def test_a_tree_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    checkpoint = {
        "epoch": 3,
        "state_dict": {"w": torch.arange(6.0).reshape(2, 3), "n": torch.tensor(7)},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(2.0)}}, "betas": (0.9, 0.999)}],
        "best": float("inf"),
        "nothing": None,
        "empty": {},
    }
    SafetensorsCheckpointIO().save_checkpoint(checkpoint, file)
    back = SafetensorsCheckpointIO().load_checkpoint(file)
    torch.testing.assert_close(back.pop("state_dict"), checkpoint.pop("state_dict"))
    assert back["optimizer_states"][0]["state"][0]["step"].item() == 2.0
    assert back["optimizer_states"][0]["betas"] == (0.9, 0.999)
    assert back["best"] == float("inf")
    assert back["empty"] == {}
    assert back["nothing"] is None


def test_shared_tensors_are_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    tensor = torch.ones(3)
    SafetensorsCheckpointIO().save_checkpoint({"a": tensor, "b": tensor.view(3)}, file)
    assert SafetensorsCheckpointIO().load_checkpoint(file)["b"].tolist() == [1, 1, 1]


def test_an_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Path"):
        SafetensorsCheckpointIO().save_checkpoint({"p": tmp_path}, tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04\x95pickle"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "last.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"last\.safetensors"):
        SafetensorsCheckpointIO().load_checkpoint(file)

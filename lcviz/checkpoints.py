"""Lightning checkpoints as safetensors: nothing to unpickle, so a checkpoint cannot run code.

A checkpoint is a tree of dicts, lists, numbers, strings and tensors. The tensors go into the
safetensors file as they are; the tree, with a reference in place of each tensor, goes into the
file's metadata as JSON.
"""

import json
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import CheckpointIO
from safetensors import safe_open
from safetensors.torch import save_file

from lcviz.atomic import atomic_path
from lcviz.errors import WeightsError

_TENSOR, _PAIRS, _TUPLE = "__tensor__", "__pairs__", "__tuple__"


class SafetensorsCheckpointIO(CheckpointIO):
    """Lets Lightning save, resume and delete checkpoints in that form."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write a checkpoint, whole or not at all."""
        tensors: dict[str, torch.Tensor] = {}
        tree = json.dumps(_encode(checkpoint, tensors))
        with atomic_path(Path(path)) as temporary:
            save_file(tensors, temporary, metadata={"tree": tree})

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint onto the CPU.

        Raises:
            WeightsError: `path` is not a checkpoint that this class wrote, or is damaged.
        """
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return _decode(json.loads(file.metadata()["tree"]), tensors)
        except Exception as error:
            raise WeightsError(
                f"{path} is no readable checkpoint ({error}). Delete it to train from the start."
            ) from error

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint, if it is there."""
        Path(path).unlink(missing_ok=True)


def _encode(node: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(node, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = node.detach().contiguous().clone()
        return {_TENSOR: name}
    if isinstance(node, dict):
        # Optimisers key their state by number, which JSON would turn into strings.
        return {_PAIRS: [[k, _encode(v, tensors)] for k, v in node.items()]}
    if isinstance(node, tuple):
        return {_TUPLE: [_encode(item, tensors) for item in node]}
    if isinstance(node, list):
        return [_encode(item, tensors) for item in node]
    if node is None or isinstance(node, bool | int | float | str):
        return node
    raise TypeError(f"A checkpoint cannot hold a {type(node).__name__} ({node!r})")


def _decode(node: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(node, list):
        return [_decode(item, tensors) for item in node]
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind == _TENSOR:
        return tensors[content]
    if kind == _TUPLE:
        return tuple(_decode(item, tensors) for item in content)
    return {k: _decode(v, tensors) for k, v in content}

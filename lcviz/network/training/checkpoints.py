"""Lightning checkpoints as safetensors: nothing to unpickle, so a checkpoint cannot run code.

A checkpoint is a tree of dicts, lists, numbers, strings and tensors. The tensors go into the
safetensors file as they are; the tree, with a reference in place of each tensor, goes into the
file's metadata as JSON.
"""

import json
import time
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
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


class KeepPlace(Checkpoint):
    """Saves the place at the end of each epoch, and within one now and then, between two steps.

    Lightning's own ModelCheckpoint(train_time_interval=...) saves between the batches of one step
    too, whose gradients no checkpoint holds, so that the step would be another one after resuming.
    And what a loader that keeps its own state would say is known already: an epoch's order follows
    from its number, and Lightning counts the batches done. ModelCheckpoint(save_last=True) keeps
    the last epoch only where it was among the best.

    Args:
        path: the checkpoint to write.
        seconds: at least so many between two of them.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.seconds = seconds
        self._last = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save, if it is time. The end of an epoch is saved after validation."""
        batches = batch_idx + 1
        if batches % trainer.accumulate_grad_batches or batches >= trainer.num_training_batches:
            return
        due = time.monotonic() - self._last >= self.seconds
        if trainer.world_size > 1:
            # Clocks differ; asking the first process at every step would hold all of them up.
            asked = trainer.global_step % 32 == 0
            due = asked and trainer.strategy.broadcast(due)
        if due:
            self._save(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save; as a `Checkpoint`, after the module has noted the epoch."""
        self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        trainer.save_checkpoint(self.path)
        self._last = time.monotonic()


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

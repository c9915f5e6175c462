"""How far the training of one model has got, in the terminal."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from precompute.running.stage import console


class EpochProgress(Callback):
    """A bar over the batches of an epoch, and a line for each epoch done."""

    def __init__(self) -> None:
        self.progress: Progress | None = None

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the bar, where the epoch was left if it was begun before."""
        if not trainer.is_global_zero:
            return
        self.progress = Progress(
            TextColumn("  epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self.progress.start()
        total = int(trainer.num_training_batches)
        done = trainer.fit_loop.epoch_loop.batch_progress.current.completed % total
        self.task = self.progress.add_task(
            "", total=total, completed=done, epoch=trainer.current_epoch
        )

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        """Move the bar on."""
        if self.progress is not None:
            self.progress.advance(self.task)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace the bar by the epoch's figures."""
        self._stop()
        if not trainer.is_global_zero:
            return
        metrics = trainer.callback_metrics
        console.print(
            f"  epoch {trainer.current_epoch}: validation loss "
            f"{metrics['validation_loss']:.3f}, accuracy {metrics['validation_accuracy']:.3f}"
        )

    def on_exception(self, *_: Any, **__: Any) -> None:
        """Leave the terminal in order."""
        self._stop()

    def _stop(self) -> None:
        if self.progress is not None:
            self.progress.stop()
            self.progress = None

"""The network with its loss, optimiser, learning-rate rule and averaged weights, for Lightning."""

import time
from collections.abc import Sequence
from typing import Any

import lightning
import torch
from torch.nn import functional
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from lcviz.network.densenet import l2_penalty
from lcviz.network.training.averaging import (
    WeightAverage,
    recompute_statistics,
    running_statistics,
)
from lcviz.network.training.initial import fresh_network, keep_even
from lcviz.network.training.recipe import TrainingConfig
from lcviz.network.training.schedule import one_cycle
from lcviz.taxonomy import CLASSES, NO_LABEL

STATISTICS_BATCHES = 16
"""Training batches over which statistics of batch normalisation are computed anew."""


class PixelMean(MeanMetric):
    """Mean over pixels, of the means of batches, that does not wait for the GPU at each of them.

    torchmetrics' own looks for NaN, for which it has to wait; here NaN is passed on.
    """

    def update(self, value: torch.Tensor, weight: torch.Tensor) -> None:  # type: ignore[override]
        """Add a batch: its mean, and the number of its pixels."""
        self.mean_value += value * weight
        self.weight += weight


class LandCoverModel(lightning.LightningModule):
    """FC-DenseNet with the recipe's loss, optimiser, learning-rate rule and average of weights."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, config: TrainingConfig, band_mean: Sequence[float], band_std: Sequence[float]
    ) -> None:
        super().__init__()
        self.config = config
        self.network = fresh_network(config)
        for name, values in (("mean", band_mean), ("std", band_std)):
            self.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)
        self.training_loss = PixelMean()
        self.validation_loss = PixelMean()
        self.validation_accuracy = MulticlassAccuracy(
            len(CLASSES), average="micro", ignore_index=NO_LABEL, validate_args=False
        )
        self.history: list[dict[str, float]] = []
        self._plateau_state: dict[str, Any] | None = None
        self.average: WeightAverage | None = None
        self._average_state: dict[str, Any] | None = None
        self._averaged: dict[str, torch.Tensor] | None = None
        self._epoch_start = time.monotonic()
        self._seconds_before = 0.0

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """DN (batch, 10, rows, columns) -> logits (batch, 8, rows, columns)."""
        return self.network(self.standardised(values))

    def standardised(self, values: torch.Tensor) -> torch.Tensor:
        """DN -> what the network is given, of the same shape."""
        # Here, and not where patches are read: a GPU has the time, and half as much is sent to it.
        standardised = (values.float() - self.mean) / self.std
        # As in prediction (`standardisation.network_input`): no measurement is the bands' mean.
        no_data = (values == 0).all(dim=1, keepdim=True)
        standardised = standardised.masked_fill(no_data, 0)
        return standardised.contiguous(memory_format=torch.channels_last)

    def _loss(
        self, batch: Sequence[torch.Tensor], smoothing: float = 0.0
    ) -> tuple[torch.Tensor, torch.Tensor, Any]:
        values, classes = batch[0], batch[1].long()
        logits = self(values).float()
        labelled = (classes != NO_LABEL).sum()
        total = functional.cross_entropy(
            logits, classes, ignore_index=NO_LABEL, reduction="sum", label_smoothing=smoothing
        )
        # A batch may hold no labelled pixel at all; its loss is then zero, not NaN.
        return total / labelled.clamp(min=1), labelled, logits

    def training_step(self, batch: Sequence[torch.Tensor], _: int) -> torch.Tensor:
        """Mean cross-entropy over the labelled pixels of the batch, plus the L2 term."""
        loss, labelled, _ = self._loss(batch, self.config.label_smoothing)
        self.training_loss.update(loss.detach(), weight=labelled)
        return loss + l2_penalty(self.network)

    def validation_step(self, batch: Sequence[torch.Tensor], _: int) -> None:
        """Collect loss and accuracy over all labelled pixels of the validation scenes."""
        loss, labelled, logits = self._loss(batch)
        self.validation_loss.update(loss, weight=labelled)
        self.validation_accuracy.update(logits.argmax(dim=1), batch[1].long())
        self.log("validation_loss", self.validation_loss)
        self.log("validation_accuracy", self.validation_accuracy, prog_bar=True)

    def on_train_epoch_start(self) -> None:
        """Start the epoch's clock, where it stood if the epoch was begun before."""
        self._epoch_start = time.monotonic() - self._seconds_before
        self._seconds_before = 0.0

    def on_train_epoch_end(self) -> None:
        """Note the epoch, then let the plateau rule act, before the checkpoint is written."""
        metrics = self.trainer.callback_metrics
        self.history.append(
            {
                "epoch": self.current_epoch,
                "learning_rate": self.trainer.optimizers[0].param_groups[0]["lr"],
                "training_loss": float(self.training_loss.compute()),
                "validation_loss": float(metrics["validation_loss"]),
                "validation_accuracy": float(metrics["validation_accuracy"]),
                "seconds": round(time.monotonic() - self._epoch_start, 1),
            }
        )
        self.training_loss.reset()
        if self.config.schedule == "plateau":
            self.plateau.step(float(metrics["validation_loss"]))

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Set the rate of a one-cycle training, step, and let the average follow."""
        if self.config.schedule == "one-cycle":
            steps = self.trainer.estimated_stepping_batches
            share = one_cycle(self.trainer.global_step / steps, self.config.warm_up)
            for group in self.trainer.optimizers[0].param_groups:
                group["lr"] = self.config.learning_rate * share
        super().optimizer_step(*args, **kwargs)
        if self.config.even_doubling:
            keep_even(self.network)
        if self.average is not None:
            self.average.update()

    def on_validation_start(self) -> None:
        """Put the average in the weights' place, where there is one."""
        if self.average is None:
            return
        self._statistics = running_statistics(self.network)
        self.average.swap()
        batches = self.trainer.datamodule.some_batches(STATISTICS_BATCHES)  # type: ignore[attr-defined]
        with self.trainer.precision_plugin.forward_context():
            recompute_statistics(
                self.network, (self.standardised(batch.to(self.device)) for batch in batches)
            )

    def on_validation_end(self) -> None:
        """Keep what was validated, and go on with the weights."""
        if self.average is None:
            return
        state = self.network.state_dict()
        self._averaged = {name: tensor.clone() for name, tensor in state.items()}
        self.average.swap()
        self.network.load_state_dict(self._statistics, strict=False)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam. The plateau rule is stepped here, not by Lightning, which skips it on resuming."""
        # On a GPU one kernel for all weights: small batches leave no time to start hundreds.
        optimizer = torch.optim.Adam(
            self.parameters(),
            lr=self.config.learning_rate,
            fused=self.device.type == "cuda" or None,
        )
        self.plateau = ReduceLROnPlateau(
            optimizer,
            factor=self.config.plateau_factor,
            patience=self.config.plateau_patience - 1,  # PyTorch counts the epochs it forgives.
            min_lr=self.config.minimum_learning_rate,
        )
        if self._plateau_state is not None:
            self.plateau.load_state_dict(self._plateau_state)
        if self.config.averaging:
            self.average = WeightAverage(self.network, self.config.averaging)
            if self._average_state is not None:
                self.average.load(self._average_state)
        return optimizer

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what a resumed run needs beside Lightning's own state."""
        epoch, crops = self._crops_done()
        checkpoint["plateau"] = self.plateau.state_dict()
        checkpoint["average"] = None if self.average is None else self.average.state()
        checkpoint["averaged"] = self._averaged
        checkpoint["history"] = self.history
        checkpoint["place"] = {
            "epoch": epoch,
            "crops": crops,
            "seconds": time.monotonic() - self._epoch_start if crops else 0.0,
            "training_loss": self._training_loss_so_far(),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it up again."""
        self._plateau_state = checkpoint["plateau"]
        self._average_state = checkpoint["average"]
        self._averaged = checkpoint["averaged"]
        self.history = checkpoint["history"]
        place = checkpoint["place"]
        self._seconds_before = place["seconds"]
        if self.trainer.is_global_zero:  # The others' share is in it.
            self.training_loss.mean_value = place["training_loss"][0].to(self.device)
            self.training_loss.weight = place["training_loss"][1].to(self.device)
        self.trainer.datamodule.resume(place["epoch"], place["crops"])  # type: ignore[attr-defined]

    def _crops_done(self) -> tuple[int, int]:
        """(epoch to go on with, crops of it that are done by all processes together)."""
        progress: Any = self.trainer.fit_loop.epoch_loop.batch_progress.current
        batches = progress.processed
        if batches >= self.trainer.num_training_batches:
            return self.current_epoch + 1, 0
        return self.current_epoch, batches * self.config.batch_size * self.trainer.world_size

    def _training_loss_so_far(self) -> list[torch.Tensor]:
        """Weighted sum and weight of the epoch's losses, over all processes."""
        with self.training_loss.sync_context(should_sync=self.trainer.world_size > 1):
            return [self.training_loss.mean_value.cpu(), self.training_loss.weight.cpu()]

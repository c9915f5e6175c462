"""Training one FC-DenseNet on Lightning, with the recipe of `training_config`."""

import logging
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch.nn import functional
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from lcviz.errors import ConfigurationError
from lcviz.network.densenet import FCDenseNet, l2_penalty
from lcviz.network.training.allocator import keep_freed_memory
from lcviz.network.training.checkpoints import KeepPlace, SafetensorsCheckpointIO
from lcviz.network.training.failures import explained
from lcviz.network.training.patches import PatchData
from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL


class PixelMean(MeanMetric):
    """Mean over pixels, of the means of batches, that does not wait for the GPU at each of them.

    torchmetrics' own looks for NaN, for which it has to wait; here NaN is passed on.
    """

    def update(self, value: torch.Tensor, weight: torch.Tensor) -> None:  # type: ignore[override]
        """Add a batch: its mean, and the number of its pixels."""
        self.mean_value += value * weight
        self.weight += weight


class LandCoverModel(lightning.LightningModule):
    """FC-DenseNet with the paper's loss, optimiser and learning-rate rule."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, config: TrainingConfig, band_mean: Sequence[float], band_std: Sequence[float]
    ) -> None:
        super().__init__()
        self.config = config
        network = FCDenseNet(len(BANDS), len(CLASSES))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = config.norm_momentum
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for name, values in (("mean", band_mean), ("std", band_std)):
            self.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)
        self.training_loss = PixelMean()
        self.validation_loss = PixelMean()
        self.validation_accuracy = MulticlassAccuracy(
            len(CLASSES), average="micro", ignore_index=NO_LABEL, validate_args=False
        )
        self.history: list[dict[str, float]] = []
        self._plateau_state: dict[str, Any] | None = None
        self._epoch_start = time.monotonic()
        self._seconds_before = 0.0

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """DN (batch, 10, rows, columns) -> logits (batch, 8, rows, columns)."""
        # Here, and not where patches are read: a GPU has the time, and half as much is sent to it.
        standardised = (values.float() - self.mean) / self.std
        # As in prediction (`standardisation.network_input`): no measurement is the bands' mean.
        no_data = (values == 0).all(dim=1, keepdim=True)
        standardised = standardised.masked_fill(no_data, 0)
        return self.network(standardised.contiguous(memory_format=torch.channels_last))

    def _loss(self, batch: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, Any]:
        values, classes = batch[0], batch[1].long()
        logits = self(values).float()
        labelled = (classes != NO_LABEL).sum()
        total = functional.cross_entropy(logits, classes, ignore_index=NO_LABEL, reduction="sum")
        # A batch may hold no labelled pixel at all; its loss is then zero, not NaN.
        return total / labelled.clamp(min=1), labelled, logits

    def training_step(self, batch: Sequence[torch.Tensor], _: int) -> torch.Tensor:
        """Mean cross-entropy over the labelled pixels of the batch, plus the L2 term."""
        loss, labelled, _ = self._loss(batch)
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
        self.plateau.step(float(metrics["validation_loss"]))

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
        return optimizer

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what a resumed run needs beside Lightning's own state."""
        epoch, crops = self._crops_done()
        checkpoint["plateau"] = self.plateau.state_dict()
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


def fit(
    data: PatchData,
    band_mean: Sequence[float],
    band_std: Sequence[float],
    scratch: Path,
    *,
    hardware: Hardware = Hardware(),  # noqa: B008 - frozen
    callbacks: Sequence[Callback] = (),
    checkpoint_seconds: float = 120,
) -> tuple[dict[str, torch.Tensor], pd.DataFrame, dict[str, Any]]:
    """Train one model, or go on where a stopped run in `scratch` left off.

    On several devices each process takes batches of its own; gradients are averaged, statistics of
    batch normalisation are those of each process's batch, and all end with the same weights.

    Args:
        data: the patches, and the hyper-parameters.
        band_mean, band_std: standardisation of the ten bands, DN.
        scratch: folder for the checkpoints; a run that was stopped is resumed from there.
        hardware: what to train on.
        callbacks: more Lightning callbacks, such as a progress bar.
        checkpoint_seconds: how often the place within an epoch is kept; each epoch's end always is.

    Returns:
        (weights of the epoch with the lowest validation loss, one row of history an epoch,
        provenance: device, precision, torch and Lightning versions).

    Raises:
        ConfigurationError: "cuda" is asked for and there is no GPU, the memory does not suffice,
            or PyTorch cannot compile the network here.
        KeyboardInterrupt: the run was stopped; what it has done so far is kept.
    """
    if hardware.device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("No GPU that PyTorch can use was found; train with --device cpu")
    keep_freed_memory()
    # Lightning reports devices and tips at each start; what matters is in the provenance.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    config = data.config
    torch.manual_seed(config.seed)
    model = LandCoverModel(config, band_mean, band_std)
    stopping = EarlyStopping(
        "validation_loss", patience=config.stopping_patience, check_on_train_epoch_end=True
    )
    checkpoints = ModelCheckpoint(
        scratch,
        filename="best",
        monitor="validation_loss",
        save_last=True,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    checkpoints.FILE_EXTENSION = ".safetensors"
    last = scratch / "last.safetensors"
    on_gpu = hardware.device != "cpu" and torch.cuda.is_available()
    compiled = on_gpu if hardware.compile is None else hardware.compile
    if compiled:
        # The last batch is smaller, and validation has whole patches: a program for each.
        model.network.compile(dynamic=False)
    precision = config.precision
    if precision == "auto":
        precision = "bf16-mixed" if on_gpu else "32-true"
    trainer = lightning.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=hardware.devices,
        num_nodes=hardware.nodes,
        strategy="ddp" if hardware.processes > 1 else "auto",
        use_distributed_sampler=False,
        precision=precision,
        accumulate_grad_batches=config.accumulate,
        max_epochs=config.max_epochs,
        callbacks=[stopping, checkpoints, KeepPlace(last, checkpoint_seconds), *callbacks],
        plugins=[SafetensorsCheckpointIO()],
        logger=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
        default_root_dir=scratch,
    )
    try:
        with explained(config), warnings.catch_warnings():
            # Lightning's own use of a name that PyTorch is about to drop.
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            # It cannot know that the order of crops begins where it was left.
            warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")
            trainer.fit(model, datamodule=data, ckpt_path=last if last.is_file() else None)
    except SystemExit as stop:  # Lightning's answer to Ctrl+C
        raise KeyboardInterrupt from stop
    best = SafetensorsCheckpointIO().load_checkpoint(checkpoints.best_model_path)
    prefix = "network."
    weights = {
        name.removeprefix(prefix): tensor
        for name, tensor in best["state_dict"].items()
        if name.startswith(prefix)
    }
    provenance = {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "processes": hardware.processes,
        "patches_per_step": config.batch_size * config.accumulate * hardware.processes,
        "compiled": compiled,
        "precision": precision,
        "torch": torch.__version__,
        "lightning": lightning.__version__,
    }
    return weights, pd.DataFrame(model.history), provenance


def to_half(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in half precision, for storing; as they are if one would overflow."""
    half = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    return half if all(torch.isfinite(v).all() for v in half.values()) else weights

"""Training one FC-DenseNet on Lightning: start, resume, checkpoints, what is kept."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint

from lcviz.allocator import keep_freed_memory
from lcviz.errors import ConfigurationError
from lcviz.network.training.checkpoints import KeepPlace, SafetensorsCheckpointIO
from lcviz.network.training.failures import explained
from lcviz.network.training.model import LandCoverModel
from lcviz.network.training.patches import PatchData
from lcviz.network.training.precision import precision_here
from lcviz.network.training.recipe import Hardware


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
        (weights of the epoch that `kept_epoch` names, one row of history an epoch,
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
    precision = precision_here(on_gpu) if config.precision == "auto" else config.precision
    trainer = lightning.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=hardware.devices,
        num_nodes=hardware.nodes,
        strategy="ddp" if hardware.processes > 1 else "auto",
        use_distributed_sampler=False,
        precision=precision,
        accumulate_grad_batches=config.accumulate,
        max_epochs=config.max_epochs,
        callbacks=[
            *([stopping] if config.schedule == "plateau" else []),
            checkpoints,
            KeepPlace(last, checkpoint_seconds),
            *callbacks,
        ],
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
            # A stopped run goes on in the folder that it left.
            warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
            trainer.fit(model, datamodule=data, ckpt_path=last if last.is_file() else None)
    except SystemExit as stop:  # Lightning's answer to Ctrl+C
        raise KeyboardInterrupt from stop
    ended = config.schedule == "one-cycle"
    kept = SafetensorsCheckpointIO().load_checkpoint(last if ended else checkpoints.best_model_path)
    weights = kept["averaged"] or _network_of(kept["state_dict"])
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


def _network_of(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = "network."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def to_half(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in half precision, for storing; as they are if one would overflow."""
    half = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    return half if all(torch.isfinite(v).all() for v in half.values()) else weights

"""Train the models: one per continent and one per season."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pandas as pd
from filelock import FileLock, Timeout

from lcviz import __version__
from lcviz.data.published import band_statistics
from lcviz.data.sen12ms import PatchFiles
from lcviz.errors import ConfigurationError
from lcviz.network.training.patches import PatchData
from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.network.training.schedule import kept_epoch
from lcviz.network.training.splits import Split, split_scenes
from lcviz.study import Study
from lcviz.study.patches import trainable_patches
from lcviz.study.records import ModelCard
from lcviz.taxonomy import BANDS, CONTINENTS, EXPERIMENTS, WITHOUT_EXPERIMENTS, train_group_of
from precompute.running.stage import (
    console,
    digest,
    finish,
    grouped_scenes,
    is_current,
    patches_by_scene,
    scene_digests,
)
from precompute.stages.pack import packed_patches

# The whole dataset's statistics, whatever part of it is at hand: models stay comparable.
BAND_MEAN = tuple(band_statistics()["mean"].loc[list(BANDS)].astype(float))
BAND_STD = tuple(band_statistics()["std"].loc[list(BANDS)].astype(float))


@dataclass(frozen=True)
class Planned:
    """A model that can be trained, and on what."""

    experiment: str
    split: Split
    patches: frozenset[str]
    """The group's patches with sound imagery and labels."""
    inputs: str
    """Fingerprint of the recipe and of all that it is trained on."""

    def is_current(self, study: Study) -> bool:
        """Whether the study has this very model; says so when it has."""
        whole = study.has_model(self.experiment)
        return is_current(study, f"train-{self.experiment}", self.inputs, whole=whole)


def train(
    study: Study,
    *,
    experiments: Sequence[str],
    config: TrainingConfig,
    hardware: Hardware = Hardware(),  # noqa: B008 - frozen
    checkpoint_seconds: float = 120,
) -> None:
    """Train the named experiments that are not up to date; `EXPERIMENTS` if none is named.

    Several such runs may share a study: each takes experiments that no other is at.

    Raises:
        ConfigurationError: an experiment that does not exist, or not one that can be trained, or
            one that another run is at, where several processes train each.
    """
    _check_names(experiments)
    packed = packed_patches(study, trainable_patches(study), scene_digests(study))
    files: dict[str, list[PatchFiles]] = {}
    trained = 0
    for plan in planned(study, experiments, config):
        trained += 1
        if plan.is_current(study):
            continue
        files = files or patches_by_scene(study)
        train_patches, validation_patches = (
            [p for s in scenes for p in files.get(s, ()) if p.patch_id in plan.patches]
            for scenes in (plan.split.training, plan.split.validation)
        )
        data = PatchData(train_patches, validation_patches, config, packed)
        with claimed(study, plan.experiment, hardware) as mine:
            # Another run may have finished it just now.
            if mine and not plan.is_current(study):
                _train_one(study, plan, data, hardware, checkpoint_seconds)
    if not trained:
        raise ConfigurationError(
            f"No model can be trained from {study.path}: no continent and no season has enough "
            "scenes with imagery and labels."
        )


def planned(study: Study, experiments: Sequence[str], config: TrainingConfig) -> Iterator[Planned]:
    """What is to be trained; says which experiments cannot be.

    Raises:
        ConfigurationError: an experiment that does not exist.
    """
    _check_names(experiments)
    table = trainable_patches(study)
    digests = scene_digests(study)
    overlap_group = grouped_scenes(study).set_index("scene_id").overlap_group.to_dict()
    for name in experiments or EXPERIMENTS:
        _, group = train_group_of(name)
        members = table[is_member(table, name)]
        scene_ids = sorted(members.scene_id.unique())
        try:
            # The same seed must not hold out the same places in each list of scenes.
            split = split_scenes(
                scene_ids, overlap_group, config, (config.seed, crc32(name.encode()))
            )
        except ConfigurationError as error:
            console.print(f"{name}: skipped, {group} has {error}")
            continue
        inputs = digest(
            config.identity(),
            {s: digests[s] for s in scene_ids},
            sorted(members.patch_id),
            asdict(split),
        )
        yield Planned(name, split, frozenset(members.patch_id), inputs)


def _check_names(experiments: Sequence[str]) -> None:
    known = (*EXPERIMENTS, *WITHOUT_EXPERIMENTS)
    if unknown := [name for name in experiments if name not in known]:
        raise ConfigurationError(
            f"There is no experiment {unknown[0]!r}. There are: {', '.join(known)}"
        )


def is_member(table: pd.DataFrame, experiment: str) -> "pd.Series[bool]":
    """Which rows of a table with the columns season and continent belong to an experiment's group.

    A row without a continent belongs to no continent, and to no group of all but one.
    """
    if experiment in WITHOUT_EXPERIMENTS:
        return table.continent.isin(CONTINENTS) & (
            table.continent != WITHOUT_EXPERIMENTS[experiment]
        )
    axis, group = EXPERIMENTS[experiment]
    return table[axis] == group


def default_workers(hardware: Hardware) -> int:
    """Processes that read patches beside each training process: as a GPU needs, none for a CPU."""
    import torch  # noqa: PLC0415

    if hardware.device == "cpu" or not torch.cuda.is_available():
        return 0
    return min(8, max(1, (os.cpu_count() or 1) // hardware.devices))


def is_first(hardware: Hardware) -> bool:
    """Whether this is the process that writes, of those that train a model together."""
    ranks = ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK")
    return hardware.processes == 1 or all(os.environ.get(rank, "0") == "0" for rank in ranks)


@contextmanager
def claimed(study: Study, name: str, hardware: Hardware) -> Iterator[bool]:
    """Hold an experiment for this run; yields False, and says so, if another run holds it.

    The operating system lets go of it when a process ends, however it ends.

    Raises:
        ConfigurationError: another run holds it, and several processes train each model: those
            that have been started already could not be told.
    """
    if not is_first(hardware):
        yield True
        return
    file = study.path / "partial" / f"train-{name}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        if hardware.processes > 1:
            raise ConfigurationError(
                f"Another run is training {name}. Wait for it, or name other experiments with "
                "--experiment"
            ) from None
        console.print(f"{name}: another run is training it")
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _held_out(split: Split, config: TrainingConfig) -> str:
    """How many scenes are held out, and for what."""
    if config.split == "paper":
        return f"{len(split.home)} scenes held out that choose the epoch and are the home test"
    return f"{len(split.validation)} choose the epoch, {len(split.home)} are the home test"


def _steps(patches: int) -> dict[str, str]:
    """How the card says that a step takes more patches than the recipe's."""
    recipe = TrainingConfig().batch_size
    if patches == recipe:
        return {}
    return {"patches_per_step": f"{patches}, where the default recipe has {recipe}"}


def keep_model(
    study: Study,
    plan: Planned,
    config: TrainingConfig,
    weights: "dict[str, Any]",
    history: pd.DataFrame,
    provenance: dict[str, Any],
) -> pd.Series:
    """Write a trained model and its card into the study; returns the kept epoch's row.

    Args:
        study: it is of this study.
        plan: what was to be trained.
        config: what it was trained with, whatever the plan asked for.
        weights: as they are to be stored.
        history: one row an epoch, as `fit`.
        provenance: device, precision, versions, patches_per_step, training_patches,
            validation_patches.
    """
    kept = history.iloc[kept_epoch(config, list(history.validation_loss))]
    axis, group = train_group_of(plan.experiment)
    card = ModelCard(
        experiment=plan.experiment,
        axis=axis,
        train_group=group,
        config=asdict(config),
        training_scenes=plan.split.training,
        validation_scenes=plan.split.validation,
        split=config.split,
        home_scenes=() if config.split == "paper" else plan.split.home,
        band_mean=BAND_MEAN,
        band_std=BAND_STD,
        departures=config.departures() | _steps(provenance["patches_per_step"]),
        history={
            "epochs": len(history),
            "best_epoch": int(kept.epoch),
            "best_validation_loss": float(kept.validation_loss),
            "best_validation_accuracy": float(kept.validation_accuracy),
        },
        provenance={
            **provenance,
            "lcviz": __version__,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(float(history.seconds.sum()), 1),
            "data_digest": study.info.data_digest,
        },
    )
    study.write_model(card, weights, history)
    finish(study, f"train-{plan.experiment}", plan.inputs)
    return kept


def _train_one(
    study: Study,
    plan: Planned,
    data: PatchData,
    hardware: Hardware,
    checkpoint_seconds: float,
) -> None:
    # Lightning and torch take seconds to load, which the other stages do not need.
    from lcviz.network.training import fit  # noqa: PLC0415
    from precompute.stages.epochs import EpochProgress  # noqa: PLC0415

    config, name = data.config, plan.experiment
    if is_first(hardware):
        per_step = config.batch_size * config.accumulate * hardware.processes
        console.print(
            f"{name}: {len(data.training)} patches of {len(plan.split.training)} scenes; "
            f"{_held_out(plan.split, config)}; {per_step} a step, learning rate "
            f"{config.learning_rate:g}"
        )
    start = time.monotonic()
    # Another number of processes deals the patches out in another way, and cannot go on with it.
    place = f"train-{name}-{plan.inputs}"
    place += "" if hardware.processes == 1 else f"-{hardware.processes}"
    scratch = study.path / "partial" / place
    weights, history, provenance = fit.fit(
        data,
        BAND_MEAN,
        BAND_STD,
        scratch,
        hardware=hardware,
        callbacks=[EpochProgress()],
        checkpoint_seconds=checkpoint_seconds,
    )
    if not is_first(hardware):
        return
    provenance |= {
        "training_patches": len(data.training),
        "validation_patches": len(data.validation),
    }
    kept = keep_model(study, plan, config, fit.to_half(weights), history, provenance)
    shutil.rmtree(scratch, ignore_errors=True)
    console.print(
        f"{name}: validation accuracy {kept.validation_accuracy:.3f} in epoch {int(kept.epoch)} "
        f"of {len(history)}, {time.monotonic() - start:.0f} s"
    )

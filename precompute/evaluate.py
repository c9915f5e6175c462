"""Score every model on every scene that it was not trained on, and keep its label maps."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.errors import (
    ArtefactDamagedError,
    ArtefactMissingError,
    ConfigurationError,
    PatchDamagedError,
)
from lcviz.metrics import N_CLASSES, accuracy, confusion_matrix
from lcviz.records import ModelCard
from lcviz.sen12ms import PatchFiles, Raster, read_labels, read_s2
from lcviz.study import RESULT_COLUMNS, Study
from lcviz.taxonomy import EXPERIMENTS
from precompute.stage import (
    console,
    digest,
    finish,
    is_current,
    over_scenes,
    patches_by_scene,
    scene_digests,
)
from precompute.train import trainable_patches

if TYPE_CHECKING:
    from lcviz.inference import Predictor


def evaluate(study: Study, *, device: str, workers: int) -> None:
    """Write results.parquet and predictions.zarr for the models that are not up to date.

    Each patch is read once and goes through all models at hand.

    Raises:
        ConfigurationError: no model has been trained yet.
    """
    experiments = (*study.experiments(), *study.experiments_without())
    if not experiments:
        raise ConfigurationError(
            f"No model of {study.path} has been trained. Run first: "
            f"python -m precompute train --study {study.path}"
        )
    digests = scene_digests(study)
    scored = set(trainable_patches(study).patch_id)
    table = study.patches(["patch_id", "scene_id", "status", "browsable"])
    shown = set(table.patch_id[table.browsable & (table.status != "no imagery")])
    cards = {name: study.model(name) for name in experiments}
    inputs = {
        name: digest(
            *(weights_digest(study, name), digests, sorted(scored)),
            *(sorted(shown if keeps_maps(name) else ()), *_split(card)),
        )
        for name, card in cards.items()
    }
    results = _kept_results(study)
    stale = [
        name
        for name in experiments
        if not is_current(
            study,
            f"evaluate-{name}",
            inputs[name],
            whole=name in set(results.experiment) and _predictions_are_whole(study, name),
        )
    ]
    orphans = set(results.experiment) - set(experiments)
    if not stale and not orphans:
        return

    if has_gpu(device):
        workers = 0  # One process feeds a GPU; several would share its memory.
    scorer = SceneScorer(
        study.path,
        {name: cards[name] for name in stale},
        frozenset(scored),
        frozenset(shown),
        device,
        # Two networks with a thread each are faster than one with two.
        threads=1 if workers else None,
    )
    _predictor.cache_clear()  # A model may have been trained anew in this process.
    files = patches_by_scene(study) if stale else {}
    tasks = {
        scene_id: (digest(digests.get(scene_id), {n: inputs[n] for n in stale}), patches)
        for scene_id, patches in files.items()
        if any(patch.patch_id in scored | shown for patch in patches)
    }
    confusions = over_scenes(study, "evaluate", tasks, scorer, workers)

    scenes = study.scenes().set_index("scene_id")
    rows = [
        _row(cards[name], scenes.loc[scene_id], np.array(confusion))
        for scene_id, by_experiment in confusions.items()
        for name, confusion in by_experiment.items()
    ]
    kept = results[~results.experiment.isin([*stale, *orphans])]
    fresh = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    combined = fresh if kept.empty else pd.concat([kept, fresh])
    order = {name: position for position, name in enumerate(experiments)}
    combined = combined.sort_values("experiment", key=lambda c: c.map(order), kind="stable")
    study.write_results(combined)
    for name in stale:
        scenes_kept = len(study.predicted_scenes(name))
        finish(study, f"evaluate-{name}", inputs[name], predicted_scenes=scenes_kept)
    finish(study, "evaluate", digest(inputs))
    console.print(f"evaluate: {len(stale)} models, {len(fresh)} scores")


@dataclass(frozen=True)
class SceneScorer:
    """All models at hand on the patches of one scene; can be sent to another process."""

    study_path: Path
    cards: dict[str, ModelCard]
    scored: frozenset[str]
    """Patches that count."""
    shown: frozenset[str]
    """Patches whose label maps are kept."""
    device: str
    threads: int | None
    """Threads of each process; None leaves it to torch."""

    def __call__(self, patches: Sequence[PatchFiles]) -> dict[str, list[list[int]]]:
        """Confusion matrix of each experiment on a scene; keeps the browsable patches' label maps.

        A model that was trained on the scene has no entry.
        """
        study = Study.open(self.study_path)
        scene_id = patches[0].scene_id
        confusions = {
            name: np.zeros((N_CLASSES, N_CLASSES), np.int64)
            for name, card in self.cards.items()
            if card.split_of(scene_id) != "training"
        }
        maps: dict[str, dict[str, npt.NDArray[np.uint8]]] = {name: {} for name in self.cards}
        for patch in patches:
            if patch.patch_id not in self.scored | self.shown:
                continue
            image, labels = _read(patch)
            if image is None:
                continue
            for name in self.cards:
                counts = name in confusions and patch.patch_id in self.scored
                shows = patch.patch_id in self.shown and keeps_maps(name)
                # A training scene is not scored, so only what is shown needs a prediction.
                if not counts and not shows:
                    continue
                predictor = _predictor(self.study_path, name, self.device, self.threads)
                prediction = predictor.classes(image.values[None], image.valid[None])[0]
                if shows:
                    maps[name][patch.patch_id] = prediction
                if counts and labels is not None:
                    confusions[name] += confusion_matrix(labels, prediction)
        for name, predictions in maps.items():
            if predictions:
                study.write_predictions(name, scene_id, predictions)
        return {name: confusion.tolist() for name, confusion in confusions.items()}


def keeps_maps(experiment: str) -> bool:
    """Whether label maps are kept: of the models that the map shows."""
    return experiment in EXPERIMENTS


def has_gpu(device: str) -> bool:
    """Whether work on `device` would go to a GPU."""
    import torch  # noqa: PLC0415

    return device != "cpu" and torch.cuda.is_available()


@cache
def _predictor(study_path: Path, experiment: str, device: str, threads: int | None) -> "Predictor":
    # torch takes seconds to load, which the other stages do not need.
    import torch  # noqa: PLC0415

    from lcviz.inference import Predictor, load_network  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    study = Study.open(study_path)
    card = study.model(experiment)
    network = load_network(study.weights(experiment))
    return Predictor(network, card.band_mean, card.band_std, device)


def _read(patch: PatchFiles) -> tuple[Raster | None, npt.NDArray[np.uint8] | None]:
    """Imagery and labels of a patch; neither where one of them is damaged."""
    try:
        image = None if patch.s2 is None else read_s2(patch.s2)
        return image, None if patch.lc is None else read_labels(patch.lc).values
    except PatchDamagedError as error:
        console.print(f"left out: {error}")
        return None, None


def _row(card: ModelCard, scene: pd.Series, confusion: npt.NDArray[np.int64]) -> dict[str, Any]:
    return {
        "experiment": card.experiment,
        "axis": card.axis,
        "train_group": card.train_group,
        "scene_id": scene.name,
        "test_group": scene[card.axis],
        "split": card.split_of(str(scene.name)),
        "pixels": int(confusion.sum()),
        "accuracy": accuracy(confusion),
        "confusion": confusion.ravel().tolist(),
    }


def _split(card: ModelCard) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return card.training_scenes, card.validation_scenes


def weights_digest(study: Study, experiment: str) -> str:
    """Fingerprint of a model's weights."""
    with study.weights_file(experiment).open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _predictions_are_whole(study: Study, experiment: str) -> bool:
    stamp = study.stamp(f"evaluate-{experiment}") or {}
    return len(study.predicted_scenes(experiment)) == stamp.get("predicted_scenes")


def _kept_results(study: Study) -> pd.DataFrame:
    try:
        return study.results()
    except (ArtefactMissingError, ArtefactDamagedError):
        return pd.DataFrame(columns=list(RESULT_COLUMNS))

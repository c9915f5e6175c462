"""One scene through all models at hand: what a worker does in the stage `evaluate`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lcviz.data.reference import Reference, find_reference
from lcviz.data.sen12ms import PatchFiles, PatchList, Raster, read_labels, read_s2
from lcviz.errors import PatchDamagedError, PatchVanishedError
from lcviz.metrics import N_CLASSES, confusion_matrix
from lcviz.study import Study
from lcviz.study.predictions import write_predictions
from lcviz.study.truth import COUNTS
from lcviz.taxonomy import NO_LABEL
from precompute.stages.networks import Networks

_BATCH: Final = 32
"""Patches that are in memory together; a GPU takes them at once."""


@dataclass(frozen=True)
class SceneTask:
    """What is to be done for one scene; small, so that it can be sent anywhere."""

    networks: Networks
    patches: PatchList
    scored: frozenset[int]
    """Numbers of the patches that count."""
    shown: frozenset[int]
    """Numbers of the patches whose label maps are kept."""
    experiments: tuple[str, ...]
    mapped: frozenset[str]
    """Experiments whose label maps are kept."""
    unscored: frozenset[str]
    """Experiments that saw this scene, or ground that it shares, in training."""


class _Sample(NamedTuple):
    patch: PatchFiles
    image: Raster
    labels: npt.NDArray[np.uint8] | None
    truth: npt.NDArray[np.uint8] | None
    """Better labels, where the dataset has them."""


def score_scene(task: SceneTask) -> dict[str, Any]:
    """Predict the patches of a scene, each read once; keeps the label maps that are to be shown.

    Returns:
        `confusions`: experiment -> confusion matrix (8 x 8, rows = label), none where the model is
        not scored on the scene; `truth`: the same against better labels, where there are any, and
        `counts`: experiment -> `study.truth.COUNTS`; `left_out`: why patches could not be read.

    Raises:
        PatchVanishedError: a file is there no more.
    """
    confusions = {
        name: np.zeros((N_CLASSES, N_CLASSES), np.int64)
        for name in task.experiments
        if name not in task.unscored
    }
    truth = {name: np.zeros((N_CLASSES, N_CLASSES), np.int64) for name in confusions}
    counts = {name: np.zeros(len(COUNTS), np.int64) for name in confusions}
    maps: dict[str, dict[str, npt.NDArray[np.uint8]]] = {name: {} for name in task.experiments}
    left_out: list[str] = []
    reference = find_reference(task.patches)
    for samples in _batches(_read(task.patches, reference, left_out)):
        values = np.stack([sample.image.values for sample in samples])
        valid = np.stack([sample.image.valid for sample in samples])
        for name in task.experiments:
            # Some scenes are not scored, so only what is shown needs a prediction.
            shown = task.shown if name in task.mapped else frozenset()
            needed = shown | (task.scored if name in confusions else frozenset())
            members = [i for i, sample in enumerate(samples) if sample.patch.number in needed]
            if not members:
                continue
            predictor = task.networks.predictor(name)
            # Copied only where some are left out: a batch is 42 MB, and there are ten models.
            chosen: Any = slice(None) if len(members) == len(samples) else members
            predictions = predictor.classes(values[chosen], valid[chosen])
            for i, prediction in zip(members, predictions, strict=True):
                sample = samples[i]
                number = sample.patch.number
                if number in shown:
                    maps[name][sample.patch.patch_id] = prediction
                if name not in confusions or number not in task.scored:
                    continue
                if sample.labels is not None:
                    confusions[name] += confusion_matrix(sample.labels, prediction)
                if reference is None or sample.truth is None:
                    continue
                said = reference.compared[prediction]
                truth[name] += confusion_matrix(sample.truth, said)
                if sample.labels is not None:
                    labels = reference.compared[sample.labels]
                    counts[name] += who_is_right(sample.truth, labels, said)
            if predictor.device == "cpu" and len(task.experiments) > 1:
                predictor.release()  # Ten models would each hold what one needs at a time.
    study = Study.open(task.networks.study)
    for name, predicted in maps.items():
        if predicted:
            write_predictions(study, name, task.patches.scene_id, predicted)
    return {
        "confusions": {name: confusion.tolist() for name, confusion in confusions.items()},
        "truth": {name: found.tolist() for name, found in truth.items() if found.any()},
        "counts": {name: found.tolist() for name, found in counts.items() if found.any()},
        "left_out": left_out,
    }


def who_is_right(
    truth: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """`study.truth.COUNTS` of some pixels; 255 is no class in any of the three."""
    known = (truth != NO_LABEL) & (labels != NO_LABEL) & (prediction != NO_LABEL)
    true, label, said = truth[known], labels[known], prediction[known]
    alike = (label == true, said == true, said == label, (said == label) & (label == true))
    return np.array([len(true), *(int(same.sum()) for same in alike)], dtype=np.int64)


def _read(
    patches: PatchList, reference: Reference | None, left_out: list[str]
) -> Iterator[_Sample]:
    """Imagery and labels of the patches that have imagery, but where one of the two is damaged."""
    for patch in patches.files():
        if patch.s2 is None:
            continue
        try:
            image = read_s2(patch.s2)
            labels = None if patch.lc is None else read_labels(patch.lc).values
        except PatchVanishedError:
            raise
        except PatchDamagedError as error:
            left_out.append(str(error))
        else:
            yield _Sample(patch, image, labels, _truth(reference, patch, left_out))


def _truth(
    reference: Reference | None, patch: PatchFiles, left_out: list[str]
) -> npt.NDArray[np.uint8] | None:
    """Better labels of a patch; where their file is damaged, the patch has none."""
    try:
        return None if reference is None else reference.read(patch)
    except PatchVanishedError:
        raise
    except PatchDamagedError as error:
        left_out.append(str(error))
        return None


def _batches(samples: Iterator[_Sample]) -> Iterator[list[_Sample]]:
    """The samples in batches, each read while the one before is worked on."""

    def read() -> list[_Sample]:
        return list(islice(samples, _BATCH))

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read)
        while batch := coming.result():
            coming = reader.submit(read)
            yield batch

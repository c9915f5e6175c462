"""Label maps that the models made of a study's patches: `predictions.zarr/<experiment>/<scene>`.

uint8 (patch, 256, 256), the attribute `patch_ids` naming the patches in this order.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.atomic import atomic_path
from lcviz.study.records import reading
from lcviz.study.study import Study
from lcviz.taxonomy import PATCH_SIZE, checked_classes, split_patch_id

_STORE: Final = "predictions.zarr"


def read_prediction(study: Study, experiment: str, patch_id: str) -> npt.NDArray[np.uint8] | None:
    """Predicted classes of a patch, uint8 (256, 256), 255 = no imagery there.

    None when this patch's prediction is not kept.

    Raises:
        ArtefactMissingError: the study keeps no predictions.
        ArtefactDamagedError: this one cannot be read.
    """
    import zarr  # noqa: PLC0415 - takes a quarter of a second, which most pages do not need

    if not (study.path / _STORE).is_dir():
        raise study.missing(study.path / _STORE, "evaluate")
    file = predictions_file(study, experiment, split_patch_id(patch_id)[0])
    if not file.is_dir():
        return None
    with reading(file):
        array = zarr.open_array(file, mode="r")
        patch_ids: list[str] = list(array.attrs["patch_ids"])  # type: ignore[arg-type]
        if patch_id not in patch_ids:
            return None
        return checked_classes(np.asarray(array[patch_ids.index(patch_id)]))


def predicted_scenes(study: Study, experiment: str) -> tuple[str, ...]:
    """Scenes whose label maps are kept for one model."""
    arrays = (study.path / _STORE / experiment).glob("*/zarr.json")
    return tuple(sorted(array.parent.name for array in arrays))


def predictions_file(study: Study, experiment: str, scene_id: str) -> Path:
    """Place of the label maps of one model and scene."""
    return study.path / _STORE / experiment / scene_id


def write_predictions(
    study: Study, experiment: str, scene_id: str, predictions: Mapping[str, npt.NDArray[np.uint8]]
) -> None:
    """Keep the label maps of one scene: patch id -> uint8 (256, 256)."""
    import zarr  # noqa: PLC0415
    from zarr.codecs import ZstdCodec  # noqa: PLC0415

    for group in (study.path / _STORE, study.path / _STORE / experiment):
        zarr.open_group(group, mode="a")
    n, chunk = len(predictions), min(len(predictions), 8)
    with atomic_path(predictions_file(study, experiment, scene_id)) as temporary:
        zarr.create_array(
            temporary,
            data=np.stack([predictions[patch_id] for patch_id in predictions]),
            chunks=(chunk, PATCH_SIZE, PATCH_SIZE),
            # All maps of a scene are one file, of which one patch reads a small part.
            shards=(-(-n // chunk) * chunk, PATCH_SIZE, PATCH_SIZE) if n > chunk else None,
            compressors=ZstdCodec(level=19 if n == chunk else 9),
            attributes={"patch_ids": list(predictions)},
        )

"""A model as a STAC Item with the Machine Learning Model extension, for catalogues of models.

Source: STAC 1.1.0 and its extension MLM 1.3.0 (https://github.com/stac-extensions/mlm).
"""

import json
import math
import struct
from pathlib import Path
from typing import Any, Final

import pandas as pd

from lcviz.manuscript.model_scores import Score, scores_of
from lcviz.study import Study
from lcviz.study.records import ModelCard, reading
from lcviz.taxonomy import BANDS, CLASS_COLOURS, CLASSES, PATCH_SIZE, S2_BAND_NAMES, S2_WAVELENGTHS

EXTENSION: Final = "https://stac-extensions.github.io/mlm/v1.3.0/schema.json"
_ACQUIRED: Final = ("2016-12-01T00:00:00Z", "2017-11-30T23:59:59Z")
"""Of SEN12MS's imagery: stands in where the end of training is not known."""
_BATCH: Final = -1
_LONGEST_HEADER: Final = 100_000_000
"""Bytes, by safetensors' own rule."""
_AXES: Final = ("batch", "channel", "height", "width")


def stac_item(study: Study, experiment: str) -> dict[str, Any]:
    """One model as a STAC Item: JSON-like, files relative to the model's folder.

    Its geometry is the centres of the scenes that it was trained on.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: the model, its study or its scores cannot be
            read.
    """
    card = study.model(experiment)
    scenes = study.scenes()
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [EXTENSION],
        "id": experiment,
        **_place(scenes[scenes.scene_id.isin(card.training_scenes)]),
        "properties": {
            **_when(card),
            "title": f"{experiment} of the study {study.info.name}",
            "description": _description(study, card),
            "bands": [
                {"name": name, "description": f"{band}, {nm} nm, digital numbers"}
                for band, name, nm in zip(BANDS, S2_BAND_NAMES, S2_WAVELENGTHS, strict=True)
            ],
            **_model(study, card),
            "lcviz:scores": [_told(s) for s in scores_of(study.results(), experiment)],
        },
        "links": [],
        "assets": {
            "weights": {
                "href": "./weights.safetensors",
                "type": "application/octet-stream",
                "title": "Weights, float16, safetensors",
                "roles": ["mlm:model", "mlm:weights"],
            },
            "card": {
                "href": "./README.md",
                "type": "text/markdown",
                "title": "Model card",
                "roles": ["metadata"],
            },
        },
    }
    return item


def count_parameters(file: Path) -> int:
    """Numbers that a safetensors file holds, from its header alone (batch counters left out).

    Raises:
        ArtefactDamagedError: it is not there, or no such file.
    """
    with reading(file), file.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        header = json.loads(opened.read(min(length, _LONGEST_HEADER)))
    return sum(
        math.prod(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and not name.endswith("num_batches_tracked")
    )


def _place(scenes: pd.DataFrame) -> dict[str, Any]:
    places = scenes.dropna(subset=["longitude", "latitude"])
    if places.empty:
        return {"geometry": None}
    x, y = places.longitude.round(4), places.latitude.round(4)
    return {
        "bbox": [float(x.min()), float(y.min()), float(x.max()), float(y.max())],
        "geometry": {
            "type": "MultiPoint",
            "coordinates": [[float(a), float(b)] for a, b in zip(x, y, strict=True)],
        },
    }


def _when(card: ModelCard) -> dict[str, Any]:
    finished = card.provenance.get("finished")
    if finished:
        return {"datetime": str(finished).replace("+00:00", "Z")}
    return {"datetime": None, "start_datetime": _ACQUIRED[0], "end_datetime": _ACQUIRED[1]}


def _description(study: Study, card: ModelCard) -> str:
    synthetic = "Synthetic imagery and labels. " if study.is_demo else ""
    return (
        f"{synthetic}Land cover of 10 m from Sentinel-2 Level-1C, trained on "
        f"{len(card.training_scenes)} scenes of {card.train_group} with MODIS land use as labels."
    )


def _model(study: Study, card: ModelCard) -> dict[str, Any]:
    found: dict[str, Any] = {
        "mlm:name": card.experiment,
        "mlm:architecture": "FC-DenseNet",
        "mlm:tasks": ["semantic-segmentation"],
        "mlm:framework": "PyTorch",
        "mlm:total_parameters": count_parameters(study.weights_file(card.experiment)),
        "mlm:pretrained": False,
        "mlm:pretrained_source": None,
        "mlm:accelerator": None,
        "mlm:input": [
            {
                "name": "Sentinel-2 Level-1C",
                "description": "Digital numbers before the offset of processing baseline 04.00; "
                "rows and columns are multiples of 8.",
                "bands": list(S2_BAND_NAMES),
                "input": {
                    "shape": [_BATCH, len(BANDS), PATCH_SIZE, PATCH_SIZE],
                    "dim_order": list(_AXES),
                    "data_type": "float32",
                },
                "value_scaling": [
                    {"type": "z-score", "mean": mean, "stddev": std}
                    for mean, std in zip(card.band_mean, card.band_std, strict=True)
                ],
                "resize_type": None,
                "pre_processing_function": None,
            }
        ],
        "mlm:output": [
            {
                "name": "land cover",
                "description": "Scores of the classes before the softmax.",
                "tasks": ["semantic-segmentation"],
                "result": {
                    "shape": [_BATCH, len(CLASSES), PATCH_SIZE, PATCH_SIZE],
                    "dim_order": list(_AXES),
                    "data_type": "float32",
                },
                "classification:classes": [
                    {
                        "value": value,
                        "name": name.lower().replace(" ", "_").replace("-", "_"),
                        "description": name,
                        "color_hint": colour.removeprefix("#"),
                    }
                    for value, (name, colour) in enumerate(zip(CLASSES, CLASS_COLOURS, strict=True))
                ],
                "post_processing_function": None,
            }
        ],
    }
    if torch := card.provenance.get("torch"):
        found["mlm:framework_version"] = str(torch)
    if card.config:
        found["mlm:hyperparameters"] = dict(card.config)
    return found


def _told(score: Score) -> dict[str, Any]:
    return {
        "where": score.where,
        "accuracy": score.value,
        "low": score.low,
        "high": score.high,
        "scenes": score.scenes,
    }

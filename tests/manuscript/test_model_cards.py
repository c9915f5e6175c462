"""Cards of models: what they say, that they are valid STAC, and that they change nothing else."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from forecast_study import make_forecast_study
from places import ROOT
from study_factory import EXPERIMENT, MODELS

from lcviz.generalization.tables import score_scenes, transfer_matrix
from lcviz.manuscript.mlm import EXTENSION, count_parameters, stac_item
from lcviz.manuscript.model_card import model_card
from lcviz.manuscript.model_scores import hardly_seen, scores_of
from lcviz.metrics import MEASURES
from lcviz.network.loading import weights_digest
from lcviz.study import Study
from lcviz.study.handing_on import export_study, import_study
from lcviz.study.real_chips import ModelOnChips, RealChips, write_real_chips
from precompute.stages.cards import CARD, ITEM, write_cards

STRUCTURE = {
    "type": "object",
    "required": ["shape", "dim_order", "data_type"],
    "properties": {
        "shape": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": -1}},
        "dim_order": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "pattern": "^[a-z-_]+$"},
        },
        "data_type": {"enum": ["float32"]},
    },
}
SCHEMA = {
    "type": "object",
    "required": [
        "type", "stac_version", "stac_extensions", "id", "geometry", "properties", "links",
        "assets",
    ],
    "properties": {
        "type": {"const": "Feature"},
        "stac_version": {"pattern": "1\\.[1-9][0-9]*\\.[0-9]+(-.*)?"},
        "stac_extensions": {"type": "array", "contains": {"const": EXTENSION}},
        "properties": {
            "required": [
                "datetime", "bands", "mlm:name", "mlm:architecture", "mlm:tasks", "mlm:input",
                "mlm:output",
            ],
            "propertyNames": {
                "anyOf": [
                    {"pattern": "^(?!mlm:)"},
                    {
                        "enum": [
                            f"mlm:{name}"
                            for name in (
                                "name", "architecture", "tasks", "framework", "framework_version",
                                "memory_size", "total_parameters", "pretrained",
                                "pretrained_source", "batch_size_suggestion", "accelerator",
                                "accelerator_constrained", "accelerator_summary",
                                "accelerator_count", "input", "output", "hyperparameters",
                            )
                        ]
                    },
                ]
            },
            "properties": {
                "bands": {"type": "array", "minItems": 1, "items": {"required": ["name"]}},
                "mlm:name": {
                    "type": "string",
                    "pattern": r"^[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]$",
                },
                "mlm:framework": {"enum": ["PyTorch"]},
                "mlm:framework_version": {"pattern": r"^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$"},
                "mlm:tasks": {"items": {"enum": ["semantic-segmentation"]}},
                "mlm:pretrained": {"const": False},
                "mlm:pretrained_source": {"const": None},
                "mlm:accelerator": {"enum": ["amd64", "cuda", None]},
                "mlm:total_parameters": {"type": "integer", "minimum": 1},
                "mlm:hyperparameters": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": "^[0-9a-zA-Z_.-]+$"},
                },
                "mlm:input": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "required": ["name", "bands", "input"],
                        "properties": {
                            "name": {"type": "string", "minLength": 1},
                            "bands": {"type": "array", "items": {"type": "string", "minLength": 1}},
                            "input": STRUCTURE,
                            "value_scaling": {
                                "items": {
                                    "required": ["type", "mean", "stddev"],
                                    "properties": {
                                        "type": {"const": "z-score"},
                                        "mean": {"type": "number"},
                                        "stddev": {"type": "number"},
                                    },
                                }
                            },
                        },
                    },
                },
                "mlm:output": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "required": ["name", "tasks", "result"],
                        "properties": {
                            "result": STRUCTURE,
                            "classification:classes": {
                                "items": {
                                    "required": ["value", "name"],
                                    "properties": {
                                        "value": {"type": "integer"},
                                        "name": {"pattern": "^[0-9A-Za-z-_]+$"},
                                        "color_hint": {"pattern": "^[0-9A-F]{6}$"},
                                    },
                                }
                            },
                        },
                    },
                },
            },
        },
        "assets": {
            "required": ["weights"],
            "additionalProperties": {"required": ["href"]},
            "properties": {
                "weights": {"properties": {"roles": {"contains": {"const": "mlm:model"}}}}
            },
        },
    },
    "if": {"properties": {"geometry": {"type": "object"}}},
    "then": {"required": ["bbox"]},
}  # fmt: skip
"""What STAC 1.1 and MLM 1.3 require of an Item, written down from their schemas."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_forecast_study(tmp_path_factory.mktemp("cards") / "study")


@pytest.fixture
def study(untouched: Study, tmp_path: Path) -> Study:
    return Study.open(shutil.copytree(untouched.path, tmp_path / "study"))


@pytest.mark.parametrize("experiment", MODELS)
def test_a_stac_item_is_valid(untouched: Study, experiment: str) -> None:
    item = json.loads(json.dumps(stac_item(untouched, experiment)))
    jsonschema.validate(item, SCHEMA)
    properties = item["properties"]
    assert properties["mlm:total_parameters"] == 1_106_336
    scaling = properties["mlm:input"][0]["value_scaling"]
    assert [band["mean"] for band in scaling] == list(untouched.model(experiment).band_mean)
    names = {band["name"] for band in properties["bands"]}
    assert set(properties["mlm:input"][0]["bands"]) <= names
    assert len(item["geometry"]["coordinates"]) == len(MODELS[experiment][0])


def test_the_schema_here_can_fail(untouched: Study) -> None:
    item = stac_item(untouched, EXPERIMENT)
    for key in ("mlm:input", "mlm:name", "datetime"):
        broken = item | {"properties": {k: v for k, v in item["properties"].items() if k != key}}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_a_model_without_places_has_no_geometry(study: Study) -> None:
    study.write_scenes(study.scenes().assign(longitude=np.nan, latitude=np.nan))
    item = stac_item(study, EXPERIMENT)
    assert item["geometry"] is None
    assert "bbox" not in item
    jsonschema.validate(item, SCHEMA)


def test_parameters_are_counted_without_reading_them(untouched: Study) -> None:
    weights = untouched.weights(EXPERIMENT)
    expected = sum(t.numel() for name, t in weights.items() if "num_batches" not in name)
    assert count_parameters(untouched.weights_file(EXPERIMENT)) == expected


def test_scores_are_those_of_the_table(untouched: Study) -> None:
    results = untouched.results()
    matrix = transfer_matrix(score_scenes(results, "continent", MEASURES["accuracy"]), "continent")
    low, high = matrix.interval
    for score in scores_of(results, EXPERIMENT):
        if score.where == "Unknown":
            continue
        cell = "Africa", "Africa" if score.where == "home" else score.where
        assert score.value == pytest.approx(matrix.cell(*cell))
        assert score.scenes == matrix.scenes.loc[cell]
        if score.low is None:
            assert np.isnan(low.loc[cell])
        else:
            assert (score.low, score.high) == pytest.approx((low.loc[cell], high.loc[cell]))


def test_a_card_names_scenes_recipe_scores_and_limits(untouched: Study) -> None:
    card = model_card(untouched, EXPERIMENT)
    for scene in (*MODELS[EXPERIMENT][0], *MODELS[EXPERIMENT][1]):
        assert scene in card
    assert "| learning_rate | 0.001 |" in card
    assert "**Synthetic:**" in card
    assert "not tried on labelled chips" in card
    (home,) = (s for s in scores_of(untouched.results(), EXPERIMENT) if s.where == "home")
    assert f"| home | {home.value:.1%}" in card
    assert not re.search(r"\bnan\b|None", card)
    for line in re.findall(r"^\|.*$", card, re.M):
        assert line.endswith("|")


def test_real_chips_count_only_for_the_weights_that_were_tried(study: Study) -> None:
    tried = ModelOnChips(weights_digest(study, EXPERIMENT), {"Forest": 8}, {})
    measured = RealChips("2026-01-01", "Some chips", {"Forest": (0, 1)}, {"Forest": 10},
                         {EXPERIMENT: tried})  # fmt: skip
    write_real_chips(study, measured)
    said = "| Forest | Dense Forests and Open Forests | 8 of 10 [49.0%, 94.3%] |"
    assert said in model_card(study, EXPERIMENT)
    stale = {EXPERIMENT: replace(tried, weights="of another")}
    write_real_chips(study, replace(measured, models=stale))
    assert "trained anew since" in model_card(study, EXPERIMENT)


def test_classes_that_were_hardly_seen(study: Study) -> None:
    card = study.model(EXPERIMENT)
    patches = study.patches()
    seen = patches.scene_id.isin(card.training_scenes)
    patches.loc[seen, [f"fraction_{i}" for i in range(8)]] = [0.5, 0.4999, 0.0001, 0, 0, 0, 0, 0]
    study.write_patches(patches)
    assert hardly_seen(study, card)[0] == "Herbaceous"
    assert len(hardly_seen(study, card)) == 6


def test_cards_make_nothing_out_of_date_and_are_handed_on(study: Study, tmp_path: Path) -> None:
    before = {name: weights_digest(study, name) for name in MODELS}
    state = study.digest("models/*/model.json")
    write_cards(study)
    times = {f: f.stat().st_mtime_ns for f in study.path.glob("models/*/*")}
    write_cards(study)
    assert {f: f.stat().st_mtime_ns for f in study.path.glob("models/*/*")} == times
    assert {name: weights_digest(study, name) for name in MODELS} == before
    assert study.digest("models/*/model.json") == state
    assert all(study.has_model(name) for name in MODELS)
    export_study(study, tmp_path / "study.zip")
    other = import_study(tmp_path / "study.zip", tmp_path / "other")
    for name in MODELS:
        for file in (CARD, ITEM):
            here = study.model_file(name).with_name(file).read_bytes()
            assert other.model_file(name).with_name(file).read_bytes() == here


def test_only_the_command_paper_loads_matplotlib() -> None:
    script = (
        "import sys, precompute.__main__, precompute.stages.cards; "
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"

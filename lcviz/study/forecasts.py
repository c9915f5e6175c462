"""What the stage `transfer` keeps: indicators, forecasts, receipts, and what a live forecast needs.

Everything is under `transfer/` and is plain Parquet or JSON. A pair is (experiment, scene) where
the model was not trained on the scene. Experiments are of three kinds (`kind_of`):

    network   one of `taxonomy.EXPERIMENTS`           `continent-africa`, `season-winter`
    without   one of `taxonomy.WITHOUT_EXPERIMENTS`   `without-africa`
    simple    the per-pixel model of the same split   `simple-continent-africa`
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from pydantic import TypeAdapter

from lcviz.atomic import atomic_path, write_text
from lcviz.study.columns import MEANS
from lcviz.study.forecast_records import (
    Forecaster,
    ForecastRecord,
    SimpleModel,
)
from lcviz.study.records import read_json, read_record, reading
from lcviz.study.splits import name_home
from lcviz.study.study import Study
from lcviz.taxonomy import EXPERIMENTS, SIMPLE_PREFIX, WITHOUT_EXPERIMENTS

STAGE: Final = "transfer"

INDICATORS: Final[Mapping[str, str]] = {
    "confidence": "average confidence",
    "doc": "difference of confidences",
    "atc": "share of pixels above the confidence threshold (ATC)",
    "cott": "share of pixels below the transport-cost threshold (COTT)",
    "agreement": "agreement with the other models",
    "nuclear_norm": "nuclear norm of the predictions",
    "landscape_distance": "distance between landscapes",
    "band_distance": "distance between band values (DN)",
    "di_bands": "dissimilarity of the band means",
    "outside_bands": "share outside the area of applicability, by band means",
    "di_features": "dissimilarity of the network's features",
    "outside_features": "share outside the area of applicability, by the network's features",
}
"""Column -> what it is in words. See `lcviz/forecast/` for each."""
HIGHER_IS_BETTER: Final = ("confidence", "doc", "atc", "cott", "agreement", "nuclear_norm")
"""Indicators that should rise with accuracy; the others should fall."""

METHODS: Final[Mapping[str, str]] = {
    "forecast": "forecast",
    "fusion": "regression on several indicators",
    "calibrated": "agreement among models, calibrated",
    "agreement": "agreement among models, as it is",
    "mean": "the mean accuracy of all models elsewhere",
    "home": "the model's home accuracy",
    "away": "the model's mean accuracy away from home, elsewhere",
    "confidence": "average confidence",
    "doc": "difference of confidences",
    "atc": "ATC",
}
"""Method of the receipts -> what it is in words. The forecast is either the regression or
calibrated agreement; that of the two which it is not is among its rivals."""
PLAIN_RIVALS: Final = ("mean", "home", "away")
"""Guesses that do not look at the image: what a forecast has to beat to be worth showing."""

_PAIR: Final = ("experiment", "axis", "train_group", "scene_id", "test_group", "split")
INDICATOR_COLUMNS: Final = (*_PAIR, "kind", "pixels", "accuracy", *INDICATORS)
FORECAST_COLUMNS: Final = (
    "experiment",
    "scene_id",
    "kind",
    "forecast",
    "low",
    "high",
    "left_out",
    "home_accuracy",
    "away_accuracy",
)
RECEIPT_COLUMNS: Final = (
    "kind",
    "axis",
    "method",
    "pairs",
    "scenes",
    "groups",
    "mae",
    "mae_low",
    "mae_high",
    "rho",
    "rho_low",
    "rho_high",
    "coverage",
    "coverage_low",
    "coverage_high",
    "width",
    "gain",
    "gain_low",
    "gain_high",
)
INDICATOR_RHO_COLUMNS: Final = (
    "kind",
    "axis",
    "indicator",
    "rho",
    "rho_low",
    "rho_high",
    "pairs",
    "groups",
)
ADAPTATION_COLUMNS: Final = (
    *_PAIR, "pixels", "accuracy_plain", "accuracy_adapted", "blend",
)  # fmt: skip
TILE_COLUMNS: Final = ("patch_id", "tile", *MEANS)
"""Of a model's reference tiles; columns `feature_0`, `feature_1`, ... follow for a network."""


# Readers. Each raises ArtefactMissingError or ArtefactDamagedError, as `Study`'s do.


def read_indicators(study: Study) -> pd.DataFrame:
    """One row a pair: `INDICATOR_COLUMNS`.

    `pixels` are the labelled ones that `accuracy` rests on, over all patches of the scene;
    `accuracy` is NaN where there is none. `split` is `home` or `test`.
    An indicator that could not be computed is NaN.
    """
    return name_home(study.read_table(f"{STAGE}/indicators.parquet", INDICATOR_COLUMNS, STAGE))


def read_forecasts(study: Study) -> pd.DataFrame:
    """One row a pair that could be forecast: `FORECAST_COLUMNS`.

    The forecaster never saw a pair of the target group `left_out`, in which the scene lies. `low`
    and `high` bound the 80% interval. `home_accuracy` and `away_accuracy` are the two rivals'
    forecasts; the latter leaves `left_out` out, too.
    """
    return study.read_table(f"{STAGE}/forecasts.parquet", FORECAST_COLUMNS, STAGE)


def read_receipts(study: Study) -> pd.DataFrame:
    """How good the forecasts were, one row a kind, axis and method: `RECEIPT_COLUMNS`.

    Over pairs away from home with known accuracy. Each figure has its 95% interval, NaN where too
    few groups leave none. `rho` is Spearman's, of forecast and accuracy. `coverage` is the share of
    pairs within the interval that should hold 80%, `width` that interval's mean width; both NaN
    for a rival that gives no interval. `gain` is the rival's mean absolute error less the
    forecast's: above zero the forecast is better; NaN in the row of the forecast itself. `groups`
    are independent groups.
    """
    return study.read_table(f"{STAGE}/receipts.parquet", RECEIPT_COLUMNS, STAGE)


def read_indicator_correlations(study: Study) -> pd.DataFrame:
    """Spearman's rho of each single indicator with accuracy: `INDICATOR_RHO_COLUMNS`.

    Over the same pairs as the receipts, with 95% intervals; one row a kind, axis and indicator.
    """
    return study.read_table(f"{STAGE}/indicator_rho.parquet", INDICATOR_RHO_COLUMNS, STAGE)


def read_adaptation(study: Study) -> pd.DataFrame:
    """What adapting to a scene does, one row a pair of a network: `ADAPTATION_COLUMNS`.

    Both accuracies are over the same `pixels`, a part of each patch; NaN without labels. `blend` is
    the weight of the training statistics (`adaptation.blend_weight`).
    """
    return name_home(study.read_table(f"{STAGE}/adaptation.parquet", ADAPTATION_COLUMNS, STAGE))


def read_forecasters(study: Study) -> tuple[Forecaster, ...]:
    """All fitted forecasters: by kind and axis one for each group left out, and one for none."""
    file = study.path / STAGE / "forecasters.json"
    if not file.is_file():
        raise study.missing(file, STAGE)
    entries = read_json(file)
    with reading(file):
        return TypeAdapter(tuple[Forecaster, ...]).validate_python(entries["forecasters"])


@dataclass(frozen=True)
class LookedAt:
    """What of each scene the stage looks at: forecasts hold for images that are looked at alike."""

    patches: int
    """Patches of a scene, spread evenly over it."""
    side: int
    """Pixels along a side of the square in the middle of each."""


def usual_look(study: Study) -> LookedAt:
    """What the stage looks at, unless told otherwise."""
    return LookedAt(5, 128) if study.is_demo else LookedAt(8, 256)


def looked_at(study: Study) -> LookedAt:
    """What the stage looked at; an earlier version, which did not note it, at what is usual."""
    usual, stamp = usual_look(study), study.stamp(STAGE) or {}
    return LookedAt(int(stamp.get("patches", usual.patches)), int(stamp.get("side", usual.side)))


def forecast_experiments(study: Study) -> tuple[str, ...]:
    """Experiments that a forecast can be made for: networks, then all but one, then simple."""
    files = (study.path / STAGE / "models").glob("*.json")
    found = {file.stem for file in files}
    simple = (f"{SIMPLE_PREFIX}{name}" for name in EXPERIMENTS)
    return tuple(name for name in (*EXPERIMENTS, *WITHOUT_EXPERIMENTS, *simple) if name in found)


def read_forecast_record(study: Study, experiment: str) -> ForecastRecord:
    """What a forecast for one model needs."""
    file = _model_file(study, experiment)
    if not file.is_file():
        raise study.missing(file, STAGE)
    return read_record(ForecastRecord, file)


def read_tiles(study: Study, experiment: str) -> pd.DataFrame:
    """Reference tiles of one model, `TILE_COLUMNS`: a sample of its training patches' tiles.

    `tile` numbers the squares of `dissimilarity.TILE` pixels of a patch row by row; `mean_<band>`
    is in DN; `feature_<i>` is the mean of map `features.maps[i]`, for a network.
    """
    file = _model_file(study, experiment).with_suffix(".parquet")
    if not file.is_file():
        raise study.missing(file, STAGE)
    with reading(file):
        table = pd.read_parquet(file)
        return table.astype({c: "float64" for c in table.columns if c not in TILE_COLUMNS[:2]})


def read_simple_model(study: Study, experiment: str) -> SimpleModel:
    """Coefficients of a simple model, `simple-continent-africa`."""
    file = _simple_file(study, experiment)
    if not file.is_file():
        raise study.missing(file, STAGE)
    return read_record(SimpleModel, file)


# Writers


def write_indicators(study: Study, table: pd.DataFrame) -> None:
    """Replace indicators.parquet."""
    study.write_table(f"{STAGE}/indicators.parquet", table, INDICATOR_COLUMNS)


def write_forecasts(study: Study, table: pd.DataFrame) -> None:
    """Replace forecasts.parquet."""
    study.write_table(f"{STAGE}/forecasts.parquet", table, FORECAST_COLUMNS)


def write_receipts(study: Study, receipts: pd.DataFrame, correlations: pd.DataFrame) -> None:
    """Replace receipts.parquet and indicator_rho.parquet."""
    study.write_table(f"{STAGE}/receipts.parquet", receipts, RECEIPT_COLUMNS)
    study.write_table(f"{STAGE}/indicator_rho.parquet", correlations, INDICATOR_RHO_COLUMNS)


def write_adaptation(study: Study, table: pd.DataFrame) -> None:
    """Replace adaptation.parquet."""
    study.write_table(f"{STAGE}/adaptation.parquet", table, ADAPTATION_COLUMNS)


def write_forecasters(study: Study, forecasters: Collection[Forecaster]) -> None:
    """Replace forecasters.json."""
    content = {"forecasters": [asdict(each) for each in forecasters]}
    write_text(study.path / STAGE / "forecasters.json", json.dumps(content, indent=1) + "\n")


def write_record_and_tiles(study: Study, model: ForecastRecord, tiles: pd.DataFrame) -> None:
    """Replace what a forecast for one model needs; the tiles are kept as float32."""
    file = _model_file(study, model.experiment)
    numbers = [c for c in tiles.columns if c not in TILE_COLUMNS[:2]]
    with atomic_path(file.with_suffix(".parquet")) as temporary:
        tiles.astype(dict.fromkeys(numbers, "float32")).to_parquet(
            temporary, index=False, compression="zstd"
        )
    write_forecast_record(study, model)


def write_forecast_record(study: Study, model: ForecastRecord) -> None:
    """Replace the record alone."""
    file = _model_file(study, model.experiment)
    write_text(file, json.dumps(asdict(model), indent=1) + "\n")


def write_simple_model(study: Study, model: SimpleModel) -> None:
    """Replace the coefficients of a simple model."""
    write_text(_simple_file(study, model.experiment), json.dumps(asdict(model), indent=1) + "\n")


def remove_models(study: Study, keep: Collection[str]) -> None:
    """Delete what is kept of all models but those in `keep`."""
    for folder in ("models", "models-simple"):
        for file in (study.path / STAGE / folder).glob("*.*"):
            if file.stem not in keep:
                file.unlink()


def _model_file(study: Study, experiment: str) -> Path:
    return study.path / STAGE / "models" / f"{experiment}.json"


def _simple_file(study: Study, experiment: str) -> Path:
    return study.path / STAGE / "models-simple" / f"{experiment}.json"

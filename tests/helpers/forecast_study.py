"""The tiny study with what the stage `transfer` keeps, for tests of what is read off it.

Numbers are drawn, not measured, and written through the real writers; a live forecast runs on them
with the tiny study's networks and pixels.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from landscape_study import add_landscapes
from prediction_study import make_prediction_study
from study_factory import EXPERIMENT, NO_LABELS_SCENE, PATCHES, add_histograms

from lcviz.forecast.live import ModelForecast
from lcviz.forecast.simple_model import FEATURES
from lcviz.study import Study
from lcviz.study.columns import MEANS
from lcviz.study.forecast_records import (
    FeatureSpace,
    Forecaster,
    ForecastRecord,
    SimpleModel,
)
from lcviz.study.forecasts import (
    INDICATORS,
    write_adaptation,
    write_forecasters,
    write_forecasts,
    write_indicators,
    write_receipts,
    write_record_and_tiles,
    write_simple_model,
)
from lcviz.taxonomy import BANDS, CLASSES, SIMPLE_PREFIX, kind_of, train_group_of

SIMPLE = f"{SIMPLE_PREFIX}{EXPERIMENT}"
MAPS = (0, 100, 239)


def make_forecast_study(path: Path, *, beats: bool = True, kind: str = "demo") -> Study:
    """Write the study; `beats` tells whether its forecasts beat the plain guesses."""
    study = make_prediction_study(path, kind=kind)
    add_landscapes(study)
    add_histograms(study)
    random = np.random.default_rng(5)
    results = study.results()
    simple = results[results.experiment == EXPERIMENT].assign(experiment=SIMPLE)
    pairs = pd.concat([results, simple], ignore_index=True)
    pairs = pairs.assign(kind=pairs.experiment.map(kind_of))
    write_indicators(study, pairs.assign(**{n: random.random(len(pairs)) for n in INDICATORS}))
    expected = random.uniform(0.3, 0.8, len(pairs))
    write_forecasts(
        study,
        pairs.assign(
            **{"forecast": expected, "low": expected - 0.15, "high": expected + 0.15},
            **{"left_out": pairs.test_group, "home_accuracy": 0.7, "away_accuracy": 0.5},
        ).dropna(subset="test_group"),
    )
    write_receipts(study, make_receipts(beats=beats), make_correlations())
    networks = pairs[pairs.kind == "network"]
    plain = networks.accuracy.fillna(0.5)
    write_adaptation(
        study,
        networks.assign(
            accuracy_plain=plain.where(networks.scene_id != NO_LABELS_SCENE),
            accuracy_adapted=(plain + random.uniform(-0.1, 0.1, len(plain))).clip(0, 1),
            blend=0.8,
        ),
    )
    write_forecasters(study, [_forecaster(e, g) for e, g in _fits(pairs)])
    for experiment in (*study.experiments(), SIMPLE):
        _write_model(study, experiment, random)
    return study


def make_receipts(*, beats: bool, kinds: tuple[str, ...] = ("network", "simple")) -> pd.DataFrame:
    """The forecast, which is calibrated agreement, is off by 8 points, its rivals by more."""
    rows = []
    for axis, groups in (("continent", 6), ("season", 4)):
        for kind in kinds:
            errors = {"forecast": 0.08, "fusion": 0.085, "agreement": 0.1, "mean": 0.13}
            for method, mae in (errors | {"home": 0.15, "away": 0.11}).items():
                row: dict[str, Any] = {
                    **{"kind": kind, "axis": axis, "method": method},
                    **{"pairs": 300, "scenes": 60, "groups": groups},
                    **{"mae": mae, "mae_low": mae - 0.02, "mae_high": mae + 0.02},
                    **{"rho": 0.62, "rho_low": 0.31 if beats else -0.1, "rho_high": 0.81},
                    **dict.fromkeys(("coverage", "coverage_low", "coverage_high"), np.nan),
                    **dict.fromkeys(("width", "gain", "gain_low", "gain_high"), np.nan),
                }
                if method == "forecast":
                    row |= {"coverage": 0.83, "coverage_low": 0.74, "coverage_high": 0.9}
                    row |= {"width": 0.3}
                else:
                    gain = mae - 0.08
                    beaten = beats and method != "fusion"
                    row |= {"gain": gain, "gain_low": 0.01 if beaten else gain - 0.09}
                    row |= {"gain_high": gain + 0.09}
                rows.append(row)
    return pd.DataFrame(rows)


def make_correlations() -> pd.DataFrame:
    rows = [
        {
            **{"kind": kind, "axis": axis, "indicator": name, "rho": 0.4 - 0.06 * place},
            **{"rho_low": 0.1 - 0.06 * place, "rho_high": 0.6 - 0.06 * place},
            **{"pairs": 300, "groups": 6},
        }
        for axis in ("continent", "season")
        for kind in ("network", "simple")
        for place, name in enumerate(INDICATORS)
        if not (kind == "simple" and name.endswith("_features"))
    ]
    return pd.DataFrame(rows)


def _fits(pairs: pd.DataFrame) -> list[tuple[tuple[str, str], str | None]]:
    keys = list(dict.fromkeys(zip(pairs.kind, pairs.axis, strict=True)))
    groups = {axis: pairs.test_group[pairs.axis == axis].dropna().unique() for _, axis in keys}
    return [(key, group) for key in keys for group in (None, *groups[key[1]])]


def _forecaster(key: tuple[str, str], left_out: str | None) -> Forecaster:
    return Forecaster(
        kind=key[0],
        axis=key[1],
        left_out=left_out,
        columns=("confidence", "di_bands", "home_accuracy"),
        mean=(0.5, 1.0, 0.7),
        std=(0.1, 0.5, 0.1),
        coefficients=(0.05, -0.03, 0.02),
        intercept=0.55,
        penalty=1.0,
        reach=0.14,
        reach_without=0.2,
        pairs=300,
        scenes=60,
        groups=6,
    )


def forecast_record(
    experiment: str, training: tuple[str, ...], validation: tuple[str, ...] = ()
) -> ForecastRecord:
    axis, group = train_group_of(experiment.removeprefix(SIMPLE_PREFIX))
    kind = kind_of(experiment)
    return ForecastRecord(
        experiment=experiment,
        kind=kind,
        axis=axis,
        train_group=group,
        training_scenes=training,
        validation_scenes=validation,
        home_accuracy=0.7,
        temperature=1.2,
        source_confidence=0.6,
        source_accuracy=0.7,
        atc_threshold=0.4,
        cott_threshold=0.5,
        class_marginal=(0.125,) * len(CLASSES),
        bands=_space(len(BANDS), 1650.0, 300.0, ()),
        features=None if kind == "simple" else _space(len(MAPS), 0.0, 1.0, MAPS),
        landscape_limit=0.6,
        pixels=5000,
    )


def _write_model(study: Study, experiment: str, random: np.random.Generator) -> None:
    card = study.model(experiment.removeprefix(SIMPLE_PREFIX))
    kind = kind_of(experiment)
    training = [f"{scene}_p{patch}" for scene in card.training_scenes for patch in PATCHES]
    tiles = pd.DataFrame(
        {"patch_id": np.repeat(training, 4), "tile": np.tile(np.arange(4), len(training))}
    )
    tiles[list(MEANS)] = random.normal(1650, 300, (len(tiles), len(BANDS)))
    if kind != "simple":
        for place in range(len(MAPS)):
            tiles[f"feature_{place}"] = random.normal(0, 1, len(tiles))
    scenes = (card.training_scenes, card.validation_scenes)
    write_record_and_tiles(study, forecast_record(experiment, *scenes), tiles)
    if kind == "simple":
        write_simple_model(
            study,
            SimpleModel(
                experiment=experiment,
                axis=card.axis,
                train_group=card.train_group,
                training_scenes=card.training_scenes,
                validation_scenes=card.validation_scenes,
                feature_names=FEATURES,
                mean=(7.3,) * len(BANDS) + (0.0,) * (len(FEATURES) - len(BANDS)),
                std=(0.5,) * len(FEATURES),
                coefficients=tuple(
                    map(tuple, random.normal(0, 1, (len(CLASSES), len(FEATURES))).tolist())
                ),
                intercepts=(0.0,) * len(CLASSES),
                training_pixels=1000,
            ),
        )


def _space(size: int, mean: float, std: float, maps: tuple[int, ...]) -> FeatureSpace:
    return FeatureSpace(
        mean=(mean,) * size,
        std=(std,) * size,
        weights=(1.0,) * size,
        mean_distance=4.0,
        threshold=0.9,
        maps=maps,
    )


def model_forecast(**changes: object) -> ModelForecast:
    settings = {
        "experiment": "continent-africa",
        "label": "Africa",
        "kind": "network",
        "axis": "continent",
        "trained_on_it": False,
        "forecast": 0.6,
        "low": 0.45,
        "high": 0.75,
        "left_out": None,
        "beats_rivals": True,
        "why_not": None,
        "verdict": "partly",
        "share_outside_aoa": 0.25,
        "aoa_map": np.array([[[0.5, 1.5], [0.2, np.nan]]], np.float32),
        "nearest": (),
        "indicators": {},
        "bands_outside": np.zeros(10),
        "landscapes": pd.DataFrame(
            {"cluster": [0, 1, 2], "image": [0.7, 0.0, 0.3], "training": [0.0, 0.9, 0.1]}
        ),
    }
    return ModelForecast(**(settings | changes))

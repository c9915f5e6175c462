"""Forecast accuracy without labels, and keep the receipts: how good the forecasts were."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.sen12ms import PatchList
from lcviz.errors import ArtefactMissingError, ConfigurationError
from lcviz.forecast.models import Json, network_record, pixels_of, simple_record
from lcviz.forecast.validation import validate
from lcviz.landscapes.match import read_landscape_space
from lcviz.metrics import accuracy
from lcviz.network.loading import has_gpu, weights_digest
from lcviz.study import PLAIN_VARIANT, RESULT_COLUMNS, Study
from lcviz.study.forecasts import (
    ADAPTATION_COLUMNS,
    INDICATOR_COLUMNS,
    INDICATORS,
    STAGE,
    LookedAt,
    forecast_experiments,
    read_forecast_record,
    remove_models,
    usual_look,
    write_adaptation,
    write_forecast_record,
    write_forecasters,
    write_forecasts,
    write_indicators,
    write_receipts,
    write_record_and_tiles,
    write_simple_model,
)
from lcviz.study.landscapes import available_k
from lcviz.study.patches import trainable_patches
from lcviz.study.records import ModelCard
from lcviz.study.splits import UNSCORED, scene_parts
from lcviz.taxonomy import SIMPLE_PREFIX, group_of, kind_of
from precompute.running.stage import (
    console,
    digest,
    finish,
    grouped_scenes,
    is_current,
    over_scenes,
    patch_lists,
    scene_digests,
)
from precompute.running.workers import Workers, as_workers
from precompute.stages.networks import Networks
from precompute.stages.transfer_models import SourceReader
from precompute.stages.transfer_scenes import SceneMeasurer

SOURCES: Final = "transfer-sources"
"""Stamp of the first half: the models' records."""
VERSION: Final = 4
"""Counted up when the stage computes something else from the same inputs."""
Parts = Mapping[str, "pd.Series[str]"]
"""Experiment -> which part each scene plays for it, by scene id."""
_TABLES: Final = ("indicators", "forecasts", "receipts", "indicator_rho", "adaptation")


def transfer(
    study: Study, *, patches: int | None, side: int | None, device: str, workers: Workers | int
) -> None:
    """Write `transfer/`, if it is not up to date.

    Args:
        study: with models and results.
        patches: of a scene that are looked at; 8 if None, 5 of the demo.
        side: pixels along a side of the square in the middle of each; 256, or 128 of the demo.
        device: "auto", "cpu" or "cuda".
        workers: who does the work, as `over_scenes` takes it; where this machine has a GPU and no
            scheduler is named, this process alone, since several would share the GPU's memory.

    Raises:
        ConfigurationError: no model has been trained.
        ArtefactMissingError: the models have not been evaluated.
        DatasetNotFoundError: the imagery is not at hand.
    """
    base = usual_look(study)
    settings = LookedAt(patches or base.patches, (side or base.side) // 8 * 8)
    experiments = (*study.experiments(), *study.experiments_without())
    if not experiments:
        raise ConfigurationError(
            f"No model of {study.path} has been trained, so nothing can be forecast. Run first: "
            f"python -m precompute train --study {study.path}"
        )
    results = study.results()
    if missing := [name for name in experiments if name not in set(results.experiment)]:
        raise ArtefactMissingError(
            f"results.parquet has no score of {missing[0]}. {study.how_to_make('evaluate')}"
        )
    cards = {name: study.model(name) for name in experiments}
    scenes = grouped_scenes(study).set_index("scene_id", drop=False)
    parts = {name: scene_parts(card, scenes) for name, card in cards.items()}
    scored = frozenset(trainable_patches(study).patch_id)
    digests = scene_digests(study)
    inputs = digest(
        VERSION,
        asdict(settings),
        digests,
        sorted(scored),
        available_k(study),
        {name: weights_digest(study, name) for name in experiments},
        {name: part.to_dict() for name, part in parts.items()},
        results[["experiment", "scene_id", "pixels", "accuracy"]].astype(str).to_dict("list"),
    )
    whole = all((study.path / STAGE / f"{name}.parquet").is_file() for name in _TABLES)
    made = set((study.stamp(STAGE) or {}).get("models", ()))
    whole = whole and made == set(forecast_experiments(study)) and bool(made)
    if is_current(study, STAGE, inputs, whole=whole):
        return
    tasks = {
        scene_id: (digest(inputs), patches)
        for scene_id, patches in patch_lists(study).items()
        if scene_id in digests
    }
    if has_gpu(device) and not (isinstance(workers, Workers) and workers.scheduler):
        workers = 0
    with as_workers(workers) as at_work:
        threads = None if at_work.in_this_process else 1
        networks = Networks(study.path.absolute(), inputs, device, threads)
        reader = SourceReader(networks, cards, settings)
        unread = _make_models(study, reader, tasks, inputs, results, at_work)
        # What was measured with models of some scenes is not that of models of all.
        version = digest(inputs, sorted(unread)) if unread else digest(inputs)
        measurer = SceneMeasurer(replace(networks, version=version), scored, settings)
        tasks = {scene_id: (version, patches) for scene_id, (_, patches) in tasks.items()}
        by_scene, failures = over_scenes(study, STAGE, tasks, measurer, at_work)
    _tell_left_out(by_scene)
    simple = _simple_results(study, cards, parts, by_scene)
    for name, home in _home_accuracies(simple).items():
        record = replace(read_forecast_record(study, str(name)), home_accuracy=_known(home))
        write_forecast_record(study, record)
    pairs = _pairs(study, cards, parts, by_scene, pd.concat([results, simple]))
    write_indicators(study, pairs)
    write_adaptation(study, _adaptation(pairs, by_scene))
    found = validate(pairs)
    for problem in found.problems:
        console.print(f"{STAGE}: {problem}", markup=False)
    write_forecasters(study, found.forecasters)
    write_forecasts(study, found.forecasts)
    write_receipts(study, found.receipts, found.correlations)
    notes = {"models": list(forecast_experiments(study)), **asdict(settings)}
    finish(study, STAGE, inputs, unread | failures, **notes)
    console.print(
        f"{STAGE}: {pairs.experiment.nunique()} models, {len(pairs)} pairs of model and scene"
    )


def _make_models(
    study: Study,
    reader: SourceReader,
    tasks: Mapping[str, tuple[str, PatchList]],
    inputs: str,
    results: pd.DataFrame,
    workers: Workers,
) -> dict[str, str]:
    """Write the records of all models, if they are not up to date; scenes -> why they could not
    be read."""
    made = set((study.stamp(SOURCES) or {}).get("models", ()))
    whole = bool(made) and made == set(forecast_experiments(study))
    if is_current(study, SOURCES, inputs, whole=whole):
        return {}
    by_scene, failures = over_scenes(study, SOURCES, tasks, reader, workers)
    _tell_left_out(by_scene)
    landscapes = read_landscape_space(study)
    home = _home_accuracies(results)
    written = []
    for name, card in reader.cards.items():
        found = network_record(
            card, kind_of(name), by_scene, _head(study, name), landscapes, _known(home.get(name))
        )
        if found is None:
            console.print(
                f"{STAGE}: {name} left out, its home test has no labels or its training "
                "scenes no imagery that could be read"
            )
            continue
        write_record_and_tiles(study, *found)
        written.append(name)
        if kind_of(name) == "network":
            written += _make_simple(study, card, by_scene, landscapes)
    if not failures:
        remove_models(study, written)
    finish(study, SOURCES, inputs, failures, models=written)
    return failures


def _tell_left_out(by_scene: Mapping[str, Json]) -> None:
    for reason in (line for result in by_scene.values() for line in result.get("left_out", ())):
        console.print(f"left out: {reason}", markup=False, soft_wrap=True)


def _make_simple(
    study: Study, card: ModelCard, by_scene: Mapping[str, Json], landscapes: Any
) -> list[str]:
    """Fit the simple model of a network's split; its name, or nothing where it cannot be."""
    from lcviz.forecast import simple_model  # noqa: PLC0415 - sklearn takes a second

    name = f"{SIMPLE_PREFIX}{card.experiment}"
    pixels = pixels_of(by_scene, card.training_scenes)
    try:
        model = simple_model.fit(
            name,
            card.axis,
            card.train_group,
            card.training_scenes,
            card.home_test,
            pixels[:, :-1],
            pixels[:, -1],
        )
    except ConfigurationError as error:
        console.print(f"{STAGE}: {error}", markup=False)
        return []
    found = simple_record(model, card, by_scene, landscapes, None)
    if found is None:
        return []
    write_simple_model(study, model)
    write_record_and_tiles(study, *found)
    return [name]


def _home_accuracies(results: pd.DataFrame) -> "pd.Series[float]":
    """Mean accuracy over the home test, by experiment."""
    return results[results.split == "home"].groupby("experiment").accuracy.mean()


def _head(study: Study, experiment: str) -> npt.NDArray[np.float64]:
    weights = study.weights(experiment)["head.weight"].double().numpy()
    return np.asarray(weights.reshape(len(weights), -1), dtype=np.float64)


def _known(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _simple_results(
    study: Study, cards: Mapping[str, ModelCard], parts: Parts, by_scene: Mapping[str, Json]
) -> pd.DataFrame:
    """Scores of the simple models, `RESULT_COLUMNS`."""
    scenes = study.scenes().set_index("scene_id")
    rows = []
    for scene_id, result in by_scene.items():
        for name, counts in result["simple"].items():
            network, confusion = name.removeprefix(SIMPLE_PREFIX), np.array(counts)
            card, part = cards[network], parts[network][scene_id]
            if part in UNSCORED:
                continue
            rows.append(
                {
                    "variant": PLAIN_VARIANT,
                    "experiment": name,
                    "axis": card.axis,
                    "train_group": card.train_group,
                    "scene_id": scene_id,
                    "test_group": group_of(card.axis, scenes.loc[scene_id, card.axis]),
                    "split": part,
                    "reference": "modis",
                    "pixels": int(confusion.sum()),
                    "accuracy": accuracy(confusion),
                    "confusion": confusion.ravel().tolist(),
                }
            )
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    table = table.astype({"pixels": np.int64, "accuracy": float})
    return _in_order(study, table)


def _pairs(
    study: Study,
    cards: Mapping[str, ModelCard],
    parts: Parts,
    by_scene: Mapping[str, Json],
    scores: pd.DataFrame,
) -> pd.DataFrame:
    """One row a pair: `INDICATOR_COLUMNS` and home_accuracy."""
    scenes = study.scenes().set_index("scene_id")
    rows = []
    for scene_id, result in by_scene.items():
        for name, indicators in result["indicators"].items():
            network = name.removeprefix(SIMPLE_PREFIX)
            card, part = cards[network], parts[network][scene_id]
            if part in (*UNSCORED, "validation"):  # These chose the epoch and flatter it.
                continue
            rows.append(
                {
                    "experiment": name,
                    "kind": kind_of(name),
                    "axis": card.axis,
                    "train_group": card.train_group,
                    "scene_id": scene_id,
                    "test_group": group_of(card.axis, scenes.loc[scene_id, card.axis]),
                    "split": part,
                    **indicators,
                }
            )
    columns = [c for c in INDICATOR_COLUMNS if c not in ("pixels", "accuracy")]
    table = pd.DataFrame(rows, columns=columns)
    table = table.astype(dict.fromkeys(INDICATORS, float))
    known = scores[["experiment", "scene_id", "pixels", "accuracy"]]
    table = table.merge(known, on=["experiment", "scene_id"], how="left")
    table = table.astype({"accuracy": float}).fillna({"pixels": 0}).astype({"pixels": np.int64})
    return _in_order(study, table)


def _in_order(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(forecast_experiments(study))}
    return (
        table.assign(order=table.experiment.map(order))
        .sort_values(["order", "scene_id"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _adaptation(pairs: pd.DataFrame, by_scene: Mapping[str, Json]) -> pd.DataFrame:
    rows = []
    for row in pairs[pairs.kind == "network"].to_dict("records"):
        found = by_scene[row["scene_id"]]["adaptation"].get(row["experiment"])
        if found is None:
            continue
        pixels = found["pixels"]
        share = {
            f"accuracy_{which}": found[which] / pixels if pixels else np.nan
            for which in ("plain", "adapted")
        }
        rows.append(row | share | {"pixels": pixels, "blend": found["blend"]})
    return pd.DataFrame(rows, columns=list(ADAPTATION_COLUMNS))

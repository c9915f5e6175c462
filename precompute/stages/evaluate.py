"""Score every model on every scene that it was not trained on, and keep its label maps.

Scenes that share ground with one that a model was trained on, or that chose its epoch, are not
scored either: they would flatter the model away from home.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError, ConfigurationError
from lcviz.metrics import accuracy
from lcviz.network.loading import has_gpu, weights_digest
from lcviz.study import PLAIN_VARIANT, RESULT_COLUMNS, Study
from lcviz.study.patches import trainable_patches
from lcviz.study.predictions import predicted_scenes, predictions_file
from lcviz.study.records import ModelCard
from lcviz.study.splits import UNSCORED, scene_parts
from lcviz.study.truth import COUNTS, TRUTH_COLUMNS, read_truth_counts, write_truth_counts
from lcviz.taxonomy import EXPERIMENTS, group_of
from precompute.running.stage import (
    console,
    digest,
    finish,
    forget,
    grouped_scenes,
    is_current,
    over_scenes,
    patch_lists,
    scene_digests,
)
from precompute.running.workers import Workers, as_workers
from precompute.stages.label_maps import Predictions, check_room
from precompute.stages.networks import Networks
from precompute.stages.scoring import SceneTask, score_scene


def evaluate(
    study: Study,
    *,
    device: str,
    workers: Workers | int,
    predictions: Predictions | None = None,
) -> None:
    """Write results.parquet and predictions.zarr for the models that are not up to date.

    Each patch is read once and goes through all models at hand.

    Args:
        study: with at least one trained model.
        device: as `lcviz.network.predictor.Predictor` takes it.
        workers: who does the work, as `over_scenes` takes it; where this machine has a GPU and no
            scheduler is named, this process alone, since several would share the GPU's memory.
        predictions: which label maps are kept; None leaves it at what the study has.

    Raises:
        ConfigurationError: no model has been trained yet, or the disk has no room for the maps.
    """
    experiments = (*study.experiments(), *study.experiments_without())
    if not experiments:
        raise ConfigurationError(
            f"No model of {study.path} has been trained. Run first: "
            f"python -m precompute train --study {study.path}"
        )
    digests = scene_digests(study)
    kind = predictions or Predictions((study.stamp("evaluate") or {}).get("kept", "browsable"))
    references = (study.stamp("index") or {}).get("references", {})
    table = study.patches(["patch_id", "scene_id", "status", "browsable"])
    scored = _scored_patches(study, table, references)
    kept_maps = table.browsable | (kind == Predictions.ALL)
    shown = set(table.patch_id[kept_maps & (table.status != "no imagery")])
    cards = {name: study.model(name) for name in experiments}
    scenes = grouped_scenes(study).set_index("scene_id", drop=False)
    parts = {name: scene_parts(card, scenes) for name, card in cards.items()}
    weights = {name: weights_digest(study, name) for name in experiments}
    inputs = {
        name: digest(
            weights[name],
            digests,
            sorted(scored),
            sorted(shown if keeps_maps(name) else ()),
            parts[name].to_dict(),
            references,
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
    if kind == Predictions.ALL:
        check_room(study, len(shown) * len(stale))

    if has_gpu(device) and not (isinstance(workers, Workers) and workers.scheduler):
        workers = 0
    with as_workers(workers) as at_work:
        # Two networks with a thread each are faster than one with two.
        threads = None if at_work.in_this_process else 1
        tasks: dict[str, tuple[str, SceneTask]] = {}
        for scene_id, patches in patch_lists(study).items() if stale else ():
            task = SceneTask(
                networks=Networks(study.path.absolute(), digest(inputs), device, threads),
                patches=patches.only(scored | shown),
                scored=patches.only(scored).all_numbers,
                shown=patches.only(shown).all_numbers,
                experiments=tuple(stale),
                mapped=frozenset(filter(keeps_maps, stale)),
                unscored=frozenset(name for name in stale if parts[name].get(scene_id) in UNSCORED),
            )
            if len(task.patches):
                key = digest(digests.get(scene_id), {name: inputs[name] for name in stale})
                tasks[scene_id] = (key, task)
                _forget_without_maps(study, task)
        scores, failures = over_scenes(study, "evaluate", tasks, score_scene, at_work)

    for reason in (line for score in scores.values() for line in score["left_out"]):
        console.print(f"left out: {reason}", markup=False, soft_wrap=True)
    rows = [
        _row(cards[name], scenes.loc[scene_id], parts[name][scene_id], reference, confusion)
        for scene_id, score in scores.items()
        for reference, found in (("modis", score["confusions"]), ("truth", score["truth"]))
        for name, confusion in found.items()
    ]
    _write_truth(study, rows, scores, [*stale, *orphans])
    kept = results[~results.experiment.isin([*stale, *orphans])]
    fresh = pd.DataFrame(rows, columns=list(RESULT_COLUMNS))
    combined = fresh if kept.empty else pd.concat([kept, fresh])
    order = {name: position for position, name in enumerate(experiments)}
    combined = combined.sort_values("experiment", key=lambda c: c.map(order), kind="stable")
    study.write_results(combined)
    for name in stale:
        scenes_kept = len(predicted_scenes(study, name))
        finish(study, f"evaluate-{name}", inputs[name], failures, predicted_scenes=scenes_kept)
    finish(study, "evaluate", digest(inputs), failures, kept=kind)
    of_truth = int((fresh.reference == "truth").sum())
    console.print(
        f"evaluate: {len(stale)} models, {len(fresh) - of_truth} scores"
        + (f", {of_truth} against the truth" if of_truth else "")
    )
    if left_out := sum(int((parts[name] == "overlapping").sum()) for name in stale):
        pairs = "1 pair" if left_out == 1 else f"{left_out} pairs"
        console.print(
            f"evaluate: {pairs} of model and scene left out: the scene shares ground with one that "
            "the model learned from"
        )


def _scored_patches(study: Study, table: pd.DataFrame, references: Collection[str]) -> set[str]:
    """The patches that count: better labels judge a model also where MODIS has none."""
    judged = table.scene_id.isin(references) & table.status.isin(["ok", "no labels"])
    return set(trainable_patches(study).patch_id) | set(table.patch_id[judged])


def _forget_without_maps(study: Study, task: SceneTask) -> None:
    """Drop the partial result of a scene whose label maps are gone: they are made together."""
    for name in task.mapped if task.shown else ():
        if not predictions_file(study, name, task.patches.scene_id).is_dir():
            forget(study, "evaluate", task.patches.scene_id)


def keeps_maps(experiment: str) -> bool:
    """Whether label maps are kept: of the models that the map shows."""
    return experiment in EXPERIMENTS


def _row(
    card: ModelCard, scene: pd.Series, part: str, reference: str, counts: list[list[int]]
) -> dict[str, Any]:
    confusion = np.array(counts)
    return {
        "variant": PLAIN_VARIANT,
        "experiment": card.experiment,
        "axis": card.axis,
        "train_group": card.train_group,
        "scene_id": scene.name,
        "test_group": group_of(card.axis, scene[card.axis]),
        "split": part,
        "reference": reference,
        "pixels": int(confusion.sum()),
        "accuracy": accuracy(confusion),
        "confusion": confusion.ravel().tolist(),
    }


def _write_truth(
    study: Study,
    rows: Sequence[Mapping[str, Any]],
    scores: Mapping[str, Mapping[str, Any]],
    gone: Collection[str],
) -> None:
    """Put the new counts of who is right in place of those of the models that are `gone`."""
    fresh = [
        {column: row[column] for column in TRUTH_COLUMNS}
        | dict(zip(COUNTS, scores[row["scene_id"]]["counts"][row["experiment"]], strict=True))
        for row in rows
        if row["experiment"] in scores[row["scene_id"]]["counts"] and row["reference"] == "modis"
    ]
    tables = [pd.DataFrame(fresh, columns=[*TRUTH_COLUMNS, *COUNTS])]
    with suppress(ArtefactMissingError, ArtefactDamagedError):
        old = read_truth_counts(study)
        tables.insert(0, old[~old.experiment.isin(gone)])
    write_truth_counts(study, pd.concat([table for table in tables if len(table)] or tables))


def _predictions_are_whole(study: Study, experiment: str) -> bool:
    stamp = study.stamp(f"evaluate-{experiment}") or {}
    return len(predicted_scenes(study, experiment)) == stamp.get("predicted_scenes")


def _kept_results(study: Study) -> pd.DataFrame:
    try:
        return study.results(None)
    except (ArtefactMissingError, ArtefactDamagedError):
        return pd.DataFrame(columns=list(RESULT_COLUMNS))

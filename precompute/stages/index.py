"""Index a dataset: which scenes and patches there are, where, and in which state."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from rich.markup import escape

from lcviz.data.demo_settings import read_demo_settings
from lcviz.data.overlap import overlap_groups
from lcviz.data.reference import find_reference
from lcviz.data.relatives import advice_on
from lcviz.data.scenes import describe_scenes, patch_corners, patch_positions
from lcviz.data.sen12ms import PatchFiles, PatchList, Unexpected, find_scenes, inspect_patch
from lcviz.errors import ArtefactDamagedError, ArtefactMissingError, ConfigurationError
from lcviz.study import PATCH_COLUMNS, Study
from lcviz.study.footprints import FOOTPRINTS, write_footprints
from lcviz.study.records import StudyInfo
from lcviz.words import is_text
from precompute.running.stage import console, digest, finish, is_current, over_scenes
from precompute.running.workers import Workers

VERSION = 3
"""Counted up when the stage writes something else from the same inputs. 2: overlap groups, 3:
footprints."""
MEASURED = tuple(
    c for c in PATCH_COLUMNS if c == "labelled" or c.startswith(("mean_", "fraction_"))
)
"""What the statistics stage fills in; the index leaves it empty, or as it was if unchanged."""


def index(
    data: Path,
    study_path: Path,
    *,
    browsable: int,
    seed: int,
    name: str | None,
    workers: Workers | int,
) -> Study:
    """Write study.json, scenes.parquet, patches.parquet and footprints.parquet.

    Args:
        data: folder in SEN12MS's layout; a partial copy is normal.
        study_path: folder of the study, made if need be.
        browsable: patches a scene whose pictures and predictions are kept for the app.
        seed: chooses the browsable patches.
        name: how the app calls the study; the folder's name if None.
        workers: who does the work, as `over_scenes` takes it.

    Raises:
        ConfigurationError: the path of `data` is no UTF-8.
        DatasetNotFoundError: `data` is no folder in SEN12MS's layout.
        LcvizError: none of its scenes can be read.
    """
    unexpected: list[Unexpected] = []
    by_scene = {patches.scene_id: patches for patches in find_scenes(data, unexpected)}
    for path, reason in unexpected[:5]:
        console.print(f"passed over: {path} ({reason})", markup=False)
    if len(unexpected) > 5:
        console.print(f"passed over: {len(unexpected) - 5} more; see `precompute check`")
    for advice in advice_on(path.name for path, _ in unexpected):
        console.print(f"[yellow]warning:[/] {escape(advice)}", soft_wrap=True)
    digests = {scene_id: _scene_digest(patches.files()) for scene_id, patches in by_scene.items()}
    descriptions = describe_scenes(
        data, (patch for patches in by_scene.values() for patch in patches.files())
    )

    demo = read_demo_settings(data)
    # A relative path is kept relative, so that a study can move together with its dataset.
    kept = str(data) if data.is_absolute() else os.path.relpath(data, study_path)
    if not is_text(kept):
        raise ConfigurationError(
            f"The path of the dataset, {kept!r}, is no UTF-8, and a study could not name it. "
            "Rename the folder, or make a link to it of another name, and index that"
        )
    info = StudyInfo(
        name=name or study_path.absolute().name.encode(errors="replace").decode(),
        kind="sen12ms" if demo is None else "demo",
        data=kept,
        seed=seed,
        data_digest=digest(digests),
        demo=demo,
    )
    study = Study.create(study_path, info)
    better = {scene_id: find_reference(patches) for scene_id, patches in by_scene.items()}
    references = {
        scene_id: digest(stamp, each.in_words) if each.sensor != "truth" else digest(stamp)
        for scene_id, each in better.items()
        if each is not None and (stamp := each.stamp)
    }
    legends = sorted({each.in_words for each in better.values() if each is not None})
    inputs = digest(digests, descriptions.to_json(), browsable, seed, VERSION, references)
    tables = (study.path / name for name in ("scenes.parquet", "patches.parquet", FOOTPRINTS))
    if is_current(study, "index", inputs, whole=all(table.is_file() for table in tables)):
        return study

    tasks = {
        scene_id: (
            digest(digests[scene_id], browsable, seed, VERSION),
            (replace(patches, root=data.absolute()), browsable, seed),
        )
        for scene_id, patches in by_scene.items()
    }
    indexed, failures = over_scenes(study, "index", tasks, _index_scene, workers)
    # A scene that failed is not in the study before it has been tried again.
    digests = {scene_id: digests[scene_id] for scene_id in indexed}
    descriptions = descriptions[descriptions.scene_id.isin(indexed)]
    table = pd.concat([pd.DataFrame(columns) for columns in indexed.values()], ignore_index=True)
    continents = descriptions.set_index("scene_id").continent
    table["continent"] = table.scene_id.map(continents)
    write_footprints(study, table, np.array(table.pop("corners").tolist(), np.float64))
    study.write_patches(_keep_measurements(study, table, digests))
    groups = overlap_groups(descriptions, table)
    study.write_scenes(descriptions.assign(overlap_group=descriptions.scene_id.map(groups)))
    finish(study, "index", inputs, failures, scenes=digests, references=references, legends=legends)
    console.print(
        f"index: {len(indexed)} scenes, {len(table)} patches; "
        + ", ".join(f"{count} {status}" for status, count in _statuses(table).items())
    )
    if references:
        console.print(
            f"index: better labels than MODIS's in {len(references)} scenes: {'. '.join(legends)}",
            soft_wrap=True,
        )
    if shared := int(groups.duplicated(keep=False).sum()):
        console.print(
            f"index: {shared} scenes share ground with another; they stay together in every split"
        )
    return study


def _scene_digest(patches: list[PatchFiles]) -> str:
    """Fingerprint of a scene's files: names, sizes and times of change.

    Contents are not read: for the whole of SEN12MS that would take as long as all other stages.
    """
    files = []
    for patch in patches:
        for sensor, path in patch.files.items():
            try:
                stat = path.stat()
                files.append((patch.number, sensor, stat.st_size, stat.st_mtime_ns))
            except OSError as error:
                files.append((patch.number, sensor, -1, error.errno or 0))
    return digest(files)


def _index_scene(task: tuple[PatchList, int, int]) -> dict[str, list[Any]]:
    """The columns of a scene's part of patches.parquet, and its patches' places on their grid."""
    found, browsable, seed = task
    patches = found.files()
    statuses = [inspect_patch(patch) for patch in patches]
    places = patch_positions(patches)
    chosen = _choose_browsable(patches, statuses, browsable, seed)
    return {
        "patch_id": [patch.patch_id for patch in patches],
        "scene_id": [patch.scene_id for patch in patches],
        "season": [patch.season for patch in patches],
        "longitude": places.longitudes.tolist(),
        "latitude": places.latitudes.tolist(),
        "easting": places.eastings.tolist(),
        "northing": places.northings.tolist(),
        "crs": list(places.crs),
        "status": statuses,
        "browsable": [patch.patch_id in chosen for patch in patches],
        "corners": patch_corners(patches).tolist(),
    }


def _choose_browsable(
    patches: list[PatchFiles], statuses: list[str], count: int, seed: int
) -> set[str]:
    """A seeded choice among the patches that can be shown, whole ones first."""
    rng = np.random.default_rng([seed, crc32(patches[0].scene_id.encode())])
    order = {"ok": 0, "no labels": 1, "no imagery": 2}
    ranked = sorted(
        (order[status], rng.random(), patch.patch_id)
        for patch, status in zip(patches, statuses, strict=True)
        if status in order
    )
    return {patch_id for _, _, patch_id in ranked[:count]}


def _keep_measurements(study: Study, table: pd.DataFrame, digests: dict[str, str]) -> pd.DataFrame:
    """Take over what the statistics stage measured in scenes that have not changed since."""
    measured = pd.DataFrame(columns=["patch_id", "status", *MEASURED])
    try:
        before = (study.stamp("index") or {}).get("scenes", {})
        old = study.patches()
        unchanged = old.scene_id.map(lambda scene_id: before.get(scene_id) == digests.get(scene_id))
        measured = old.loc[unchanged & old.labelled.notna(), ["patch_id", "status", *MEASURED]]
    except (ArtefactMissingError, ArtefactDamagedError):
        pass
    merged = table.merge(measured, on="patch_id", how="left", suffixes=("", "_measured"))
    merged["status"] = merged.status_measured.fillna(merged.status)
    merged["labelled"] = merged.labelled.astype("Int64")
    floats = [column for column in MEASURED if column != "labelled"]
    return merged.astype(dict.fromkeys(floats, "float64"))


def _statuses(table: pd.DataFrame) -> dict[str, int]:
    return table.status.str.partition(":")[0].value_counts().to_dict()

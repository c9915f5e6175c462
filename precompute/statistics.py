"""Measure every patch once: labelled pixels, class fractions, band means."""

from typing import Any

import numpy as np

from lcviz.errors import PatchDamagedError
from lcviz.metrics import class_shares
from lcviz.sen12ms import PatchFiles, read_labels, read_s2
from lcviz.study import Study
from lcviz.taxonomy import BANDS, CLASSES
from precompute.stage import (
    console,
    digest,
    finish,
    is_current,
    over_scenes,
    patches_by_scene,
    scene_digests,
)


def statistics(study: Study, *, workers: int) -> None:
    """Fill in the measured columns of patches.parquet, for the scenes where they are missing.

    A patch that turns out to be damaged is recorded as such, and the run goes on.
    """
    digests = scene_digests(study)
    inputs = digest(digests)
    table = study.patches()
    missing = set(table.scene_id[table.labelled.isna()])
    if is_current(study, "statistics", inputs, whole=not missing):
        return
    files = patches_by_scene(study)
    # A scene that vanished after the index is left as it is: unmeasured.
    tasks = {
        scene_id: (digests[scene_id], members)
        for scene_id, members in files.items()
        if scene_id in missing
    }
    measured = over_scenes(study, "statistics", tasks, _measure_scene, workers)
    rows = {row["patch_id"]: row for scene_rows in measured.values() for row in scene_rows}
    table = table.set_index("patch_id")
    for column in ("status", "labelled", *_MEANS, *_FRACTIONS):
        values = {
            patch_id: row[column]
            for patch_id, row in rows.items()
            if patch_id in table.index and row.get(column) is not None
        }
        table.loc[list(values), column] = list(values.values())
    study.write_patches(table.reset_index())
    finish(study, "statistics", inputs)
    damaged = table.status.str.startswith("damaged").sum()
    console.print(f"statistics: {len(rows)} patches measured, {damaged} damaged in all")


_MEANS = [f"mean_{band}" for band in BANDS]
_FRACTIONS = [f"fraction_{index}" for index in range(len(CLASSES))]


def _measure_scene(patches: list[PatchFiles]) -> list[dict[str, Any]]:
    return [_measure(patch) for patch in patches]


def _measure(patch: PatchFiles) -> dict[str, Any]:
    """Measurements of one patch; no entry where there is nothing to measure."""
    row: dict[str, Any] = {"patch_id": patch.patch_id, "labelled": 0}
    try:
        if patch.s2 is not None:
            image = read_s2(patch.s2)
            if image.valid.any():
                means = image.values[:, image.valid].mean(axis=1, dtype=np.float64)
                row |= dict(zip(_MEANS, means.tolist(), strict=True))
        if patch.lc is not None:
            labels = read_labels(patch.lc)
            row["labelled"] = int(labels.valid.sum())
            shares = class_shares(labels.values)
            if shares is not None:
                row |= dict(zip(_FRACTIONS, shares.tolist(), strict=True))
    except PatchDamagedError as error:
        file = patch.s2 if patch.lc is None else patch.lc
        folder = "" if file is None else f"{file.parent.parent}/"
        row["status"] = f"damaged: {str(error).replace(folder, '')}"
    return row

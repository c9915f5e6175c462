"""Measure every patch in one exact pass: counts of every DN, band means, labels, quality.

Nothing else ever reads the imagery for its numbers: densities, distances and landscapes derive
from what is kept here. A scene's counts are written as soon as it is measured and add up in any
order, so that a run can be stopped, and work on several processes.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lcviz.data.histograms import DN_VALUES, Counts, Histograms, add_scenes
from lcviz.data.patchfile import read_bands
from lcviz.data.sen12ms import LAND_USE_BAND, PatchFiles, PatchList
from lcviz.distributions.distances import density, density_grid
from lcviz.errors import (
    ArtefactDamagedError,
    ArtefactMissingError,
    PatchDamagedError,
    PatchVanishedError,
)
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.statistics import (
    DENSITY_COLUMNS,
    QUALITY_COLUMNS,
    has_statistics,
    read_quality,
    read_scene_histogram,
    remove_scene_histograms,
    scene_histogram_inputs,
    write_densities,
    write_histograms,
    write_quality,
    write_scene_histogram,
)
from lcviz.taxonomy import (
    AXES,
    BANDS,
    CLASSES,
    NO_LABEL,
    S2_BAND_INDEXES,
    consolidate_land_use,
    split_scene_id,
)
from precompute.running.stage import (
    console,
    digest,
    finish,
    forget,
    is_current,
    over_scenes,
    patch_lists,
    scene_digests,
)
from precompute.running.workers import Workers

_PLACES = {"s2": S2_BAND_INDEXES, "lc": (LAND_USE_BAND,), "s1": (1, 2)}
_CLASS_OF_CODE = consolidate_land_use(np.arange(256, dtype=np.uint8))
_QUALITY = list(QUALITY_COLUMNS[1:])
_COLUMNS = ("patch_id", "status", "labelled", *MEANS, *FRACTIONS, *_QUALITY)


def statistics(study: Study, *, workers: Workers | int) -> None:
    """Measure the scenes that changed, or are not measured; add up all.

    Fills in the measured columns of patches.parquet and writes histograms.zarr, densities.parquet
    and quality.parquet. A patch that turns out to be damaged is recorded as such and left out of
    everything, and the run goes on.
    """
    digests = scene_digests(study)
    continents = _continents(study)
    inputs = digest(digests, continents)
    table = study.patches()
    quality = _kept_quality(study)
    counted = {
        scene_id
        for scene_id, fingerprint in digests.items()
        if scene_histogram_inputs(study, scene_id) == fingerprint
    }
    missing = set(table.scene_id[table.labelled.isna() | ~table.patch_id.isin(quality.patch_id)])
    missing |= set(table.scene_id) - counted
    if is_current(study, "statistics", inputs, whole=not missing and has_statistics(study)):
        return
    # A scene that vanished after the index is left as it is: unmeasured.
    tasks = {}
    for scene_id, patches in patch_lists(study).items() if missing else ():
        if scene_id in missing and scene_id in digests:
            fingerprint = digests[scene_id]
            tasks[scene_id] = (fingerprint, (study.path.absolute(), fingerprint, patches))
            if scene_id not in counted:
                forget(study, "statistics", scene_id)
    measured, failures = over_scenes(study, "statistics", tasks, _measure_scene, workers)
    rows = pd.DataFrame(
        {
            column: [value for columns in measured.values() for value in columns[column]]
            for column in _COLUMNS
        }
    ).astype({"patch_id": "str"} | dict.fromkeys(_QUALITY, "Int64"))
    table = _filled(table, rows)
    study.write_patches(table)
    kept = quality[~quality.patch_id.isin(rows.patch_id)]
    quality = pd.concat([kept, rows[list(QUALITY_COLUMNS)]])
    write_quality(study, table[["patch_id"]].merge(quality, on="patch_id"))

    remove_scene_histograms(study, keep=digests)
    histograms = _add_up(study, continents, digests)
    write_histograms(study, histograms)
    write_densities(study, _densities(histograms))
    finish(study, "statistics", inputs, failures)
    damaged = table.status.str.startswith("damaged").sum()
    console.print(f"statistics: {len(rows)} patches measured, {damaged} damaged in all")


def _continents(study: Study) -> dict[str, str | None]:
    scenes = study.scenes()
    known = scenes.continent.astype(object).where(scenes.continent.notna(), None)
    return dict(zip(scenes.scene_id, known, strict=True))


def _kept_quality(study: Study) -> pd.DataFrame:
    try:
        return read_quality(study)
    except (ArtefactMissingError, ArtefactDamagedError):
        types = {"patch_id": "str"} | dict.fromkeys(_QUALITY, "Int64")
        return pd.DataFrame(columns=list(QUALITY_COLUMNS)).astype(types)


def _filled(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """patches.parquet's table with the measured rows in it; what is damaged has no measurement."""
    table, rows = table.set_index("patch_id"), rows.set_index("patch_id")
    rows = rows[rows.index.isin(table.index)]
    columns = ["labelled", *MEANS, *FRACTIONS]
    table.loc[rows.index, columns] = rows[columns].astype(table[columns].dtypes)
    damaged = rows.status.dropna()
    table.loc[damaged.index, "status"] = damaged
    return table.reset_index()


def _measure_scene(task: tuple[Path, str, PatchList]) -> dict[str, list[Any]]:
    """Measurements of a scene's patches, column by column; its counts go into the study."""
    path, fingerprint, patches = task
    counts = np.zeros((len(BANDS), DN_VALUES), np.int64)
    rows = [_measure(patch, counts) for patch in patches.files()]
    write_scene_histogram(Study.open(path), patches.scene_id, counts, fingerprint)
    return {column: [row.get(column) for row in rows] for column in _COLUMNS}


def _measure(patch: PatchFiles, counts: Counts) -> dict[str, Any]:
    """Measurements of one patch, no entry where there is nothing to measure; counts its pixels."""
    from lcviz.data.counting import count_codes, count_image, count_sar  # noqa: PLC0415 - numba is slow

    row: dict[str, Any] = {"patch_id": patch.patch_id, "labelled": 0}
    try:
        # What `read_s2` and its like make besides takes as long as the counting.
        bands = {
            sensor: read_bands(file, sensor, _PLACES[sensor])[0]
            for sensor, file in patch.files.items()
        }
    except PatchVanishedError:
        raise
    except PatchDamagedError as error:
        folder = f"{next(iter(patch.files.values())).parent.parent}/"
        return row | {"status": f"damaged: {str(error).replace(folder, '')}"}
    if "s2" in bands:
        found = count_image(bands["s2"], counts)
        row["s2_zero"] = bands["s2"][0].size - found.valid
        row["s2_saturated"], row["s2_cloud_suspect"] = found.saturated, found.cloud_suspect
        if found.valid:
            row |= dict(zip(MEANS, (found.sums / found.valid).tolist(), strict=True))
    if "lc" in bands:
        codes = count_codes(bands["lc"])
        classes = np.bincount(_CLASS_OF_CODE, codes, NO_LABEL + 1)[: len(CLASSES)]
        row["labelled"] = int(classes.sum())
        if row["labelled"]:
            row |= dict(zip(FRACTIONS, (classes / classes.sum()).tolist(), strict=True))
    if "s1" in bands:
        row["s1_nan"], row["s1_zero"] = count_sar(bands["s1"])
    return row


def _add_up(study: Study, continents: dict[str, str | None], digests: dict[str, str]) -> Histograms:
    """The sums of the scenes whose counts are there, and of the files as they are."""
    return add_scenes(
        (split_scene_id(scene_id)[1], continent, read_scene_histogram(study, scene_id))
        for scene_id, continent in continents.items()
        if scene_histogram_inputs(study, scene_id) == digests.get(scene_id, "")
    )


def _densities(histograms: Histograms) -> pd.DataFrame:
    """One row each axis, group, band and DN; a band has the same DN for all groups."""
    tables = []
    together = histograms.counts.sum(axis=0)
    for axis in AXES:
        for group, counts in histograms.by(axis).items():
            for band, name in enumerate(BANDS):
                dn, values = density(counts[band], grid=density_grid(together[band]))
                columns = (axis, group, name, dn, values)
                tables.append(pd.DataFrame(dict(zip(DENSITY_COLUMNS, columns, strict=True))))
    return pd.concat(tables) if tables else pd.DataFrame(columns=list(DENSITY_COLUMNS))

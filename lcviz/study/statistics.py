"""What the statistics stage keeps beside patches.parquet: counts, densities, quality.

`histograms.zarr` holds an array for each scene, `scenes/<scene id>` (10, DNs), and their sums,
`groups` (season x continent, 10, DNs): int64, column = DN, without the columns beyond the last
that is not zero.
"""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from lcviz.atomic import atomic_path
from lcviz.data.histograms import Counts, Histograms, trimmed
from lcviz.errors import ArtefactDamagedError
from lcviz.study.records import read_json, reading
from lcviz.study.study import Study
from lcviz.taxonomy import BANDS

DENSITY_COLUMNS: Final = ("axis", "group", "band", "dn", "density")
QUALITY_COLUMNS: Final = (
    "patch_id",
    "s2_zero",
    "s2_saturated",
    "s2_cloud_suspect",
    "s1_nan",
    "s1_zero",
)
_STAGE: Final = "statistics"


def read_histograms(study: Study) -> Histograms:
    """Counts of each season x continent.

    Raises:
        ArtefactMissingError: the statistics stage has not been run, or by an older lcviz.
        ArtefactDamagedError: they cannot be read.
    """
    counts, attributes = _read(study, _store(study) / "groups")
    with reading(_store(study) / "groups"):
        seasons, continents = tuple(attributes["seasons"]), tuple(attributes["continents"])
        if not len(seasons) == len(continents) == len(counts):
            raise ValueError(f"{len(counts)} rows, {len(seasons)} seasons")
    return Histograms(seasons, continents, counts)


def read_scene_histogram(study: Study, scene_id: str) -> Counts:
    """Counts of one scene, int64 (10, DNs).

    Raises:
        ArtefactMissingError: the statistics stage has not been run for this scene.
        ArtefactDamagedError: they cannot be read.
    """
    return _read(study, _scene_file(study, scene_id))[0]


def read_quality(study: Study) -> pd.DataFrame:
    """How many pixels of each patch are doubtful, columns `QUALITY_COLUMNS`, Int64.

    `s2_zero`: no data, zero in all ten bands; `s2_saturated`: 65535 in at least one;
    `s2_cloud_suspect`: see `counting`; `s1_nan`: no number in VV or VH; `s1_zero`: exactly zero in
    both. Missing where there is no such file, or the patch is damaged.
    """
    return study.read_table("quality.parquet", QUALITY_COLUMNS, _STAGE)


def read_densities(study: Study) -> pd.DataFrame:
    """What `write_densities` kept, `DENSITY_COLUMNS`.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    return study.read_table("densities.parquet", DENSITY_COLUMNS, _STAGE)


def write_histograms(study: Study, histograms: Histograms) -> None:
    """Replace the sums."""
    attributes = {"seasons": histograms.seasons, "continents": histograms.continents}
    _write(study, _store(study) / "groups", histograms.counts, attributes)


def write_scene_histogram(study: Study, scene_id: str, counts: Counts, inputs: str) -> None:
    """Replace the counts of one scene; `inputs` is the fingerprint of what they were made from."""
    _write(study, _scene_file(study, scene_id), counts, {"inputs": inputs})


def write_densities(study: Study, densities: pd.DataFrame) -> None:
    """Replace densities.parquet: at Scott's bandwidth, `DENSITY_COLUMNS`, in taxonomy order.

    `dn` is the same whole DN for all groups of a band, `density` is per DN. It is for print and
    for other programs: the app makes a density of any bandwidth from the counts.
    """
    study.write_table("densities.parquet", densities, DENSITY_COLUMNS)


def write_quality(study: Study, quality: pd.DataFrame) -> None:
    """Replace quality.parquet."""
    study.write_table("quality.parquet", quality, QUALITY_COLUMNS)


def scene_histogram_inputs(study: Study, scene_id: str) -> str | None:
    """Fingerprint of what a scene's counts were made from; None where there are no whole ones."""
    try:
        attributes = read_json(_scene_file(study, scene_id) / "zarr.json").get("attributes", {})
    except ArtefactDamagedError:
        return None
    return attributes.get("inputs") if isinstance(attributes, dict) else None


def remove_scene_histograms(study: Study, keep: Collection[str]) -> None:
    """Delete the counts of all scenes but those in `keep`."""
    for file in (_store(study) / "scenes").glob("ROIs*"):
        if file.name not in keep:
            shutil.rmtree(file)


def has_statistics(study: Study) -> bool:
    """Whether the sums, the densities and the quality table are all there."""
    files = (_store(study) / "groups", study.path / "densities.parquet")
    return all(file.exists() for file in (*files, study.path / "quality.parquet"))


def _store(study: Study) -> Path:
    return study.path / "histograms.zarr"


def _scene_file(study: Study, scene_id: str) -> Path:
    return _store(study) / "scenes" / scene_id


def _read(study: Study, file: Path) -> tuple[Counts, dict[str, Any]]:
    import zarr  # noqa: PLC0415 - takes a quarter of a second, which most pages do not need

    if not file.is_dir():
        raise study.missing(file, _STAGE)
    with reading(file):
        array = zarr.open_array(file, mode="r")
        counts = np.asarray(array[...])
        if counts.dtype != np.int64 or counts.ndim < 2 or counts.shape[-2] != len(BANDS):
            raise ValueError(f"it is {counts.shape} {counts.dtype}, no counts of ten bands")
        return counts, dict(array.attrs)


def _write(study: Study, file: Path, counts: Counts, attributes: dict[str, Any]) -> None:
    import zarr  # noqa: PLC0415
    from zarr.codecs import BloscCodec  # noqa: PLC0415

    for group in (_store(study), _store(study) / "scenes"):
        zarr.open_group(group, mode="a")
    counts = trimmed(counts)
    with atomic_path(file) as temporary:
        zarr.create_array(
            temporary,
            data=counts,
            chunks=(*(1 for _ in counts.shape[:-2]), *counts.shape[-2:]),
            compressors=BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
            attributes=attributes,
        )

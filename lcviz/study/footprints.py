"""Where every patch lies, as GeoParquet: for QGIS, geopandas and whatever else reads it."""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.atomic import atomic_path
from lcviz.study.records import reading
from lcviz.study.study import Study

if TYPE_CHECKING:
    import geopandas

FOOTPRINTS: Final = "footprints.parquet"
FOOTPRINT_COLUMNS: Final = ("patch_id", "scene_id", "season", "continent", "status")


def write_footprints(study: Study, patches: pd.DataFrame, corners: npt.NDArray[np.float64]) -> None:
    """Write the patches with their footprints.

    Args:
        study: the study.
        patches: `FOOTPRINT_COLUMNS`, one row a patch.
        corners: as `data.scenes.patch_corners` gives them, in the order of `patches`; a patch
            whose place is not known has no geometry.
    """
    import geopandas  # noqa: PLC0415 - the app starts without it
    import shapely  # noqa: PLC0415

    known = np.isfinite(corners).all(axis=(1, 2))
    outlines = np.full(len(patches), None, dtype=object)
    outlines[known] = shapely.polygons(corners[known])
    table = patches.loc[:, list(FOOTPRINT_COLUMNS)].reset_index(drop=True)
    table["continent"] = table.continent.astype("string")
    frame = geopandas.GeoDataFrame(table, geometry=outlines, crs="EPSG:4326")
    with atomic_path(study.path / FOOTPRINTS) as temporary:
        frame.to_parquet(temporary, index=False, write_covering_bbox=True)


def read_footprints(study: Study, scene_id: str | None = None) -> "geopandas.GeoDataFrame":
    """`FOOTPRINT_COLUMNS` and geometry, one row a patch, in longitude and latitude (WGS 84).

    Args:
        study: the study.
        scene_id: whose patches are read; None for all.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    import geopandas  # noqa: PLC0415 - the app starts without it

    file = study.path / FOOTPRINTS
    if not file.is_file():
        raise study.missing(file, "index")
    with reading(file):
        return geopandas.read_parquet(
            file,
            columns=[*FOOTPRINT_COLUMNS, "geometry"],
            filters=None if scene_id is None else [("scene_id", "==", scene_id)],
        )

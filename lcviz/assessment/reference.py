"""A raster of labels of the same ground: every pixel of the map is compared, none is sampled."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from lcviz.assessment.class_map import ClassMap
from lcviz.assessment.estimators import Assessment
from lcviz.assessment.intervals import NOTHING, Estimate
from lcviz.assessment.measurement import Measurement, said_of
from lcviz.crosswalk import Level, common_level
from lcviz.errors import RasterError

_PIXELS = 8_000_000


def measure_by_raster(
    of_map: ClassMap, labels: ClassMap, progress: Callable[[float], None] | None = None
) -> Measurement:
    """Compare a map with a raster of labels, at each pixel of the map that has both.

    What comes out is no estimate: all of it was compared, and nothing is uncertain but the labels.

    Raises:
        RasterError: the two do not share any ground with classes.
        ConfigurationError: their schemes have no class in common.
    """
    level = common_level(of_map.scheme, labels.scheme)
    counts = census(of_map, labels, level, progress)
    remarks = said_of(level, of_map.scheme, labels.scheme)
    remarks.append(
        f"Each pixel of the map ({_side(of_map)}) was compared with the label that lies there "
        f"({_side(labels)}). No interval is needed; errors of the labels count as the map's."
    )
    total, right = counts.sum(), np.diag(counts)
    groups = range(len(level.groups))
    found = Assessment(
        overall=_exact(right.sum(), total),
        users={k: _exact(right[k], counts[:, k].sum()) for k in groups},
        producers={k: _exact(right[k], counts[k].sum()) for k in groups},
        area={k: _exact(counts[k].sum(), total) for k in groups},
        matrix=counts / total,
        n=int(total),
        unsampled=(),
    )
    return Measurement(
        basis="census",
        level=level,
        assessment=found,
        agree=int(right.sum()),
        used=int(total),
        unlabelled=0,
        planned=None,
        remarks=tuple(remarks),
    )


def _exact(part: int, whole: int) -> Estimate:
    if not whole:
        return NOTHING
    share = float(part / whole)
    return Estimate(share, 0.0, share, share, int(whole))


def _side(raster: ClassMap) -> str:
    across = abs(raster.dataset.transform.a)
    unit = "degrees" if raster.dataset.crs.is_geographic else raster.dataset.crs.linear_units
    return f"{across:g} {unit}"


def census(
    of_map: ClassMap,
    labels: ClassMap,
    level: Level,
    progress: Callable[[float], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Count all pixels of a map by (label, mapped class).

    Args:
        of_map: the map.
        labels: raster of labels; it is brought to the map's grid, nearest neighbour.
        level: at which the two are compared.
        progress: told the share that is done.

    Returns:
        (groups, groups) int64, rows = label, columns = map. Pixels that either has no class for
        are in none.

    Raises:
        RasterError: the two do not share any ground with classes.
    """
    groups = len(level.groups)
    counts = np.zeros((groups, groups), np.int64)
    height, width = of_map.dataset.shape
    grid = {"crs": of_map.dataset.crs, "transform": of_map.dataset.transform}
    step = max(of_map.block_rows, _PIXELS // width // of_map.block_rows * of_map.block_rows)
    with WarpedVRT(
        labels.dataset, height=height, width=width, resampling=Resampling.nearest, **grid
    ) as warped:
        on_grid = ClassMap(labels.file, warped, labels.scheme)
        for start in range(0, height, step):
            rows = slice(start, min(start + step, height))
            mapped = level.of_map(of_map.codes(rows).astype(np.int64)).ravel()
            label = level.of_labels(on_grid.codes(rows).astype(np.int64)).ravel()
            both = (mapped >= 0) & (label >= 0)
            pairs = label[both] * groups + mapped[both]
            counts += np.bincount(pairs, minlength=groups**2).reshape(groups, groups)
            if progress is not None:
                progress(rows.stop / height)
    if not counts.any():
        raise RasterError(
            f"{labels.file.name} and {of_map.file.name} share no ground with classes. Do they lie "
            "at the same place, and do the schemes name their legends?"
        )
    return counts

"""A raster of labels of the same ground: all pixels of a map are compared, or those of a sample."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from lcviz.assessment.class_map import NO_PIXEL, ClassMap
from lcviz.assessment.estimators import Assessment
from lcviz.assessment.intervals import NOTHING, Estimate
from lcviz.assessment.journal import Entry
from lcviz.assessment.measurement import Measurement, said_of
from lcviz.assessment.points import Points
from lcviz.crosswalk import Level, common_level
from lcviz.errors import RasterError
from lcviz.rasters.areas import pixel_area

_PIXELS: Final = 8_000_000
_COARSER: Final = 1.5


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
        "Each pixel of the map was compared with the label that lies there. "
        f"{support(of_map, labels)} No interval is needed; errors of the labels count as the map's."
    )
    total, right = counts.sum(), np.diag(counts)
    areas = of_map.row_areas
    alike = areas is not None and bool(np.ptp(areas) == 0)
    if areas is not None and not alike:
        remarks.append(
            "The map's pixels differ in area from row to row: shares are of pixels, and there are "
            "no hectares. Points (--points) give them, or a map in an equal-area projection."
        )
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
        hectares=total * float(areas[0]) / 1e4 if areas is not None and alike else None,
        remarks=tuple(remarks),
    )


def _exact(part: int, whole: int) -> Estimate:
    if not whole:
        return NOTHING
    share = float(part / whole)
    return Estimate(share, 0.0, share, share, int(whole))


def support(of_map: ClassMap, labels: ClassMap) -> str:
    """What ground a pixel of the map stands for, and what ground a label."""
    sides = [_side(of_map), _side(labels)]
    said = [f"{side:.3g} m" if side else "an unknown length" for side in sides]
    sentence = f"A pixel of the map is {said[0]} wide, a label {said[1]}."
    if sides[0] and sides[1] and sides[1] > _COARSER * sides[0]:
        sentence += (
            " A label says what covers most of its ground; where land is smaller than that, map "
            "and label differ and both may be right."
        )
    return sentence


def _side(raster: ClassMap) -> float | None:
    height, width = raster.dataset.shape
    area = pixel_area(raster.box, Window(0, 0, width, height))
    return None if area is None else float(np.sqrt(area))


def labels_at(
    points: Points, labels: ClassMap
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.object_]]:
    """Codes of a raster of labels at points, and which of its pixels each was read from.

    Args:
        points: with longitude and latitude.
        labels: the raster.

    Returns:
        Codes (n,), `NO_PIXEL` where there is none, and "row, column" of the raster (n,).
    """
    table = points.table
    rows, columns = labels.pixels_of(
        table.longitude.to_numpy(np.float64), table.latitude.to_numpy(np.float64)
    )
    ground = np.array([f"{r}, {c}" for r, c in zip(rows, columns, strict=True)], dtype=object)
    return labels.at(rows, columns), ground


def labelled_by(points: Points, label: str, labels: ClassMap, of_map: ClassMap) -> Points:
    """Points with the labels that a raster has there.

    Args:
        points: the points.
        label: column that the labels are put into, in place of what it holds.
        labels: the raster.
        of_map: the map that is measured with them.
    """
    codes, ground = labels_at(points, labels)
    known = codes != NO_PIXEL
    given = pd.array(np.where(known, codes, 0), dtype="Int64")
    given[~known] = pd.NA
    table = points.table.assign(**{label: given, "ground": ground})
    said = [f"Labels are those of {labels.file.name}. {support(of_map, labels)}"]
    if not known.all():
        said.append(f"{int((~known).sum())} points have no label there.")
    return replace(points, table=table, remarks=(*points.remarks, *said))


def entries_of(sample: Points, labels: ClassMap, labeller: str) -> list[Entry]:
    """Labels of a raster for the points of a sample, where it has any.

    Args:
        sample: with `sample_id`.
        labels: the raster.
        labeller: under whose name they are kept.
    """
    names = {code: each.name for code, each in labels.scheme.classes.items()}
    codes, grounds = labels_at(sample, labels)
    return [
        Entry(int(number), labeller, names[int(code)], ground=str(ground))
        for number, code, ground in zip(sample.table.sample_id, codes, grounds, strict=True)
        if int(code) in names
    ]


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

"""How much ground the pixels of a map cover, row by row: in degrees, rows differ."""

from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from lcviz.georeference import GeoBox
from lcviz.rasters.areas import pixel_area

Floats = npt.NDArray[np.float64]
_KNOTS: Final = 257
_ALIKE: Final = 0.01
"""Pixels of one row whose areas differ by less are taken as equal."""


def row_areas(box: GeoBox) -> Floats | None:
    """Area of the pixels of each row, (rows,) float64, m².

    In between some rows they are interpolated, which errs by less than a millionth in degrees.

    Returns:
        None where the map does not say it, or where pixels of one row differ too: on a turned
        map in degrees, say.
    """
    rows, columns = box.shape
    knots = np.unique(np.linspace(0, rows - 1, min(rows, _KNOTS)).round().astype(np.int64))
    found = [_area(box, row, columns // 2) for row in knots]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    corners = [(row, column) for row in (0, rows - 1) for column in (0, columns - 1)]
    for row, column in corners:
        area = _area(box, row, column)
        if area is None or abs(area / known[0 if row == 0 else -1] - 1) > _ALIKE:
            return None
    return np.interp(np.arange(rows), knots, known)


def _area(box: GeoBox, row: int, column: int) -> float | None:
    return pixel_area(box, Window(column, row, 1, 1))

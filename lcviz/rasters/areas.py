"""How much ground each class covers in a class map."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.taxonomy import CLASSES

AREA_COLUMNS = ("class", "pixels", "hectares", "percent")


def count_classes(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Pixels of each class in a map of class indexes; 255 is not counted. Int64 (classes,)."""
    return np.bincount(classes.ravel(), minlength=256)[: len(CLASSES)].astype(np.int64)


def areas(
    pixels: npt.NDArray[np.int64], area: float | npt.NDArray[np.float64] | None
) -> pd.DataFrame:
    """Areas of the classes.

    Args:
        pixels: pixels of each class (classes,), int64.
        area: m² of one pixel, or m² of each class where pixels differ (classes,), or None where
            the raster does not say.

    Returns:
        Columns `AREA_COLUMNS`, one row a class in the order of `CLASSES`: name, pixels, hectares
        (NaN where `area` is None) and per cent of the pixels that have a class (NaN without any).
    """
    if area is None:
        hectares = np.full(len(CLASSES), np.nan)
    else:
        squares = np.asarray(area, dtype=np.float64)
        hectares = (squares if squares.ndim else pixels * squares) / 1e4
    total = pixels.sum()
    percent = 100 * pixels / total if total else np.full(len(CLASSES), np.nan)
    return pd.DataFrame(
        {"class": CLASSES, "pixels": pixels, "hectares": hectares, "percent": percent},
        columns=list(AREA_COLUMNS),
    )

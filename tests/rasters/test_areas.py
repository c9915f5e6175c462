import numpy as np
import pytest

from lcviz.rasters.areas import AREA_COLUMNS, areas, count_classes
from lcviz.taxonomy import CLASSES


def test_areas_by_hand():
    classes = np.array([[0, 0, 7], [255, 7, 7]], np.uint8)
    pixels = count_classes(classes)
    assert pixels.tolist() == [2, 0, 0, 0, 0, 0, 0, 3]
    table = areas(pixels, 100.0)
    assert tuple(table.columns) == AREA_COLUMNS
    assert tuple(table["class"]) == CLASSES
    assert table.hectares.iloc[[0, 7]].tolist() == pytest.approx([0.02, 0.03])
    assert table.percent.iloc[[0, 1, 7]].tolist() == pytest.approx([40, 0, 60])


def test_pixels_of_several_sizes_come_as_square_metres():
    pixels = np.array([10, 0, 0, 0, 0, 0, 0, 0])
    table = areas(pixels, np.array([90_000.0, 0, 0, 0, 0, 0, 0, 0]))
    assert table.hectares[0] == pytest.approx(9)


def test_nothing_known_is_missing_not_zero():
    assert areas(np.ones(8, np.int64), None).hectares.isna().all()
    assert areas(np.zeros(8, np.int64), 100.0).percent.isna().all()

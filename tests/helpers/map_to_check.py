"""A map of classes to be checked on a page, and where private checks go."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from lcviz.ui.check import checks, label


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private checks go."""
    monkeypatch.setattr(label, "AT_FIRST_S", 0)
    monkeypatch.setattr(checks.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


@pytest.fixture
def class_map(rasters: Path) -> np.ndarray:
    """A map of three classes among the server's files."""
    classes = np.zeros((60, 80), np.uint8)
    classes[:, 30:] = 2
    classes[:, 70:] = 7
    classes[:5, :5] = 255
    profile = {"driver": "GTiff", "height": 60, "width": 80, "count": 1, "dtype": "uint8"}
    profile |= {"crs": "EPSG:32632", "transform": from_origin(5e5, 5e6, 10, 10), "nodata": 255}
    with rasterio.open(rasters / "classes.tif", "w", **profile) as file:
        file.write(classes, 1)
    return classes

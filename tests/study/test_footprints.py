import json

import geopandas
import numpy as np
import pyarrow.parquet
import pytest
from rasterio.warp import transform_geom

from lcviz.data.scenes import patch_corners
from lcviz.data.sen12ms import find_patches
from lcviz.errors import ArtefactMissingError
from lcviz.study import Study
from lcviz.study.footprints import read_footprints
from precompute.stages.index import index


@pytest.fixture
def study(tmp_path, write_patch):
    data = tmp_path / "data"
    write_patch(data, "ROIs1158_spring_1_p30")
    write_patch(data, "ROIs1158_spring_1_p31", ("s2",))
    hurt = write_patch(data, "ROIs1868_summer_101_p5", ("s2",))["s2"]
    hurt.write_bytes(b"")
    return index(data, tmp_path / "study", browsable=1, seed=0, name=None, workers=0)


def test_the_index_is_geoparquet_that_others_read(study, tmp_path):
    file = study.path / "footprints.parquet"
    described = json.loads(pyarrow.parquet.read_schema(file).metadata[b"geo"])
    assert described["primary_column"] == "geometry"
    assert described["columns"]["geometry"]["encoding"] == "WKB"
    found = geopandas.read_parquet(file)
    assert found.crs.to_epsg() == 4326
    assert list(found.patch_id) == list(study.patches().patch_id)
    assert list(found.status) == list(study.patches().status)
    assert found.geometry.isna().tolist() == [False, False, True]


def test_the_footprints_are_the_patches_squares(study):
    found = read_footprints(study).set_index("patch_id")
    in_utm = found.to_crs(32737).geometry
    assert in_utm["ROIs1158_spring_1_p30"].area == pytest.approx(2560**2, rel=1e-6)
    shared = in_utm["ROIs1158_spring_1_p30"].intersection(in_utm["ROIs1158_spring_1_p31"])
    assert shared.area == pytest.approx(2560 * 1280, rel=1e-5)
    west, _, _, north = in_utm["ROIs1158_spring_1_p30"].bounds
    # One grid step right of and below the scene's corner.
    assert west == pytest.approx(375412.3389928384 + 1280, abs=0.01)
    assert north == pytest.approx(8116742.836060452 - 1280, abs=0.01)


def test_a_patch_on_the_date_line_does_not_span_the_globe(tmp_path, write_patch):
    point = {"type": "Point", "coordinates": (180, -17)}
    x, y = transform_geom("EPSG:4326", "EPSG:32760", point)["coordinates"]
    write_patch(tmp_path, "ROIs1158_spring_1_p0", ("s2",), None, 32760, (x - 1280, y))
    corners = patch_corners(find_patches(tmp_path))
    assert np.ptp(corners[..., 0]) < 0.03
    assert corners[..., 0].min() < 180 < corners[..., 0].max()


def test_a_study_without_them_says_how_they_are_made(study):
    (study.path / "footprints.parquet").unlink()
    with pytest.raises(ArtefactMissingError, match="precompute index"):
        read_footprints(Study.open(study.path))

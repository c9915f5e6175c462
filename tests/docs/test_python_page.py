"""The page for Python's users is run as it stands; its functions stay as they are."""

import re
from pathlib import Path

import numpy as np
import pytest
from raster_factory import desert, land, write

from lcviz import api
from lcviz.errors import ConfigurationError, RasterError
from lcviz.taxonomy import CONTINENTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ran():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    statements = [line for line in block.splitlines() if line and not line.startswith("#")]
    assert len(statements) <= 20
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        exec(compile(block, "docs/python.md", "exec"), names)
    return names


def test_the_page_runs_and_gives_what_it_says(ran):
    assert list(ran["table"].index) == list(ran["table"].columns) == list(CONTINENTS)
    assert ran["classes"].shape == (256, 256)
    assert ran["classes"].dtype == np.uint8
    expected = ran["expected"]
    assert sorted(expected.experiment) == ["continent-africa", "continent-europe"]
    said = expected[expected.forecast.notna()]
    assert (said.low <= said.forecast).all()
    assert (said.forecast <= said.high).all()
    assert expected.outside.between(0, 1).all()


def test_the_table_is_the_mean_over_the_scenes_in_results(ran):
    results = ran["study"].results()
    rows = results[(results.train_group == "Europe") & (results.test_group == "Africa")]
    assert ran["table"].loc["Europe", "Africa"] == pytest.approx(rows.accuracy.mean())


def test_the_page_names_every_public_function():
    assert len(api.__all__) == 6
    for name in api.__all__:
        assert f"`{name}(" in PAGE
        assert callable(getattr(api, name))


def test_images_larger_than_a_piece_are_predicted_by_pieces(ran):
    values = np.tile(ran["patch"].values, (1, 3, 1))[:, :520]
    whole = api.predict_image(ran["study"], "continent-africa", values)
    assert whole.shape == (520, 256)
    # Away from the seams and the border both see the same ground.
    inner = np.s_[100:156, 100:156]
    assert (whole[inner] == ran["classes"][inner]).mean() > 0.95


def test_what_does_not_fit_is_told(ran):
    study, values = ran["study"], ran["patch"].values
    with pytest.raises(RasterError, match="expected uint16 DN"):
        api.predict_image(study, "continent-africa", values.astype(float))
    with pytest.raises(RasterError, match="expected uint16 DN"):
        api.forecast_image(study, values[:3])
    with pytest.raises(ConfigurationError, match="no axis"):
        api.transfer_table(study, "country")


def test_a_geotiff_is_read_as_the_models_take_it(ran, tmp_path):
    values = land(13).astype(np.uint16)
    image = api.read_image(write(tmp_path / "image.tif", values))
    assert image.values.shape == (10, 96, 96)
    assert (image.values == values[[1, 2, 3, 4, 5, 6, 7, 8, 11, 12]]).all()
    assert image.valid.all()
    assert image.geobox.crs.to_epsg() == 32633
    assert api.predict_image(ran["study"], "continent-africa", image).shape == (96, 96)
    unsure = write(tmp_path / "desert.tif", desert())
    with pytest.raises(RasterError, match="the app, which asks"):
        api.read_image(unsure)

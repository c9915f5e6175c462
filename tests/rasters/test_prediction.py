import warnings

import numpy as np
import pytest
import rasterio
import torch
from networks import uneven_network
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.network import cpu
from lcviz.network.densenet import FCDenseNet
from lcviz.network.predictor import Predictor, load_network
from lcviz.rasters import prediction
from lcviz.rasters.areas import pixel_area
from lcviz.rasters.prediction import (
    PredictionCancelledError,
    _sample,
    predict_patch,
    predict_raster,
    provenance_tags,
)
from lcviz.rasters.tiling import OVERLAP, tiles

MEAN, STD = (1500.0,) * 10, (700.0,) * 10
PLACE = Affine(10, 0, 500_000, 0, -10, 4_000_000)
UTM = CRS.from_epsg(32633)


class ArrayReader:
    """A raster in memory, that notes the windows that were read."""

    def __init__(self, s2, valid=None, place=PLACE, crs=UTM):
        self.s2 = s2
        self.valid = np.ones(s2.shape[1:], bool) if valid is None else valid
        self.geobox = GeoBox(s2.shape[1:], place, crs)
        self.windows = []

    def read(self, window):
        self.windows.append(window)
        rows, columns = window.toslices()
        return self.s2[:, rows, columns], self.valid[rows, columns]


class ByBrightness:
    """Says Water Bodies where the first band is dark and Barren elsewhere, as fast as a test."""

    rounds_by_sample = False
    window_side = 864
    margin = 0

    def __init__(self):
        self.released = 0

    def for_windows(self, rows, columns, margin, count, sample):
        assert sample is None
        self.size, self.margin = (rows, columns), margin
        return self

    def probabilities(self, s2, valid):
        assert valid.shape == self.size
        inner = slice(self.margin, -self.margin)
        first = s2[0, inner, inner]
        output = np.zeros((8, *first.shape), np.float32)
        output[7], output[6] = first < 1000, first >= 1000
        np.copyto(output, np.nan, where=~valid[inner, inner])
        return output

    def release(self):
        self.released += 1


def noise(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4000, (10, rows, columns), dtype=np.uint16)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    return Predictor(load_network(FCDenseNet(10, 8).state_dict()), MEAN, STD, device="cpu")


def stored(path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path) as file:
            return file.read()


def test_tiles_give_what_the_whole_raster_gives_in_one_go(predictor, tmp_path):
    s2 = noise(75, 93)
    valid = np.ones((75, 93), bool)
    valid[60:, 20:50] = False
    result = predict_raster({"a": predictor}, ArrayReader(s2, valid), tmp_path, tile=48)["a"]
    padding = ((OVERLAP, OVERLAP), (OVERLAP, OVERLAP))
    padded = np.pad(s2, ((0, 0), *padding), mode="reflect")
    seen = np.pad(valid, padding, mode="reflect")
    whole = predictor.probabilities(padded[None], seen[None])[0]
    whole = whole[:, OVERLAP : OVERLAP + 75, OVERLAP : OVERLAP + 93]
    probabilities = result.probability_overview(1000)
    np.testing.assert_allclose(probabilities, whole, atol=0.0021)
    classes = stored(result.classes)[0]
    assert (classes[~valid] == 255).all()
    # Where two classes are all but equal, a different order of sums may decide.
    top = np.sort(whole, axis=0)
    clear = valid & (top[-1] - top[-2] > 1e-4)
    assert clear.mean() > 0.8
    np.testing.assert_array_equal(classes[clear], whole.argmax(axis=0)[clear])


def test_a_constant_raster_has_no_seams_and_no_edges(predictor, tmp_path):
    s2 = np.full((10, 70, 40), 2000, np.uint16)
    result = predict_raster({"a": predictor}, ArrayReader(s2), tmp_path, tile=40)["a"]
    output = result.probability_overview(1000)
    # Doubling tells even rows from odd ones, three times: what repeats every 8 pixels is no seam.
    rows, columns = np.arange(70) % 8, np.arange(40) % 8
    np.testing.assert_allclose(output, output[:, rows][:, :, columns], atol=0.0041)


@pytest.mark.skipif(not cpu.has_int8(), reason="no 8-bit convolutions are made for this processor")
def test_8_bit_windows_are_rounded_alike(monkeypatch, tmp_path):
    monkeypatch.setattr(cpu, "fast_precision", lambda: "int8")
    rough = Predictor(uneven_network(), MEAN, STD, device="cpu", mode="fast")
    reader = ArrayReader(noise(60, 90))
    reader.s2[:, :, 50:] //= 8  # Its largest values are in the left windows alone.
    result = predict_raster({"a": rough}, reader, tmp_path, tile=48)["a"]
    (tile,) = tiles(60, 90, 96)
    s2, valid = (tile.pad(part) for part in reader.read(tile.read))
    looked_at = _sample(reader)
    alike, by_itself = (
        tile.kept(rough.for_windows(*valid.shape, OVERLAP, 1, sample).probabilities(s2, valid))
        for sample in (looked_at, None)
    )
    found = result.probability_overview(1000)
    np.testing.assert_allclose(found, alike, atol=0.0021)
    assert np.abs(found - by_itself).max() > 0.0021
    assert looked_at[1].all() and looked_at[0].shape == (10, 480, 512)


def test_a_sample_is_of_all_of_a_raster():
    """The first band tells rows, the second columns."""
    where = np.zeros((10, 2000, 1000), np.uint16)
    where[:2] = np.indices((2000, 1000))
    (rows, columns), valid = _sample(ArrayReader(where))[0][:2], _sample(ArrayReader(where))[1]
    assert valid.shape == rows.shape == (512, 512)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 1999, 0, 999)
    assert max(np.diff(np.unique(rows)).max(), np.diff(np.unique(columns)).max()) < 2000 / 7


def test_memory_is_bounded_and_each_window_is_read_once_for_all_models(tmp_path):
    reader = ArrayReader(noise(300, 500))
    predictors = {"a": ByBrightness(), "b": ByBrightness()}
    fractions = []
    results = predict_raster(
        predictors, reader, tmp_path, tile=96, probabilities=False, progress=fractions.append
    )
    assert list(results) == ["a", "b"]
    assert len(reader.windows) == 4 * 6
    assert max(max(w.height, w.width) for w in reader.windows) <= 96 + 2 * OVERLAP
    assert fractions == pytest.approx(np.arange(1, 49) / 48)
    expected = np.where(reader.s2[0] < 1000, 7, 6)
    for result in results.values():
        np.testing.assert_array_equal(stored(result.classes)[0], expected)
        assert result.probabilities is None
        assert result.areas.pixels.sum() == 300 * 500
        with pytest.raises(ValueError, match="not kept"):
            result.probabilities_at(0, 0)
    assert all(predictor.released for predictor in predictors.values())


def test_no_data_stays_no_data(tmp_path):
    s2, valid = noise(200, 200), np.ones((200, 200), bool)
    valid[:, 90:] = False
    result = predict_raster({"a": ByBrightness()}, ArrayReader(s2, valid), tmp_path, tile=64)["a"]
    assert (stored(result.classes)[0] == 255).sum() == 200 * 110
    assert (stored(result.probabilities)[:, :, 90:] == 255).all()
    assert result.areas.pixels.sum() == 200 * 90
    assert result.areas.hectares.sum() == pytest.approx(200 * 90 / 100)
    assert np.isnan(result.probabilities_at(3, 150)).all()
    assert result.probabilities_at(3, 5).sum() == pytest.approx(1)
    assert result.class_overview(50).shape == (50, 50)


def test_pixels_may_differ_in_area(tmp_path):
    dark, place = np.zeros((10, 128, 64), np.uint16), Affine(0.01, 0, 10, 0, -0.01, 70)
    reader = ArrayReader(dark, place=place, crs=CRS.from_epsg(4326))
    result = predict_raster({"a": ByBrightness()}, reader, tmp_path, tile=64)["a"]
    ground = [pixel_area(reader.geobox, Window(0, top, 64, 64)) for top in (0, 64)]
    assert ground[1] > 1.02 * ground[0]
    assert result.areas.hectares[7] == pytest.approx(64 * 64 * sum(ground) / 1e4)
    reader = ArrayReader(dark, crs=None)
    result = predict_raster({"a": ByBrightness()}, reader, tmp_path, tile=64)["a"]
    assert result.areas.hectares.isna().all()


def test_cancelling_leaves_nothing(tmp_path):
    asked = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) == 3

    reader, predictor = ArrayReader(noise(100, 100)), ByBrightness()
    with pytest.raises(PredictionCancelledError, match="cancelled"):
        predict_raster({"a": predictor}, reader, tmp_path, tile=40, cancelled=cancelled)
    assert list(tmp_path.iterdir()) == []
    assert predictor.released


def test_a_map_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    """Writing is on a thread beside; what goes wrong there is told, of the last window too."""
    written = []

    def write(output, tile, probabilities, area):
        written.append(tile)
        if len(written) == 4:
            raise OSError("no space left")

    monkeypatch.setattr(prediction._Output, "write", write)
    with pytest.raises(OSError, match="no space"):
        predict_raster({"a": ByBrightness()}, ArrayReader(noise(80, 80)), tmp_path, tile=40)
    assert len(written) == 4
    assert list(tmp_path.iterdir()) == []


def test_a_window_that_cannot_be_read_leaves_nothing(tmp_path):
    reader = ArrayReader(noise(100, 100))
    whole = reader.read

    def read(window):
        if reader.windows:
            raise RasterError("damaged")
        return whole(window)

    reader.read = read
    with pytest.raises(RasterError, match="damaged"):
        predict_raster({"a": ByBrightness()}, reader, tmp_path, tile=40)
    assert list(tmp_path.iterdir()) == []


def test_a_patch_is_predicted_as_it_is_scored(predictor):
    s2, valid = noise(32, 32), np.ones((32, 32), bool)
    valid[0] = False
    probabilities = predict_patch(predictor, s2, valid)
    assert np.isnan(probabilities[:, 0]).all()
    classes = predictor.classes(s2[None], valid[None])[0]
    np.testing.assert_array_equal(probabilities.argmax(axis=0)[1:], classes[1:])


def test_tags_are_in_the_files(tmp_path):
    tags = provenance_tags(
        experiment="season-fall",
        study="Demo",
        weights_digest="ab",
        mode="fast",
        input_name="x.tif",
        input_digest="cd",
        conversion="as it is",
    )
    reader = ArrayReader(noise(40, 40))
    result = predict_raster({"m": ByBrightness()}, reader, tmp_path, tags={"m": tags})["m"]
    for path in (result.classes, result.probabilities):
        with rasterio.open(path) as file:
            assert tags.items() <= file.tags().items()
            assert file.crs == reader.geobox.crs

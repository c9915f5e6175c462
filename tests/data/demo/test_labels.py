import numpy as np
import pytest
from rasterio.warp import transform

from lcviz.data.demo import DemoSettings, patch_numbers, sites
from lcviz.data.demo import labels as labels_module
from lcviz.data.demo import patch as patch_module
from lcviz.data.demo.labels import MODIS_CELL, modis_cells, modis_labels
from lcviz.data.demo.noise import Window
from lcviz.data.demo.recipes import Cover
from lcviz.taxonomy import (
    CLASSES,
    LAND_USE_CLASSES,
    PATCH_GRID_COLUMNS,
    S2_BAND_INDEXES,
    consolidate_land_use,
)

DEMO = DemoSettings(seed=0, scenes=72, patches=6)
# Quartiles of all of SEN12MS, DN: lower, median, upper (published by the paper's authors).
PUBLISHED = {
    "blue": (941, 1099, 1327),
    "green": (800, 982, 1250),
    "red": (581, 886, 1374),
    "re1": (869, 1159, 1548),
    "re2": (1443, 1882, 2323),
    "re3": (1631, 2150, 2732),
    "nir1": (1601, 2110, 2661),
    "nir2": (1805, 2376, 3013),
    "swir1": (1335, 1882, 2578),
    "swir2": (657, 1133, 1823),
}


@pytest.fixture(scope="module")
def dataset():
    """Labels and truth of one patch of each scene, and Sentinel-2 of a quarter of it."""
    parts = []
    for site in sites(DEMO):
        row, column = divmod(patch_numbers(DEMO, site)[0], PATCH_GRID_COLUMNS)
        codes = modis_labels(site, row * 128, column * 128)
        truth = patch_module._joined(
            patch_module._truth_block, site, row * PATCH_GRID_COLUMNS + column
        )
        parts.append((site, codes, truth, patch_module._s2_block(site, row, column)))
    return parts


@pytest.mark.slow
def test_labels_are_right_for_about_81_percent_of_pixels(dataset):
    labels = np.stack([consolidate_land_use(codes[2]) for _, codes, _, _ in dataset])
    truth = np.stack([truth for _, _, truth, _ in dataset])
    valid = labels != 255
    assert 0.77 < (labels == truth)[valid].mean() < 0.85
    assert 0.002 < 1 - valid.mean() < 0.012


@pytest.mark.slow
def test_every_code_and_class_occurs(dataset):
    codes = set(np.unique([codes[2] for _, codes, _, _ in dataset]).tolist())
    assert set(LAND_USE_CLASSES) <= codes
    assert codes <= set(LAND_USE_CLASSES) | {0, 15, 255}
    truth = {}
    for site, _, classes, _ in dataset:
        truth.setdefault(site.continent, set()).update(np.unique(classes).tolist())
    for continent, present in truth.items():
        assert len(present) >= len(CLASSES) - 1, continent


@pytest.mark.slow
def test_other_layers_hold_only_codes_that_occur_in_sen12ms(dataset):
    known = {
        0: set(range(1, 18)),
        1: {1, 2, 3, 11, 12, 13, 14, 15, 16, 21, 22, 31, 32, 41, 42, 43},
        3: {1, 2, 3, 10, 20, 27, 30, 40, 50, 51},
    }
    for layer, allowed in known.items():
        seen = set(np.unique([codes[layer] for _, codes, _, _ in dataset]).tolist())
        assert seen <= allowed


@pytest.mark.slow
def test_reflectances_have_the_published_quartiles(dataset):
    pixels = np.concatenate([s2.reshape(13, -1)[:, ::4] for *_, s2 in dataset], axis=1)
    for band, index in zip(PUBLISHED, S2_BAND_INDEXES, strict=True):
        quartiles = np.percentile(pixels[index - 1], (25, 50, 75))
        np.testing.assert_allclose(quartiles, PUBLISHED[band], rtol=0.2, err_msg=band)


def independent_cells(site, number):
    """MODIS cells of all 65,536 pixel middles, each projected by itself."""
    place = site.transform(number)
    at = np.arange(256) + 0.5
    east, north = np.meshgrid(place.c + 10 * at, place.f - 10 * at)
    longitude, latitude = np.radians(transform(site.crs, "EPSG:4326", east.ravel(), north.ravel()))
    x, y = 6371007.181 * longitude * np.cos(latitude), 6371007.181 * latitude
    return np.stack([x, -y]).reshape(2, 256, 256) / 463.312716528


@pytest.mark.parametrize("place", ["Makokou", "Keewatin", "Canterbury Plains"])
def test_cells_are_those_of_the_sinusoidal_grid(place):
    site = next(s for s in sites(DEMO) if s.place == place)
    number = 20 * PATCH_GRID_COLUMNS + 3
    exact = independent_cells(site, number)
    found = modis_cells(site, Window(20 * 128, 3 * 128, 256))
    # A pixel whose middle is within 0.5 m of a cell's edge may fall on either side.
    clear = np.abs(exact - np.rint(exact)).min(axis=0) * MODIS_CELL > 0.5
    assert clear.mean() > 0.98
    np.testing.assert_array_equal(found[:, clear], np.floor(exact)[:, clear])


def test_cells_are_sheared_parallelograms_of_about_46_pixels():
    site = next(s for s in sites(DEMO) if s.place == "Melbourne")
    columns, rows = modis_cells(site, Window(1280, 1280, 256))
    assert len(np.unique(rows)) in (6, 7)
    # Where the first row of pixels changes cell is not where a row 40 pixels below does.
    edges = [np.flatnonzero(np.diff(columns[r])) for r in (0, 40)]
    assert np.abs(edges[0][:3] - edges[1][:3]).max() > 3


def test_one_cell_has_one_label_and_most_have_their_main_class():
    site = next(s for s in sites(DEMO) if s.place == "Harghita")
    row, column = 14, 15
    codes = modis_labels(site, row * 128, column * 128)
    cells = modis_cells(site, Window(row * 128, column * 128, 256))
    truth = patch_module._joined(patch_module._truth_block, site, row * PATCH_GRID_COLUMNS + column)
    inside, right = 0, 0
    for x, y in np.unique(cells.reshape(2, -1), axis=1).T:
        where = (cells[0] == x) & (cells[1] == y)
        assert len(np.unique(codes[:, where], axis=1).T) == 1
        # Only cells that lie in the patch as a whole can be judged from its truth.
        if where.sum() > 0.95 * (MODIS_CELL / 10) ** 2:
            main = np.bincount(truth[where], minlength=8).argmax()
            inside += 1
            right += consolidate_land_use(codes[2][where])[0] == main
    assert inside >= 6
    assert right >= 0.7 * inside


def test_errors_happen_at_the_stated_rate(monkeypatch):
    some = [s for s in sites(DEMO) if s.landscape == "rainforest"]
    windows = [(s, row, column) for s in some for row in (1280, 1792) for column in (1280, 1792)]

    def land_use(rates):
        monkeypatch.setattr(labels_module, "ERROR_RATES", rates)
        return np.stack([modis_labels(*w)[2] for w in windows])

    drawn = land_use(labels_module.ERROR_RATES)
    monkeypatch.setattr(labels_module, "_INVALID", ())
    clean, wrong = (land_use(dict.fromkeys(Cover, rate)) for rate in (0.0, 1.0))
    assert set(np.unique(clean).tolist()) <= set(LAND_USE_CLASSES)
    classes = [consolidate_land_use(codes) for codes in (clean, wrong, drawn)]
    assert (classes[0] != classes[1]).mean() > 0.9
    # 24 patches hold about 750 cells: three standard errors of a share of 9 % are 0.03.
    assert 0.05 < (classes[0] != classes[2]).mean() < 0.13

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from lcviz.data.demo import (
    DemoSettings,
    generate_patch,
    generate_s2,
    patch_numbers,
    sites,
    write_patch,
)
from lcviz.data.demo import patch as patch_module
from lcviz.data.demo.noise import Noise, Window, cells, gaussian, hashed, uniform
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import PATCH_GRID_COLUMNS

WHOLE = DemoSettings(patches=841)
"""Settings under which every patch of the grid exists."""


def forget():
    for cached in ("_ground", "_s2_block", "_s1_block", "_truth_block"):
        getattr(patch_module, cached).cache_clear()


def arrays(patch):
    return {"s2": patch.s2, "s1": patch.s1, "lc": patch.lc, "truth": patch.truth}


def site_called(place, settings=WHOLE):
    return next(s for s in sites(settings) if s.place == place)


@pytest.fixture(scope="module")
def sample():
    """One patch each of twelve scenes, spread over continents, seasons and landscapes."""
    settings = DemoSettings(scenes=12, patches=1)
    return [generate_patch(settings, s, patch_numbers(settings, s)[0]) for s in sites(settings)]


def test_shapes_dtypes_and_ranges(sample):
    for patch in sample:
        kinds = {k: (a.shape, a.dtype) for k, a in arrays(patch).items()}
        assert kinds == {
            "s2": ((13, 256, 256), np.uint16),
            "s1": ((2, 256, 256), np.float32),
            "lc": ((4, 256, 256), np.uint8),
            "truth": ((256, 256), np.uint8),
        }
        assert patch.s2.min() >= 1 and patch.s2.max() <= 28_000
        assert np.isfinite(patch.s1).all() and patch.s1.min() >= -36 and patch.s1.max() <= 0
        assert patch.truth.max() <= 7


def test_the_same_settings_give_the_same_pixels():
    site = site_called("Valdivia")
    first = generate_patch(WHOLE, site, 436)
    forget()
    again = generate_patch(WHOLE, site, 436)
    for kind, values in arrays(first).items():
        np.testing.assert_array_equal(values, arrays(again)[kind], err_msg=kind)
    np.testing.assert_array_equal(generate_s2(WHOLE, site, 436), first.s2)


def test_another_seed_gives_another_landscape():
    one, two = (DemoSettings(seed=seed, patches=841) for seed in (0, 1))
    a, b = (generate_patch(s, site_called("Iowa", s), 436) for s in (one, two))
    assert a.geobox == b.geobox
    for kind, values in arrays(a).items():
        assert (values != arrays(b)[kind]).mean() > 0.01, kind


@pytest.mark.parametrize(
    ("place", "down", "along"),
    [("Lodz", 0, 1), ("Aoraki", 1, 0), ("Keewatin", 1, 1), ("Solapur", 1, -1)],
)
def test_overlapping_patches_agree_pixel_for_pixel(place, down, along):
    site = site_called(place)
    number = 12 * PATCH_GRID_COLUMNS + 9
    here = generate_patch(WHOLE, site, number)
    # The neighbour is made from nothing, as another process would make it.
    forget()
    there = generate_patch(WHOLE, site, number + down * PATCH_GRID_COLUMNS + along)
    near, far = slice(128, 256), slice(0, 128)
    rows = (near, far) if down else (slice(None),) * 2
    columns = {0: (slice(None),) * 2, 1: (near, far), -1: (far, near)}[along]
    for kind, values in arrays(here).items():
        mine = values[..., rows[0], columns[0]]
        theirs = arrays(there)[kind][..., rows[1], columns[1]]
        np.testing.assert_array_equal(mine, theirs, err_msg=kind)
    assert there.geobox == here.geobox.shifted(128 * down, 128 * along)


def test_a_patch_the_dataset_does_not_have_is_refused():
    settings = DemoSettings(patches=2)
    site = sites(settings)[0]
    missing = next(n for n in range(841) if n not in patch_numbers(settings, site))
    with pytest.raises(ConfigurationError, match=f"p{missing}"):
        generate_s2(settings, site, missing)


def test_classes_look_as_they_do_in_nature(sample):
    bands = {name: [] for name in ("blue", "red", "nir", "swir", "vv", "vh")}
    site = site_called("Jasper")
    snowy = [generate_patch(WHOLE, site, n) for n in patch_numbers(DemoSettings(patches=4), site)]
    patches = [*sample, *snowy]
    for patch in patches:
        for name, values in zip(
            bands, (*patch.s2[[1, 3, 7, 11]].astype(float), *patch.s1), strict=True
        ):
            bands[name].append(values.ravel())
    truth = np.concatenate([p.truth.ravel() for p in patches])
    means = {n: [np.concatenate(v)[truth == k].mean() for k in range(8)] for n, v in bands.items()}
    forest, grass, urban, snow, barren, water = 0, 2, 4, 5, 6, 7
    ndvi = (np.array(means["nir"]) - means["red"]) / (np.array(means["nir"]) + means["red"])
    assert ndvi[forest] > 0.45 and ndvi[forest] > ndvi[grass] > ndvi[barren] and ndvi[water] < 0.1
    assert means["red"][snow] > 5000 and means["swir"][snow] < 1500
    assert means["swir"][barren] > means["swir"][forest] + 800
    # Of water the median: lakes freeze, and clouds lie over some.
    middle = {n: np.median(np.concatenate(bands[n])[truth == water]) for n in ("nir", "vv")}
    assert middle["nir"] < 600 and middle["vv"] < -16
    assert means["vv"][urban] > means["vv"][forest] > means["vv"][grass] > means["vv"][water]
    assert all(vh < vv - 4 for vv, vh in zip(means["vv"], means["vh"], strict=True))
    assert all(blue > 400 for blue in means["blue"]), "the air itself is seen in blue"


def test_files_have_the_names_and_byte_sizes_of_sen12ms(tmp_path, sample):
    patch = sample[0]
    write_patch(tmp_path, patch)
    site, n = patch.site, patch.number
    sizes = {str(f.relative_to(tmp_path)): f.stat().st_size for f in tmp_path.rglob("*.tif")}
    name = f"{site.folder}_{{}}_{site.scene}_p{n}.tif"
    truth = f"{site.folder}/truth_{site.scene}/{name.format('truth')}"
    assert sizes.pop(truth) > 256 * 256
    assert sizes == {
        f"{site.folder}/s2_{site.scene}/{name.format('s2')}": 1_706_432,
        f"{site.folder}/s1_{site.scene}/{name.format('s1')}": 525_172,
        f"{site.folder}/lc_{site.scene}/{name.format('lc')}": 262_788,
    }


def test_files_hold_the_pixels_and_the_georeference(tmp_path, sample):
    patch = sample[3]
    write_patch(tmp_path, patch)
    for kind, values in arrays(patch).items():
        (file,) = tmp_path.rglob(f"*_{kind}_*.tif")
        with rasterio.open(file) as dataset:
            np.testing.assert_array_equal(dataset.read(), values.reshape(-1, 256, 256))
            assert dataset.crs == patch.site.crs
            assert dataset.transform == patch.geobox.transform
            assert dataset.nodata is None


def test_layout_equals_that_of_the_real_files(tmp_path, sample, real_patches):
    write_patch(tmp_path, sample[0])
    fields = ("driver", "dtype", "nodata", "width", "height", "count", "blockxsize", "blockysize",
              "tiled", "interleave")  # fmt: skip
    for kind in ("s2", "s1", "lc"):
        (mine,) = tmp_path.rglob(f"*_{kind}_*.tif")
        real = next(real_patches.rglob(f"*_{kind}_*.tif"))
        assert mine.stat().st_size == real.stat().st_size
        with rasterio.open(mine) as a, rasterio.open(real) as b:
            assert [a.profile.get(f) for f in fields] == [b.profile.get(f) for f in fields]
            assert (a.colorinterp, a.mask_flag_enums) == (b.colorinterp, b.mask_flag_enums)
            assert a.tags() == b.tags()
            places = range(a.count), range(a.height // a.block_shapes[0][0])
            offsets = [
                [d.get_tag_item(f"BLOCK_OFFSET_0_{i}", "TIFF", 1) for i in places[1]]
                for d in (a, b)
            ]
            assert offsets[0] == offsets[1]


def test_hashes_are_even_and_independent():
    h = hashed(5, np.arange(300)[:, None], np.arange(300)[None, :])
    u = uniform(h)
    assert u.min() >= 0 and u.max() < 1
    counts, _ = np.histogram(u, 50, (0, 1))
    assert ((counts - 1800) ** 2 / 1800).sum() < 100  # chi squared, 49 degrees of freedom
    for shifted in (u[1:, :] - u[:-1, :], u[:, 1:] - u[:, :-1]):
        assert shifted.var() == pytest.approx(2 / 12, rel=0.02)
    g = gaussian(h)
    assert g.mean() == pytest.approx(0, abs=0.02) and g.std() == pytest.approx(1, abs=0.02)


def test_noise_is_the_same_in_every_window():
    wide = Noise(3, Window(-64, 100, 256))
    part = Noise(3, Window(0, 164, 64))
    sparse = Noise(3, Window(-64, 100, 64, step=4))
    for name, call in {
        "smooth": lambda n: n.smooth("a", 24),
        "fractal": lambda n: n.fractal("b", 200, 5),
        "relief": lambda n: n.relief("c", 200, 5, 0.5, 0.7)[0],
        "white": lambda n: n.white("d", range(1))[0],
    }.items():
        whole = call(wide)
        np.testing.assert_allclose(call(part), whole[64:128, 64:128], atol=1e-9, err_msg=name)
        np.testing.assert_allclose(call(sparse), whole[::4, ::4], atol=1e-9, err_msg=name)


def test_noise_has_unit_variance_and_true_slopes():
    noise = Noise(9, Window(0, 0, 2000))
    assert noise.smooth("a", 16).std() == pytest.approx(1, abs=0.05)
    assert noise.fractal("b", 32, 3).std() == pytest.approx(1, abs=0.06)
    small = Noise(9, Window(10, 20, 60))
    height, down, along = small.relief("c", 64, 2, 0.5, 0.0)
    np.testing.assert_allclose(np.gradient(height, axis=0)[1:-1], down[1:-1], atol=2e-3)
    np.testing.assert_allclose(np.gradient(height, axis=1)[:, 1:-1], along[:, 1:-1], atol=2e-3)


def test_cells_find_the_nearest_point():
    y, x = np.meshgrid(np.arange(80.0), np.arange(80.0), indexing="ij")
    owner, nearest, margin = cells(4, 20, y, x)
    assert (margin >= 0).all()
    # The pixel nearest to each cell's point is closer than a pixel's diagonal to it.
    inner = np.unique(owner[30:50, 30:50])
    assert len(inner) > 1
    assert all(nearest[owner == h].min() < 1 for h in inner)


def test_only_the_seed_and_the_place_matter():
    site = site_called("Denver")
    other = replace(site, seed=site.seed + 1)
    a, b = (patch_module._truth_block(s, 14, 14) for s in (site, other))
    assert (a != b).any()

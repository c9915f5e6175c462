"""Which bands a raster has: by names, by pixels, or as it is said."""

import numpy as np
import pytest
from guard_looks import L1C, L2A, TEN_OF_L2A, look
from raster_factory import SIZE, land, surface, write

from lcviz.errors import RasterError
from lcviz.rasters.guard import inspect
from lcviz.rasters.layouts import LAYOUTS, STANDARD
from lcviz.rasters.reading import open_raster
from lcviz.taxonomy import S2_BAND_NAMES


@pytest.mark.parametrize(
    "spelling",
    [
        str,
        str.lower,
        lambda name: f"B0{name[1:]}" if len(name) == 2 or name == "B8A" else name,
        lambda name: f"Band {name[1:]}",
        lambda name: f"S2B_{name} - surface",
    ],
    ids=["B8A", "b8a", "B08", "Band 8A", "in a text"],
)
def test_named_bands_are_put_in_order(tmp_path, spelling):
    places = np.random.default_rng(0).permutation(12)
    names = [spelling(L2A[place]) for place in places]
    path = write(tmp_path / "a.tif", surface()[places], names=names)
    finding, dn = look(path)
    assert "by the names" in finding.statement
    assert finding.level == "L2A"
    np.testing.assert_array_equal(dn, surface()[TEN_OF_L2A])


def test_words_name_bands_too_and_others_are_left_out(tmp_path):
    names = ("scl", "swir22", "swir16", "nir08", "nir", "rededge3", "rededge2", "rededge1")
    names += ("red", "green", "blue")
    values = np.concatenate([surface(10), np.full((1, SIZE, SIZE), 4)])[::-1]
    finding, dn = look(write(tmp_path / "a.tif", values, names=names))
    assert finding.level == "L2A"
    np.testing.assert_array_equal(dn, surface(10))


def test_names_that_only_count_are_no_names(tmp_path):
    names = [f"Band {place}" for place in range(1, 14)]
    finding, dn = look(write(tmp_path / "a.tif", land(), names=names))
    assert finding.level == "L1C"
    np.testing.assert_array_equal(dn, land()[[1, 2, 3, 4, 5, 6, 7, 8, 11, 12]])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("B2",) * 10, "more than one band called B2"),
        (("B4", "B3", "B2", *S2_BAND_NAMES[3:]), None),
        (tuple(f"B{n}" for n in range(3, 13)), "there is no B2, B8A"),
        (("VV", "VH", *S2_BAND_NAMES[2:]), "there is no B2, B3"),
    ],
)
def test_names_come_before_the_order(tmp_path, names, message):
    path = write(tmp_path / "a.tif", land(10), names=names)
    if message is None:
        assert look(path)[0].bands == (3, 2, 1, 4, 5, 6, 7, 8, 9, 10)
    else:
        with pytest.raises(RasterError, match=message):
            look(path)


@pytest.mark.parametrize("bands", [1, 4, 9])
def test_a_number_of_bands_that_is_none_of_sentinel_2s(tmp_path, bands):
    with pytest.raises(RasterError, match=f"has {bands} band.*Bring a Sentinel-2 GeoTIFF"):
        look(write(tmp_path / "a.tif", land(bands)))


@pytest.mark.parametrize("names", [None, S2_BAND_NAMES], ids=["unnamed", "named"])
@pytest.mark.parametrize(
    "slip",
    [
        S2_BAND_NAMES[::-1],
        ("B4", "B3", "B2", *S2_BAND_NAMES[3:]),
        (*S2_BAND_NAMES[:6], "B8A", "B8", "B11", "B12"),
        (*S2_BAND_NAMES[:8], "B12", "B11"),
        ("B2", "B3", "B4", "B8", "B5", "B6", "B7", "B8A", "B11", "B12"),
    ],
    ids=["turned round", "red first", "B8 and B8A", "B11 and B12", "10 m first"],
)
def test_pixels_that_contradict_order_or_names_are_asked_about(tmp_path, slip, names):
    values = land(10)[[S2_BAND_NAMES.index(band) for band in slip]]
    path = write(tmp_path / "a.tif", values, names=names)
    finding, _ = look(path)
    assert finding.topic == "order"
    places = tuple(slip.index(band) + 1 for band in S2_BAND_NAMES)
    assert finding.questions[0].units.band_order == places
    if names:
        assert "named B2 ... B8A, B11, B12, but their pixels look like" in finding.question
    for choice in finding.questions[:2]:
        with open_raster(path) as raster:
            answered = inspect(raster, {"order": choice.key})
        assert answered.topic != "order"
        assert answered.bands == choice.units.band_order


def test_names_are_believed_where_the_pixels_say_little(tmp_path):
    """Water alone does not tell red edge bands apart."""
    water = np.repeat(land(10)[:, 5:6, 5:6], SIZE, axis=1).repeat(SIZE, axis=2)
    water *= np.random.default_rng(0).normal(1, 0.01, (1, SIZE, SIZE))
    values = water[[0, 1, 2, 4, 3, 5, 6, 7, 8, 9]].round()
    names = [*S2_BAND_NAMES[:3], "B6", "B5", *S2_BAND_NAMES[5:]]
    assert look(write(tmp_path / "a.tif", values, names=names))[0].topic != "order"


ORDERS = [layout for layout in LAYOUTS if layout.usable and layout.key not in STANDARD.values()]


@pytest.mark.parametrize("layout", ORDERS, ids=lambda layout: layout.key)
def test_another_order_is_recognised_and_asked_about(tmp_path, layout):
    level = land() if "B10" in layout.bands else np.insert(surface(), 10, 0, axis=0)
    values = level[[L1C.index(band) for band in layout.bands]]
    finding, _ = look(write(tmp_path / "a.tif", values))
    assert finding.topic == "order"
    assert finding.questions[0].key == layout.key
    with open_raster(tmp_path / "a.tif") as raster:
        answered = inspect(raster, {"order": layout.key})
    assert answered.topic != "order"
    assert answered.bands == tuple(layout.bands.index(band) + 1 for band in S2_BAND_NAMES)


def test_an_order_without_b8a_is_refused(tmp_path):
    with pytest.raises(RasterError, match="there is no B8A"):
        look(
            write(
                tmp_path / "a.tif",
                np.delete(land(), 8, axis=0),
                names=[f"B{n}" for n in range(1, 13)],
            )
        )


@pytest.mark.parametrize("place", [0, 4, 12])
@pytest.mark.parametrize("kind", ["constant", "classes", "index"])
def test_a_band_that_is_none_is_found_and_asked_about(tmp_path, place, kind):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    extra = {
        "constant": np.ones((SIZE, SIZE)),
        "classes": 2 + (rows // 12 + columns // 12) % 9,
        "index": np.sin(rows / 9.0) * 0.9,
    }[kind]
    finding, _ = look(
        write(tmp_path / "a.tif", np.insert(surface(), place, extra, axis=0), "float32")
    )
    assert finding.topic == "order"
    at = [L2A.index(band) + 1 for band in S2_BAND_NAMES]
    assert finding.questions[0].units.band_order == tuple(n + (n > place) for n in at)


def test_radar_before_the_bands_is_found(tmp_path):
    radar = np.random.default_rng(0).normal(-14, 2, (2, SIZE, SIZE))
    finding, _ = look(write(tmp_path / "a.tif", np.concatenate([radar, land(10) / 1e4]), "float32"))
    assert finding.topic == "order"
    assert finding.questions[0].units.band_order == tuple(range(3, 13))


@pytest.mark.parametrize("said", ["B2,B3", "nonsense", ",".join(S2_BAND_NAMES), "ten"])
def test_an_answer_that_does_not_fit_is_refused(tmp_path, said):
    with open_raster(write(tmp_path / "a.tif", land())) as raster, pytest.raises(RasterError):
        inspect(raster, {"order": said})


@pytest.mark.parametrize("names", [None, S2_BAND_NAMES], ids=["unnamed", "named"])
@pytest.mark.parametrize(("from_", "to"), [("B8", "B8A"), ("B8A", "B8"), ("B6", "B7")])
def test_one_band_put_in_twice_is_refused(tmp_path, from_, to, names):
    values = land(10)
    values[S2_BAND_NAMES.index(to)] = values[S2_BAND_NAMES.index(from_)]
    path = write(tmp_path / "a.tif", values, names=names)
    try:
        finding, _ = look(path)
    except RasterError as error:
        assert "hold the same numbers" in str(error)
    else:
        assert not names
        assert finding.topic == "order"

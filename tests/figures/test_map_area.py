import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcviz.figures.map_area import area_text
from lcviz.figures.picture_map import MapPicture, area_outline, picture_map
from lcviz.rasters.products.places import place_of_box, place_of_geojson

RING = [[10.0, 45.0], [10.5, 45.0], [10.5, 45.5], [10.0, 45.5], [10.0, 45.0]]


def drawn(ring: list[list[float]], **properties: object) -> dict:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_a_box_is_four_sides_and_a_polygon_geojson():
    assert area_text(drawn(RING, box=True)) == "10.00000,45.00000,10.50000,45.50000"
    text = area_text(drawn(RING[:3] + RING[:1]))
    assert json.loads(text)["coordinates"] == [RING[:3] + RING[:1]]
    assert place_of_geojson(text).geometry.area == pytest.approx(0.125)


@given(*(st.floats(-179, 178),) * 1, st.floats(-89, 88), st.floats(0.001, 1))
def test_what_is_drawn_is_the_place_that_is_predicted(west: float, south: float, side: float):
    east, north = west + side, south + side
    ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]
    text = area_text(drawn(ring, box=True))
    place = place_of_box(*(float(part) for part in text.split(",")))
    assert place.geometry.bounds == pytest.approx((west, south, east, north), abs=1e-5)


def test_a_longitude_of_another_copy_of_the_world_is_brought_back():
    ring = [[x + 360, y] for x, y in RING]
    assert area_text(drawn(ring, box=True)) == area_text(drawn(RING, box=True))


@pytest.mark.parametrize(
    "feature",
    [
        {},
        {"geometry": None},
        {"geometry": {"type": "Point", "coordinates": [1, 2]}},
        drawn([]),
        drawn([[1, 2], [3, 4], [1, 2]]),
        drawn([["<b>", 2], [3, 4], [5, 6], ["<b>", 2]]),
    ],
)
def test_what_is_no_polygon_is_no_area(feature: dict):
    assert area_text(feature) is None


def test_pictures_lie_at_their_place_and_the_last_has_a_slider():
    corners = ((45.0, 10.0), (45.5, 10.5))
    pictures = [
        MapPicture("Image", "data:image/webp;base64,AAAA", corners),
        MapPicture("Map </script>", "data:image/webp;base64,BBBB", corners, pixelated=True),
    ]
    world = picture_map(pictures, draw=True, dark=False)
    text = world.get_root().render()
    assert "AAAA" in text and "BBBB" in text and "[[45.0, 10.0], [45.5, 10.5]]" in text
    assert "Map </script>" not in text  # a name cannot end the script
    assert "Draw a polygon" in text and "Draw a box" in text
    assert "Draw a polygon" not in picture_map(pictures, draw=False, dark=True).get_root().render()
    loaded = [link for kind in (world.default_js, world.default_css) for _, link in kind]
    assert loaded and not any("//" in link for link in loaded)


def test_an_outline_is_of_the_area():
    group = area_outline(place_of_box(10, 45, 11, 46).geometry.__geo_interface__)
    assert len(group._children) == 1

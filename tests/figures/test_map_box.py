import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcviz.figures.map_box import Box, box_around

SCENES = pd.DataFrame(
    {
        "scene_id": ["africa", "fiji", "samoa", "nowhere"],
        "continent": ["Africa", "Australia", "Australia", None],
        "longitude": [20.0, 178.0, -172.0, float("nan")],
        "latitude": [-5.0, -18.0, -13.5, float("nan")],
    }
)


def held(box: Box) -> list[str]:
    return SCENES.scene_id[box.holds(SCENES)].tolist()


def polygon(west: float, south: float, east: float, north: float) -> dict:
    ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]
    return {"geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_a_box_holds_what_lies_in_it():
    assert held(Box(0, -10, 40, 10)) == ["africa"]
    assert held(Box(-180, -90, 180, 90)) == ["africa", "fiji", "samoa"]


def test_a_box_may_cross_the_date_line():
    assert held(Box(170, -30, -170, 0)) == ["fiji", "samoa"]
    assert held(Box.of_polygon(polygon(170, -30, 190, 0))) == ["fiji", "samoa"]
    assert held(Box.of_polygon(polygon(-190, -30, -171, 0))) == ["fiji", "samoa"]


def test_a_box_wider_than_the_world_is_the_world():
    assert Box.of_polygon(polygon(-300, -100, 300, 95)) == Box(-180, -90, 180, 90)


@given(
    *(st.floats(-180, 180, allow_nan=False),) * 2,
    st.floats(-90, 90, allow_nan=False),
    st.floats(-90, 90, allow_nan=False),
)
def test_a_box_survives_the_url(west: float, east: float, one: float, other: float):
    box = Box(west, min(one, other), east, max(one, other))
    again = Box.parse(str(box))
    assert again is not None
    assert (again.west, again.north) == (
        pytest.approx(west, abs=0.01),
        pytest.approx(box.north, abs=0.01),
    )


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "0,10,5,-10", "0,0,999,1", "nan,0,1,1"])
def test_nonsense_is_no_box(text: str):
    assert Box.parse(text) is None


@pytest.mark.parametrize("feature", [{}, {"geometry": {"coordinates": [[]]}}, {"geometry": None}])
def test_a_strange_drawing_is_no_box(feature: dict):
    assert Box.of_polygon(feature) is None


def test_the_first_box_is_around_a_continent():
    assert held(box_around(SCENES, ("Asia", "Africa"))) == ["africa"]
    assert len(held(box_around(SCENES, ("Asia",)))) == 3
    with pytest.raises(ValueError, match="place"):
        box_around(SCENES.iloc[3:], ("Asia",))


def test_a_box_is_said_in_words():
    assert Box(-10, 35, 40.5, 60).in_words() == "10.0° W to 40.5° E, 35.0° N to 60.0° N"

import pandas as pd
from four_scenes import CARD

from lcviz.study.typical import typical_scene

RESULTS = pd.DataFrame(
    [
        ("one", "a", "test", 0.9),
        ("two", "a", "test", 0.7),
        ("one", "b", "test", 0.5),
        ("two", "b", "home", 1.0),
        ("one", "c", "test", 0.1),
        ("one", "d", "test", None),
    ],
    columns=["experiment", "scene_id", "split", "accuracy"],
)


def card(*training: str):
    return type(CARD)("x", "continent", "Asia", {}, training, (), (0.0,), (1.0,))


def test_it_is_the_middle_one_by_accuracy_away_from_home():
    assert typical_scene(RESULTS, [], "abcd") == "b"


def test_a_scene_that_a_model_was_trained_on_flatters_it():
    # Of a (0.8) and c (0.1), a is nearer to the median of all, 0.5.
    assert typical_scene(RESULTS, [card("b")], "abcd") == "a"
    assert typical_scene(RESULTS, [card("a", "b", "c")], "abcd") == "b"


def test_only_what_can_be_chosen_is():
    assert typical_scene(RESULTS, [], ["c"]) == "c"
    assert typical_scene(RESULTS, [], ["d", "z"]) is None

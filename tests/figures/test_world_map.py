import pandas as pd
import pytest
from branca.element import Figure
from four_scenes import CARD, RESULTS, SCENES

from lcviz.figures import world_map
from lcviz.figures.map_colours import NO_SCORE, TRAINED, accuracy_colours, colour_scenes, legend
from lcviz.study.scene_table import scene_table


@pytest.fixture
def table() -> pd.DataFrame:
    return scene_table(SCENES, CARD, RESULTS)


def script(figure: Figure) -> str:
    return str(figure.get_root().render())


def test_accuracy_is_coloured_on_a_fixed_scale(table):
    low, middle, high = accuracy_colours([0, 0.5, 1])
    assert len({low, middle, high}) == 3
    assert low == "rgb(68, 1, 84)"  # viridis at 0
    assert high == "rgb(253, 231, 37)"  # viridis at 1
    coloured = colour_scenes(table, "accuracy")
    assert coloured.colour[2] == accuracy_colours([0.75])[0]


def test_training_and_scoreless_scenes_stand_apart(table):
    coloured = colour_scenes(table, "accuracy")
    assert list(coloured.outline) == ["solid", "", "", "dashed"]
    assert [(entry.label, entry.scenes) for entry in legend(coloured)] == [
        (TRAINED, 1),
        (NO_SCORE, 1),
    ]


def test_the_legend_counts_what_is_shown(table):
    coloured = colour_scenes(table[table.scene_id != "a"], "continent")
    assert [(e.label, e.scenes) for e in legend(coloured)] == [("Europe", 2), ("Unknown", 1)]
    assert len({e.colour for e in legend(coloured)}) == 2


def test_the_map_draws_placed_scenes_and_asks_no_other_machine(table):
    world = world_map.world_map(colour_scenes(table, "continent"))
    text = script(world)
    assert text.count('"scene_id"') == 3
    loaded = [link for kind in (world.default_js, world.default_css) for _, link in kind]
    assert loaded and not any("//" in link for link in loaded)
    assert "1,234 patches" not in text  # the scene without a place


def test_a_map_of_no_scenes_still_draws_the_land(table):
    assert "NATURAL_EARTH" in script(world_map.world_map(colour_scenes(table[:0], "accuracy")))


def test_the_open_scene_needs_a_place(table):
    assert world_map.open_scene(None) is None
    assert world_map.open_scene(table.iloc[3]) is None
    assert world_map.open_scene(table.iloc[0]) is not None


def test_the_open_scene_outlines_its_patches_where_they_are_known(table):
    square = [[[10, 50], [10.1, 50], [10.1, 50.1], [10, 50.1], [10, 50]]]
    footprints = {
        "features": [
            {"properties": {"patch_id": patch}, "geometry": {"coordinates": square}}
            for patch in ("a_p1", "a_p2")
        ]
    }
    group = world_map.open_scene(table.iloc[0], footprints, "a_p2")
    assert group is not None
    *outlines, ring = group._children.values()
    assert [outline.options["weight"] for outline in outlines] == [1, 2.5]
    assert outlines[0].locations[2] == [50.1, 10.1]  # latitude first
    assert ring.options["openScene"] is True


def test_a_hold_out_scene_says_so_when_pointed_at(table):
    coloured = colour_scenes(table, "continent")
    assert "hold-out" not in script(world_map.world_map(coloured))
    coloured.loc[0, "holdout"] = True
    assert script(world_map.world_map(coloured)).count("Official hold-out scene of SEN12MS") == 1

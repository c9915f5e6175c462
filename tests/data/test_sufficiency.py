from pathlib import Path

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.sen12ms import PatchList
from lcviz.data.sufficiency import aims, aims_in_words


def copy(scenes, sensors=("s2", "lc"), short=0):
    return [
        PatchList(
            Path("data"),
            row.scene_id.rpartition("_")[0],
            row.scene,
            {sensor: tuple(range(row.patches - short)) for sensor in sensors},
        )
        for row in scenes.itertuples()
    ]


def test_africa_alone():
    catalogue = sen12ms_scenes()
    africa = catalogue[catalogue.continent == "Africa"]
    found = aims(copy(africa))
    assert [aim.name for aim in found if aim.is_met] == ["continent-africa"]
    said = " ".join(aims_in_words(found))
    assert said.startswith("Enough for continent-africa. In part for season-spring (")
    lacking = 252 - len(africa)
    assert (
        f"For Table 4 (continent to continent) and Table 5 (season to season) you lack {lacking} "
        "scenes." in said
    )


def test_the_whole_is_enough_for_all_and_one_patch_less_is_not():
    catalogue = sen12ms_scenes()
    whole = copy(catalogue)
    assert all(aim.is_met for aim in aims(whole))
    said = aims_in_words(aims(whole))
    assert len(said) == 1
    assert "Table 5" in said[0]
    one = copy(catalogue[:1], short=1) + whole[1:]
    lacking = {aim.name: aim.lacking for aim in aims(one) if not aim.is_met}
    assert len(lacking) == 4
    assert set(lacking.values()) == {1}
    assert "you lack 1 scene." in " ".join(aims_in_words(aims(one)))


def test_labels_without_imagery_are_enough_for_nothing():
    found = aims(copy(sen12ms_scenes(), sensors=("s1", "lc")))
    assert not any(aim.is_met for aim in found)
    assert aims_in_words(found)[0] == "Enough for none of the paper's models."

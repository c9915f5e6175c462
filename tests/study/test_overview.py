from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from four_scenes import CARD, SCENES

from lcviz.data import published
from lcviz.data.catalog import sen12ms_scenes
from lcviz.study import overview
from lcviz.taxonomy import CLASSES, CONTINENTS, LAND_USE_CLASSES, SEASONS


def test_scenes_and_patches_are_counted_by_continent_and_season():
    scenes, patches = (overview.count_by_group(SCENES, what) for what in ("scenes", "patches"))
    for table in (scenes, patches):
        assert list(table.index) == ["Africa", "Europe", "Unknown", "All"]
        assert list(table.columns) == ["Spring", "Summer", "Fall", "Winter", "All"]
    assert scenes.loc["Africa"].tolist() == [1, 0, 0, 0, 1]
    assert patches.loc["Europe"].tolist() == [0, 0, 30, 1234, 1264]
    assert scenes.loc["All", "All"] == 4
    assert patches.loc["All", "All"] == 1294
    with pytest.raises(ValueError, match="'pixels'"):
        overview.count_by_group(SCENES, "pixels")


def test_a_continent_whose_scenes_have_no_patches_still_has_a_row():
    table = overview.count_by_group(SCENES.assign(patches=0))
    assert list(table.index) == ["Africa", "Europe", "Unknown", "All"]
    assert not table.any(axis=None)


def test_no_scenes_make_a_table_of_nothing():
    table = overview.count_by_group(SCENES[:0])
    assert list(table.index) == ["All"]
    assert (table == 0).all(axis=None)


def test_the_published_counts_are_those_of_the_papers_table_1():
    patches, scenes = (overview.published_counts(what) for what in ("patches", "scenes"))
    assert list(scenes.index) == [*CONTINENTS, "All"]
    assert list(scenes.columns) == [*SEASONS, "All"]
    assert scenes.loc["Australia"].tolist() == [2, 6, 3, 2, 13]
    assert patches.loc["Australia", "Spring"] == 1547
    assert scenes.loc["All", "All"] == 252
    assert patches.loc["All", "All"] == 180_662


def test_a_part_of_sen12ms_is_compared_with_the_whole():
    # Without the first scene (spring, Africa, 784 patches), and with a patch more in the second.
    part = sen12ms_scenes().drop(index=0)
    part.loc[1, "patches"] += 1
    for what, less in (("scenes", -1), ("patches", -783)):
        table, sentence = overview.compare_with_published(part, what)
        assert table.loc["Africa"].tolist() == [less, 0, 0, 0, less]
        assert table.loc["All"].tolist() == [less, 0, 0, 0, less]
        assert not table.drop(index=["Africa", "All"]).any(axis=None)
        assert "251 of SEN12MS's 252 scenes and 179,879 of its 180,662 patches" in sentence


def test_a_difference_in_patches_alone_is_a_difference():
    less = sen12ms_scenes()
    less.loc[1, "patches"] -= 1
    table, _ = overview.compare_with_published(less, "scenes")
    assert table is not None and not table.any(axis=None)


def test_equal_counts_are_said_not_shown():
    assert overview.compare_with_published(sen12ms_scenes()) == (
        None,
        "Scenes and patches equal the paper's Table 1 in every cell.",
    )


def test_scenes_from_elsewhere_are_not_compared():
    mixed = pd.concat([sen12ms_scenes(), SCENES])
    table, sentence = overview.compare_with_published(mixed)
    assert table is None
    assert sentence.startswith("4 of this study's 256 scenes are not in SEN12MS")


def test_status_counts_come_by_frequency():
    patches = pd.DataFrame({"status": ["ok", "no labels", "ok", "damaged: cut short", "ok"]})
    table = overview.count_status(patches)
    assert table.iloc[0].tolist() == ["ok", 3]
    assert table.Patches.sum() == 5


def test_bands_stand_in_order_with_their_wavelengths():
    table = overview.band_table().set_index("Band")
    assert table.loc["blue"].tolist() == ["B2", 490, 10]
    assert table.loc["nir2"].tolist() == ["B8A", 865, 20]
    assert table["Wavelength (nm)"].is_monotonic_increasing


def test_every_land_use_code_stands_with_its_class():
    codes = dict(zip(CLASSES, overview.codes_of_classes(), strict=True))
    assert codes["Dense Forests"] == "10"
    assert codes["Open Forests"] == "20, 25 Forest/Cropland Mosaics"
    assert codes["Herbaceous"].startswith("30 Natural Herbaceous, 35 ")
    assert sum(text.count(",") + 1 for text in codes.values()) == len(LAND_USE_CLASSES)


def fractions(*rows: tuple[float, ...]) -> dict[str, list[float]]:
    return {f"fraction_{i}": [row[i] for row in rows] for i in range(8)}


def test_label_shares_weigh_patches_by_their_labelled_pixels():
    nothing = (np.nan,) * 8
    patches = pd.DataFrame(
        {"labelled": pd.array([300, 100, 0, None], dtype="Int64")}
        | fractions((1, *[0] * 7), (0, 0.5, *[0] * 5, 0.5), nothing, nothing)
    )
    shares = overview.label_shares(patches)
    assert shares == pytest.approx([0.75, 0.125, 0, 0, 0, 0, 0, 0.125])


def test_without_labels_there_are_no_shares():
    nothing = (np.nan,) * 8
    patches = pd.DataFrame(
        {"labelled": pd.array([0, None], dtype="Int64")} | fractions(nothing, nothing)
    )
    assert overview.label_shares(patches) is None
    assert overview.label_shares(patches[:0]) is None


def test_a_model_without_a_history_has_gaps_not_zeros():
    (row,) = overview.model_table([CARD]).itertuples(index=False)
    assert row[0] == "Africa"
    assert row[1:4] == (1, 1, 1)
    assert all(value is None for value in row[4:])


def test_settings_stand_beside_the_papers():
    cards = [
        replace(CARD, config={"learning_rate": 1e-3, "batch_size": 4, "seed": seed})
        for seed in (1, 2)
    ]
    cards.append(replace(CARD, config={"learning_rate": 1e-3, "batch_size": 4}))
    table = overview.settings_table(cards).set_index("Setting")
    assert table.loc["Learning rate"].tolist() == ["0.001", "0.0001"]
    assert table.loc["Batch size"].tolist() == ["4", "4"]
    assert table.loc["Optimiser"].tolist() == ["Adam", "Adam"]
    assert table.loc["Seed"].tolist() == ["1, 2, not told", ""]


def test_without_models_only_the_papers_settings_are_told():
    table = overview.settings_table([])
    assert dict(table.itertuples(index=False)) == published.table_3()

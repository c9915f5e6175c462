import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcviz.imagery import true_colour
from lcviz.landscapes.names import cluster_colours, name_clusters, ndvi
from lcviz.taxonomy import BANDS


def clusters(*rows: tuple[dict[str, float], dict[int, float]]) -> pd.DataFrame:
    """One row for each (means that are not 1000 DN, class shares that are not 0)."""
    return pd.DataFrame(
        [
            {f"mean_{band}": means.get(band, 1000.0) for band in BANDS}
            | {f"fraction_{i}": shares.get(i, 0.0) for i in range(8)}
            for means, shares in rows
        ]
    )


def test_a_cluster_is_called_by_its_most_frequent_classes() -> None:
    table = clusters(
        ({}, {0: 0.7, 7: 0.3}),
        ({}, {1: 0.5, 2: 0.4, 3: 0.1}),
        ({}, {6: 0.5, 2: 0.2, 3: 0.2, 4: 0.1}),
        ({}, dict.fromkeys(range(8), 0.125)),
    )
    assert name_clusters(table) == ("Dense forest", "Open forest / herbaceous", "Barren", "Mixed")


def test_clusters_of_the_same_classes_differ_by_greenness_then_brightness() -> None:
    grass = {2: 1.0}
    table = clusters(
        ({"nir1": 4000, "red": 1000}, grass),  # NDVI 0.6
        ({"nir1": 1000, "red": 1000, "blue": 3000}, grass),  # NDVI 0
        ({"nir1": 1000, "red": 1000, "blue": 1000}, grass),
    )
    assert name_clusters(table) == (
        "Herbaceous, deep green",
        "Herbaceous, no green, brighter",
        "Herbaceous, no green, darker",
    )


def test_water_has_no_greenness() -> None:
    table = clusters(({}, {7: 1.0}), ({"blue": 2000}, {7: 1.0}))
    assert name_clusters(table) == ("Water, darker", "Water, brighter")


def test_a_cluster_without_labels_says_so() -> None:
    assert name_clusters(clusters(({}, {0: np.nan}))) == ("Unlabelled",)


@given(st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_names_are_all_different(k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(8, 0.2), k)
    table = clusters(
        *(
            (dict(zip(BANDS, random.uniform(0, 6000, 10), strict=True)), dict(enumerate(row)))
            for row in shares
        )
    )
    names = name_clusters(table)
    assert len(set(names)) == k and all(names)


def test_a_cluster_has_the_colour_of_its_pictures() -> None:
    table = clusters(({"red": 3000}, {}), ({"green": 500, "blue": 700}, {}))
    dn = table[[f"mean_{band}" for band in BANDS]].to_numpy().astype(np.uint16)
    for colour, row in zip(cluster_colours(table), dn, strict=True):
        pixel = true_colour(row.reshape(10, 1, 1))[0, 0]
        assert colour == "#" + "".join(f"{value:02x}" for value in pixel)


def test_ndvi_by_hand() -> None:
    table = clusters(({"nir1": 3000, "red": 1000}, {}), ({"nir1": 0, "red": 0}, {}))
    assert ndvi(table)[0] == pytest.approx(0.5)
    assert np.isnan(ndvi(table)[1])


def test_clouds_and_snow_are_named_as_what_they_are() -> None:
    white = {"blue": 4289, "green": 4411, "red": 4316}
    grass, ice, unknown = {2: 0.7, 3: 0.3}, {5: 0.9, 6: 0.1}, dict.fromkeys(range(8), np.nan)
    table = clusters(
        (white | {"swir1": 3200}, grass),  # snow index 0.16
        (white | {"swir1": 1699}, grass),  # 0.44
        (white | {"swir1": 800}, grass),  # 0.69
        (white | {"swir1": 800}, ice),
        (white | {"swir1": 3200}, unknown),
        ({"blue": 1697, "green": 2458, "red": 3646, "swir1": 4273}, {6: 1.0}),  # a bright desert
    )
    assert name_clusters(table) == (
        *("Cloud over herbaceous", "Cloud or snow over herbaceous", "Snow over herbaceous"),
        *("Snow and ice", "Cloud over unlabelled", "Barren"),
    )

"""Which scenes share ground: squares laid by hand, the real catalogue, other UTM zones."""

import numpy as np
import pandas as pd
from rasterio.crs import CRS
from rasterio.warp import transform

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.overlap import overlap_groups


def scenes(*ids: str) -> pd.DataFrame:
    """Scenes whose centres are not known."""
    return pd.DataFrame({"scene_id": ids, "longitude": np.nan, "latitude": np.nan})


def patches(**places: list[tuple[float, float]]) -> pd.DataFrame:
    """Scene -> centres of its patches in zone 37 south, m."""
    rows = [(scene, "EPSG:32737", *xy) for scene, found in places.items() for xy in found]
    return pd.DataFrame(rows, columns=["scene_id", "crs", "easting", "northing"])


def test_patches_share_ground_until_they_only_touch() -> None:
    here = (400_000.0, 8_000_000.0)
    for east, north, together in (
        (2559, 0, True),
        (2560, 0, False),
        (2559, -2559, True),
        (2559, 2560, False),
        (0, 0, True),
    ):
        table = patches(a=[here], b=[(here[0] + east, here[1] + north)])
        found = overlap_groups(scenes("a", "b"), table)
        assert found.to_dict() == {"a": "a", "b": "a" if together else "b"}, (east, north)


def test_groups_hang_together_through_others() -> None:
    x, y = 400_000.0, 8_000_000.0
    table = patches(
        a=[(x, y)], far=[(x + 90_000, y)], b=[(x + 40_000, y)], c=[(x + 2000, y), (x + 39_000, y)]
    )
    found = overlap_groups(scenes("a", "far", "b", "c"), table)
    assert found.to_dict() == {"a": "a", "far": "far", "b": "a", "c": "a"}


def test_zones_are_compared_on_the_ground() -> None:
    west, east = CRS.from_epsg(32631), CRS.from_epsg(32632)
    (x,), (y,) = transform(CRS.from_epsg(4326), west, [5.999], [50.0])
    for away, together in ((1000, True), (3000, False)):
        (other_x,), (other_y,) = transform(west, east, [x + away], [y])
        rows = [("a", "EPSG:32631", x, y), ("b", "EPSG:32632", other_x, other_y)]
        table = pd.DataFrame(rows, columns=["scene_id", "crs", "easting", "northing"])
        assert overlap_groups(scenes("a", "b"), table).nunique() == (1 if together else 2)


def test_without_patches_the_centres_of_sen12ms_tell() -> None:
    catalogue = sen12ms_scenes()
    found = overlap_groups(catalogue)
    east = np.radians(catalogue.longitude.to_numpy())
    north = np.radians(catalogue.latitude.to_numpy())
    apart_x = np.abs(east[:, None] - east) * np.cos((north[:, None] + north) / 2) * 6371.0088
    apart_y = np.abs(north[:, None] - north) * 6371.0088
    near = np.maximum(apart_x, apart_y)
    group = found.to_numpy()
    for a, b in zip(*np.where(np.triu(near < 36.8, 1)), strict=True):
        assert group[a] == group[b]
    pairs = np.triu(near < 26, 1)
    assert pairs.sum() == 8  # As an audit found them: 8 to 26 km apart, every pair in two seasons.
    assert all(
        catalogue.season[a] != catalogue.season[b] for a, b in zip(*np.where(pairs), strict=True)
    )
    assert (found.value_counts() > 1).sum() == 10


def test_a_scene_without_a_place_is_alone_and_so_is_no_scene() -> None:
    assert overlap_groups(scenes("a", "b")).to_dict() == {"a": "a", "b": "b"}
    assert overlap_groups(scenes()).empty

"""Which scenes can share ground, so that one must not judge a model that learned from the other.

Patches are squares in the coordinates of their scene's UTM zone. Two scenes of one zone share
ground where two centres lie nearer than a patch's side along both axes; across zones, whose axes
are turned against each other, a patch counts as the square around it along the other's axes. A
scene none of whose patches is known counts as one square of `SCENE_SPAN` around its centre.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.crs import CRS
from rasterio.warp import transform as reproject_points
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from lcviz.data.patchfile import PIXEL_SIZE
from lcviz.georeference import to_longitude_latitude
from lcviz.taxonomy import PATCH_SIZE, PATCH_STRIDE

SCENE_SPAN: Final = (27 * PATCH_STRIDE + PATCH_SIZE) * PIXEL_SIZE
"""Side of the largest scenes, 28 x 28 patches, in metres."""
_TOUCHING: Final = 0.01
"""Metres: squares that share no more than a border share no ground."""
_EARTH_RADIUS: Final = 6_371_008.8
_SHRINK: Final = 0.9
"""Distances on the sphere are taken for at least so much of those in a projection: UTM stretches
by less than 1% within reach of a zone, and the earth is no sphere by 0.3%."""


@dataclass(frozen=True, eq=False)
class _Ground:
    """The squares of ground of one scene."""

    crs: CRS
    x: npt.NDArray[np.float64]
    """Eastings of the squares' centres, m."""
    y: npt.NDArray[np.float64]
    half: float
    """Half of a square's side, m."""

    @property
    def corners(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """All corners, (4, n) each."""
        signs = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])[:, :, None] * self.half
        return self.x + signs[:, 0], self.y + signs[:, 1]


def overlap_groups(scenes: pd.DataFrame, patches: pd.DataFrame | None = None) -> "pd.Series[str]":
    """Group the scenes that can share ground, directly or through others.

    Args:
        scenes: scene_id, longitude and latitude (degrees, centre; NaN where unknown).
        patches: scene_id, crs (as `rasterio.crs.CRS.from_user_input` takes it, or None), easting
            and northing (of the centre, m); None where no patch's place is known.

    Returns:
        By scene id, in the order of `scenes`: the id of the first scene of its group; a scene whose
        place nobody knows is a group of its own.
    """
    grounds = _grounds(scenes, patches)
    ids = list(scenes.scene_id)
    owner = {scene_id: place for place, scene_id in enumerate(ids)}
    pairs = [
        (owner[grounds[a][0]], owner[grounds[b][0]])
        for a, b in _near([ground for _, ground in grounds])
        if grounds[a][0] != grounds[b][0] and _share_ground(grounds[a][1], grounds[b][1])
    ]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(ids), len(ids)))
    _, component = connected_components(links, directed=False)
    first = pd.Series(ids, dtype=object).groupby(component).first()
    return pd.Series(first.loc[component].to_numpy(), index=ids, name="overlap_group")


def _grounds(scenes: pd.DataFrame, patches: pd.DataFrame | None) -> list[tuple[str, _Ground]]:
    """Scenes whose ground is known, with it: one entry for each UTM zone that a scene lies in."""
    known = None if patches is None else patches[patches.crs.notna()]
    listed = set(scenes.scene_id)
    found = [
        (
            str(scene_id),
            _Ground(
                CRS.from_user_input(crs),
                members.easting.to_numpy(dtype=np.float64),
                members.northing.to_numpy(dtype=np.float64),
                PATCH_SIZE * PIXEL_SIZE / 2,
            ),
        )
        for (scene_id, crs), members in (
            () if known is None else known.groupby(["scene_id", "crs"], sort=False)
        )
        if scene_id in listed
    ]
    measured = {scene_id for scene_id, _ in found}
    for row in scenes[~scenes.scene_id.isin(measured)].itertuples():
        if np.isfinite(row.longitude) and np.isfinite(row.latitude):
            crs = _utm_zone(row.longitude, row.latitude)
            x, y = reproject_points(
                CRS.from_epsg(4326), crs, [float(row.longitude)], [float(row.latitude)]
            )
            ground = _Ground(crs, np.array(x), np.array(y), SCENE_SPAN / 2)
            found.append((str(row.scene_id), ground))
    return found


@lru_cache(maxsize=120)
def _utm_zone(longitude: float, latitude: float) -> CRS:
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def _near(grounds: list[_Ground]) -> Iterator[tuple[int, int]]:
    """Pairs whose bounding circles meet: few of many."""
    if not grounds:
        return
    middles, reaches = [], []
    for ground in grounds:
        x, y = ground.corners
        middle = np.array([(x.min() + x.max()) / 2]), np.array([(y.min() + y.max()) / 2])
        longitude, latitude = np.radians(to_longitude_latitude(*middle, ground.crs)).ravel()
        middles.append(
            (
                np.cos(latitude) * np.cos(longitude),
                np.cos(latitude) * np.sin(longitude),
                np.sin(latitude),
            )
        )
        reaches.append(float(np.hypot(x - middle[0], y - middle[1]).max()))
    tree = KDTree(np.array(middles) * _EARTH_RADIUS)
    for a, b in tree.query_pairs(2 * max(reaches) / _SHRINK):
        apart = float(np.linalg.norm(tree.data[a] - tree.data[b]))
        if apart * _SHRINK < reaches[a] + reaches[b]:
            yield a, b


def _share_ground(one: _Ground, other: _Ground) -> bool:
    x, y = other.x, other.y
    half_x = half_y = other.half
    if one.crs != other.crs:
        shape = other.corners[0].shape
        corners = reproject_points(other.crs, one.crs, *(c.ravel() for c in other.corners))
        corner_x, corner_y = (np.reshape(c, shape) for c in corners)
        low_x, high_x, low_y, high_y = (
            corner_x.min(axis=0),
            corner_x.max(axis=0),
            corner_y.min(axis=0),
            corner_y.max(axis=0),
        )
        x, y = (low_x + high_x) / 2, (low_y + high_y) / 2
        half_x, half_y = (high_x - low_x).max() / 2, (high_y - low_y).max() / 2
    # Along each axis in units of the distance at which two squares touch.
    units = np.array([one.half + half_x, one.half + half_y])
    tree = KDTree(np.stack([one.x, one.y], axis=1) / units)
    nearest, _ = tree.query(np.stack([x, y], axis=1) / units, p=np.inf)
    return bool(nearest.min() * units.min() < units.min() - _TOUCHING)

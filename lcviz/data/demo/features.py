"""Shapes that people and water draw: parcels, towns, roads, rivers, dunes.

All functions take one scene's `Noise` and work pixel by pixel, on (size, size) arrays.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.noise import Floats, Hashes, Noise, cells, hashed, key, uniform
from lcviz.data.demo.recipes import Style

Mask = npt.NDArray[np.bool_]
SECTION = 160.0
"""Side of a survey section: one mile, in pixels."""


def coordinates(noise: Noise) -> tuple[Floats, Floats]:
    """Pixel rows and columns as two full (size, size) arrays."""
    w = noise.window
    y, x = np.meshgrid(w.rows.astype(np.float64), w.columns.astype(np.float64), indexing="ij")
    return y, x


def chance(noise: Noise, name: str) -> float:
    """A number in [0, 1) that belongs to the whole scene."""
    return float(uniform(hashed(key(noise.seed, name)))[0])


def rotated(y: Floats, x: Floats, angle: Floats | float) -> tuple[Floats, Floats]:
    """Coordinates along and across a direction."""
    c, s = np.cos(angle), np.sin(angle)
    return x * c + y * s, y * c - x * s


@dataclass(frozen=True)
class Parcels:
    """Farmed parcels."""

    identity: Hashes
    """One hash per parcel."""
    edge: Floats
    """Distance to the parcel's border, pixels."""
    along: Floats
    """Position across the rows of a crop, pixels: for the pattern of tramlines."""


def parcels(noise: Noise, style: Style, y: Floats, x: Floats) -> Parcels:
    """Cut the ground into parcels, in one scene small ones, in another large."""
    seed = key(noise.seed, "parcels")
    grown = 2 * chance(noise, "size of parcels") - 1
    if style.layout == "sections":
        size = (style.parcel[0] * 1.6**grown, style.parcel[1] * 1.6**grown)
        return _sections(seed, size, style.pivots, y, x, chance(noise, "survey angle") * 0.12)
    size = (style.parcel[0] * 1.7**grown, style.parcel[1] * 2.6**grown)
    y = y + 9 * noise.fractal("parcel warp down", 160, 3)
    x = x + 9 * noise.fractal("parcel warp along", 160, 3)
    district, _, border = cells(seed, 6.5 * size[0], y, x)
    angle = np.pi * uniform(district)
    u, v = rotated(y, x, angle)
    length = size[0] * (0.7 + 0.8 * uniform(hashed(district, 1)))
    width = size[1] * (0.7 + 0.8 * uniform(hashed(district, 2)))
    strip = np.floor(v / width).astype(np.int64)
    shift = uniform(hashed(district, strip, 3))
    lot = np.floor(u / length + shift).astype(np.int64)
    # Neighbours that are worked together make parcels of unequal size.
    lot = np.where(uniform(hashed(district, strip, lot >> 1, 4)) < 0.4, lot | 1, lot)
    strip = np.where(uniform(hashed(district, strip >> 1, lot, 5)) < 0.3, strip | 1, strip)
    identity = hashed(district, strip, lot)
    across = np.abs((v / width) % 1 - 0.5)
    beside = np.abs((u / length + shift) % 1 - 0.5)
    edge = np.minimum(np.minimum((0.5 - across) * width, (0.5 - beside) * length), border / 2)
    return Parcels(identity, edge, v)


def _sections(
    seed: int, size: tuple[float, float], pivots: float, y: Floats, x: Floats, tilt: float
) -> Parcels:
    u, v = rotated(y, x, tilt)
    length, width = 2 * size[0], 2 * size[1]
    column, row = np.floor(u / length).astype(np.int64), np.floor(v / width).astype(np.int64)
    fu, fv = u - column * length, v - row * width
    quarter = hashed(seed, row, column)
    pick = uniform(hashed(quarter, 7))
    # A quarter stays whole, or is split along one axis or both; the cuts need not be even.
    cut_u, cut_v = length * (0.35 + 0.3 * uniform(hashed(quarter, 8))), width * 0.5
    split_u, split_v = (pick > 0.3) & (pick < 0.85), pick > 0.55
    part_u, part_v = split_u & (fu > cut_u), split_v & (fv > cut_v)
    edge = np.minimum(np.minimum(fu, length - fu), np.minimum(fv, width - fv))
    edge = np.where(split_u, np.minimum(edge, np.abs(fu - cut_u)), edge)
    edge = np.where(split_v, np.minimum(edge, np.abs(fv - cut_v)), edge)
    radius = np.hypot(fu - length / 2, fv - width / 2)
    reach = min(length, width) / 2 - 1.5
    pivot = uniform(hashed(quarter, 9)) < pivots
    circle = pivot & (radius < reach)
    # A half-harvested circle: one sector differs.
    turn = np.arctan2(fv - width / 2, fu - length / 2) / (2 * np.pi) + 0.5
    sector = (turn + uniform(hashed(quarter, 10))) % 1 < 0.35 * uniform(hashed(quarter, 11))
    part_u, part_v = np.where(pivot, circle, part_u), np.where(pivot, circle & sector, part_v)
    edge = np.where(pivot, np.abs(radius - reach), edge)
    return Parcels(hashed(quarter, part_u, part_v), edge, np.where(pivot, radius, v))


@dataclass(frozen=True)
class Towns:
    """Settlements and their streets."""

    reach: Floats
    """Distance from the centre over the town's radius: 1 at the edge."""
    street: Mask
    town: Hashes
    """One hash per settlement."""
    quarter: Hashes
    """One hash per quarter of a few hundred metres, which is built in one manner."""
    estate: Hashes
    """One hash per district of about a kilometre, as large works need."""
    block: Hashes
    """One hash per block of houses."""
    lot: Hashes
    """One hash per plot of about 20 m."""
    yard: Hashes
    """One hash per large plot, as industry has."""
    hall: Mask
    """Whether the building on the large plot covers the pixel."""


def towns(
    noise: Noise, sizes: tuple[float, float, float], style: Style, y: Floats, x: Floats
) -> Towns:
    """Settlements of many sizes, with streets in a grid that each quarter turns its own way."""
    spacing, smallest, largest = sizes
    seed = key(noise.seed, "towns")

    def radius(town: Hashes) -> Floats:
        return smallest + (largest - smallest) * uniform(hashed(town, 1)) ** 2.2

    town, distance, _ = cells(seed, spacing, y, x, radius)
    ragged = noise.fractal("town edge", 90, 4, 0.6)
    reach = distance + 0.24 * ragged + 0.08 * noise.smooth("town lobes", 26)
    bend = style.crooked
    y = y + bend * noise.smooth("street warp down", 48)
    x = x + bend * noise.smooth("street warp along", 48)
    quarter, _, avenue = cells(seed + 1, 42, y, x)
    estate = cells(seed + 2, 110, y, x)[0]
    turned = np.pi / 2 * uniform(hashed(town, 2)) * (0.25 if style.layout == "sections" else 1.0)
    askew = 0.12 * style.crooked * (uniform(hashed(quarter, 2)) - 0.5)
    u, v = rotated(y, x, turned + askew)
    stretch = 0.75 + 0.7 * uniform(hashed(quarter, 3))
    length, width = style.streets[0] * stretch, style.streets[1] * stretch
    block_u, block_v = np.floor(u / length).astype(np.int64), np.floor(v / width).astype(np.int64)
    fu, fv = u - block_u * length, v - block_v * width
    street = (fu < 1.0) | (fv < 1.0) | (avenue < 1.6)
    size = 1.5 + 1.3 * uniform(hashed(quarter, 4))
    lot = hashed(quarter, np.floor(u / size).astype(np.int64), np.floor(v / size).astype(np.int64))
    yard, hall = _halls(quarter, u, v)
    block = hashed(quarter, block_u, block_v)
    return Towns(reach, street, town, quarter, estate, block, lot, yard, hall)


def _halls(quarter: Hashes, u: Floats, v: Floats) -> tuple[Hashes, Mask]:
    """Large plots of 60 to 300 m, and on each a building that leaves a margin of its own."""
    length = 8 + 22 * uniform(hashed(quarter, 5)) ** 2
    width = 6 + 14 * uniform(hashed(quarter, 6)) ** 2
    row, column = np.floor(v / width).astype(np.int64), np.floor(u / length).astype(np.int64)
    yard = hashed(quarter, row, column, 7)
    fu, fv = u / length - column, v / width - row
    near, far = 0.05 + 0.4 * uniform(hashed(yard, 1)), 0.95 - 0.35 * uniform(hashed(yard, 2))
    low, high = 0.08 + 0.4 * uniform(hashed(yard, 3)), 0.95 - 0.3 * uniform(hashed(yard, 4))
    return yard, (fu > near) & (fu < far) & (fv > low) & (fv < high)


def roads(noise: Noise, spacing: float, y: Floats, x: Floats) -> Mask:
    """Winding roads in two directions, about 15 m wide."""
    result = np.zeros(y.shape, dtype=np.bool_)
    if spacing == 0:
        return result
    angle = np.pi * chance(noise, "road angle")
    for number in range(2):
        bend, down, along = noise.relief(f"road {number}", 512, 3, 0.4, ridged=0.0)
        u, _ = rotated(y, x, angle + number * np.pi / 2)
        u = u + 70 * bend
        line = np.floor(u / spacing).astype(np.int64)
        distance = np.abs(u - (line + 0.5) * spacing)
        steepness = np.hypot(
            np.cos(angle + number * np.pi / 2) + 70 * along,
            np.sin(angle + number * np.pi / 2) + 70 * down,
        )
        there = uniform(hashed(key(noise.seed, "road", number), line)) < 0.75
        result |= there & (distance < 0.75 * np.maximum(steepness, 0.4))
    return result


def rivers(
    noise: Noise, spacing: float, width: float, y: Floats, x: Floats
) -> tuple[Floats, Floats]:
    """Distance to the nearest river's middle, and half of that river's width, in pixels."""
    angle = np.pi * chance(noise, "river angle")
    valley, valley_down, valley_along = noise.relief("valley", 900, 2, 0.4, ridged=0.0)
    bend, bend_down, bend_along = noise.relief("meander", 130, 3, 0.35, ridged=0.0)
    _, v = rotated(y, x, angle)
    v = v + 160 * valley + 20 * bend + spacing * chance(noise, "river start")
    down = np.cos(angle) + 160 * valley_down + 20 * bend_down
    along = -np.sin(angle) + 160 * valley_along + 20 * bend_along
    number = np.floor(v / spacing).astype(np.int64)
    size = uniform(hashed(key(noise.seed, "river"), number))
    distance = np.abs(v - (number + 0.5) * spacing) / np.maximum(np.hypot(down, along), 0.35)
    half = width * (0.25 + 1.1 * size**1.5) * (1 + 0.18 * noise.smooth("river width", 30))
    return distance, half / 2


def dunes(noise: Noise, y: Floats, x: Floats) -> Floats:
    """Light on dunes: about -1 on the lee side, 1 on the windward side."""
    angle = np.pi * chance(noise, "wind")
    u, v = rotated(y, x, angle)
    length = 20 + 22 * chance(noise, "dune length")
    warp = 16 * noise.fractal("dune warp", 140, 4, 0.45) + 3 * np.sin(v / 13.0)
    phase = 2 * np.pi * (u + warp) / length
    strength = np.clip(0.6 + 0.45 * noise.fractal("dune strength", 200, 2), 0.05, 1.3)
    return strength * (0.75 * np.sin(phase) + 0.32 * np.sin(2 * phase + 0.9))

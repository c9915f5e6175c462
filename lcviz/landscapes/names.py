"""What clusters of patches are called, and the colours they are drawn in.

Sixteen to twenty-four colours cannot be told apart by everybody, so a cluster is known by its
number, called by what it holds, and drawn in its own mean true colour.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.imagery import true_colour
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.taxonomy import CLASSES

_SHORT_CLASSES: Final = (
    "dense forest",
    "open forest",
    "herbaceous",
    "shrubland",
    "urban",
    "snow and ice",
    "barren",
    "water",
)
_ALONE: Final = 0.6
"""A class with this share names a cluster alone."""
_NAMED: Final = 0.25
"""A class with less is not in the name."""
_GREENNESS: Final = (
    (0.1, "no green"),
    (0.25, "little green"),
    (0.4, "dull green"),
    (0.55, "green"),
)
"""Upper ends of the index and what is said below them; above the last, deep green. Chosen on
SEN12MS's top-of-atmosphere DN, where haze makes the index smaller than it is on the ground."""
_BRIGHT: Final = 2500
"""DN, mean of blue, green and red, from which on a white cluster is no bare land: deserts are as
bright in red alone."""
_WHITE: Final = 0.3
"""Spread of blue, green and red over their mean below which a cluster is white (the whiteness test
of Zhu & Woodcock 2012, Remote Sensing of Environment 118, 83-94, made strict for means)."""
_SNOW_INDEX: Final = ((0.3, "cloud"), (0.6, "cloud or snow"))
"""Upper ends of the normalised difference snow index; above the last, snow (Hall, Riggs &
Salomonson 1995, ibid. 54, 127-140, take 0.4 for snow that fills a pixel)."""
_SNOW_CLASS: Final = CLASSES.index("Permanent Snow and Ice")
_WATER: Final = CLASSES.index("Water Bodies")


def name_clusters(clusters: pd.DataFrame) -> tuple[str, ...]:
    """Call each cluster by its most frequent classes, and by its looks where those are not enough.

    Names are all different: clusters of the same classes are told apart by greenness (NDVI of the
    mean), and those that are still the same from dark to bright. White ones are called cloud or
    snow, whatever land the labels hold below it.

    Args:
        clusters: mean_<band> (DN) and fraction_<class index> (NaN where nothing is labelled), one
            row a cluster.
    """
    white = _white(clusters)
    classes = [
        _under(word, shares) if word else _in_classes(shares)
        for word, shares in zip(white, _fractions(clusters), strict=True)
    ]
    looks = [
        "" if word or shares[_WATER] >= _ALONE else _greenness(index)
        for word, shares, index in zip(white, _fractions(clusters), ndvi(clusters), strict=True)
    ]
    names = [
        f"{base}, {look}" if look and classes.count(base) > 1 else base
        for base, look in zip(classes, looks, strict=True)
    ]
    brightness = clusters[MEANS[:3]].mean(axis=1).to_numpy()
    order = sorted(range(len(names)), key=lambda i: (names[i], brightness[i]))
    for _, same in groupby(order, key=names.__getitem__):
        members = list(same)
        for member, shade in zip(members, _shades(len(members)), strict=True):
            names[member] += shade
    return tuple(name[0].upper() + name[1:] for name in names)


def cluster_colours(clusters: pd.DataFrame) -> tuple[str, ...]:
    """The true colour of each cluster's mean, `#rrggbb`, stretched as the pictures are."""
    dn = clusters[MEANS].to_numpy(dtype=float)
    bands = np.clip(np.rint(dn), 0, np.iinfo(np.uint16).max).astype(np.uint16).T[:, np.newaxis]
    return tuple(f"#{bytes(colour).hex()}" for colour in true_colour(bands)[0])


def ndvi(clusters: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Normalised difference vegetation index of each mean, (NIR - red) / (NIR + red), -1 to 1.

    NIR is B8. Source: Rouse et al. 1974. It is NaN where both are zero.
    """
    near_infrared, red = (clusters[f"mean_{b}"].to_numpy(dtype=float) for b in ("nir1", "red"))
    total = near_infrared + red
    return np.divide(near_infrared - red, total, out=np.full(len(total), np.nan), where=total > 0)


def _fractions(clusters: pd.DataFrame) -> npt.NDArray[np.float64]:
    return clusters[FRACTIONS].to_numpy(dtype=float)


def _in_classes(shares: npt.NDArray[np.float64]) -> str:
    if np.isnan(shares).any():
        return "unlabelled"
    first, second = (int(index) for index in np.argsort(-shares, kind="stable")[:2])
    if shares[first] >= _ALONE or (shares[first] >= _NAMED > shares[second]):
        return _SHORT_CLASSES[first]
    if shares[first] < _NAMED:
        return "mixed"
    return f"{_SHORT_CLASSES[first]} / {_SHORT_CLASSES[second]}"


def _white(clusters: pd.DataFrame) -> list[str]:
    """`cloud`, `cloud or snow` or `snow` where a mean is bright and white, else empty."""
    visible = clusters[MEANS[:3]].to_numpy(dtype=float)
    mean = visible.mean(axis=1)
    white = (mean >= _BRIGHT) & (np.ptp(visible, axis=1) < _WHITE * mean)
    green, swir = (clusters[f"mean_{band}"].to_numpy(dtype=float) for band in ("green", "swir1"))
    index = (green - swir) / np.maximum(green + swir, 1)
    return [
        next((word for limit, word in _SNOW_INDEX if value < limit), "snow") if is_white else ""
        for value, is_white in zip(index, white, strict=True)
    ]


def _under(word: str, shares: npt.NDArray[np.float64]) -> str:
    """Cloud or snow over what the labels say; snow over labelled snow is that alone."""
    land = _in_classes(shares)
    if land == _SHORT_CLASSES[_SNOW_CLASS]:
        return land
    return f"{word} over {land}"


def _greenness(index: float) -> str:
    if np.isnan(index):
        return ""
    return next((word for limit, word in _GREENNESS if index < limit), "deep green")


def _shades(n: int) -> Sequence[str]:
    if n == 1:
        return ("",)
    if n == 2:
        return ", darker", ", brighter"
    return [f", shade {number} of {n}" for number in range(1, n + 1)]

"""How far an image's pixels lie within what a group of scenes holds.

A whole scene lies farther out than 1%, even out of its own group: `scene_reference` tells how far.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data.histograms import Counts
from lcviz.distributions.curves import without
from lcviz.distributions.distances import outside_share, quantiles
from lcviz.taxonomy import BANDS, S2_BAND_NAMES

TAIL: Final = 0.01
"""Share of a group's pixels that lies outside its own range."""


@dataclass(frozen=True, eq=False)
class ImageFit:
    """An image beside a group."""

    image: str
    """Its name for people, with an article: "The scene Spring 12"."""
    group: str
    whose: str
    """The pixels it is compared with: "Africa", or "Africa's other scenes"."""
    pixels: int
    """How many valid pixels the image has."""
    ranges: npt.NDArray[np.int64]
    """DN, (10, 2): the central 99% of the group's pixels, band by band."""
    outside: npt.NDArray[np.float64]
    """(10,), share of the image's pixels beyond that range, 0 to 1."""


def fit(
    image: str, counts: Counts, group: str, of_group: Counts, own_scene: Counts | None
) -> ImageFit | None:
    """Compare an image with a group.

    Args:
        image: its name for people.
        counts: its pixels, (10, DNs).
        group: name of the group.
        of_group: the group's pixels, (10, DNs).
        own_scene: the scene that the image is, or is part of, if it is one of the group: left out
            of the group where there are others, for no image can be foreign to itself.

    Returns:
        None if the image holds no valid pixel.
    """
    if not counts.any():
        return None
    whose = group
    if own_scene is not None:
        others = without(of_group, own_scene)
        if others.sum(-1).all():
            of_group, whose = others, f"{group}'s other scenes"
        else:
            whose = f"{group}, whose only scene this is"
    return ImageFit(
        image=image,
        group=group,
        whose=whose,
        pixels=int(counts[0].sum()),
        ranges=np.stack([quantiles(band, (TAIL / 2, 1 - TAIL / 2)) for band in of_group]),
        outside=outside_share(counts, of_group, TAIL),
    )


def outside_in_words(
    image: str, whose: str, pixels: int, outside: npt.NDArray[np.float64], bands: list[int]
) -> str:
    """A plain sentence, as Markdown: how much lies outside, without saying whether that is much.

    Args:
        image: its name for people, at the start of a sentence.
        whose: the pixels it is compared with.
        pixels: how many valid pixels the image has.
        outside: (10,), share of them beyond the central 99% of the others, 0 to 1.
        bands: which bands count.
    """
    shares = outside[bands]
    worst = bands[int(shares.argmax())]
    over = f"over {len(bands)} bands, each by itself" if len(bands) > 1 else f"in {_band(worst)}"
    said = (
        f"{image}: {over}, **{shares.mean():.1%}** of its pixels (n = {pixels:,}) lie outside the "
        f"central {1 - TAIL:.0%} of {whose}"
    )
    if len(bands) > 1 and outside[worst] > 2 * TAIL:
        said += f", most in {_band(worst)} ({outside[worst]:.1%})"
    return f"{said}."


def fit_rows(found: ImageFit) -> pd.DataFrame:
    """One row a band: band, from_dn and to_dn (the group's central range), share_outside."""
    return pd.DataFrame(
        {
            "band": BANDS,
            "from_dn": found.ranges[:, 0],
            "to_dn": found.ranges[:, 1],
            "share_outside": found.outside,
        }
    )


def _band(band: int) -> str:
    return f"{BANDS[band]} ({S2_BAND_NAMES[band]})"

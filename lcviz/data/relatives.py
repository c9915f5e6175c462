"""Datasets that look like SEN12MS and are not: told by the names of their folders."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple


class Relative(NamedTuple):
    """A dataset that is laid out like SEN12MS."""

    name: str
    pattern: re.Pattern[str]
    """Names of folders and files that it alone has."""
    advice: str
    """What it lacks for a study, and what can be done with it, in words."""


_INSTEAD: Final = (
    "For a study take SEN12MS itself; the Sentinel-2 files of this can be predicted one by one: "
    "python -m precompute predict S2.tif MAP.tif --study STUDY --model MODEL"
)
RELATIVES: Final = (
    Relative(
        "SEN12MS-CR",
        re.compile(r"ROIs\d+_(spring|summer|fall|winter)_s2_cloudy(\..*)?|s2_cloudy_\d+", re.I),
        f"it holds cloudy images beside clear ones, and no labels. {_INSTEAD}",
    ),
    Relative(
        "SEN12MS-CR-TS",
        re.compile(r"ROIs\d+|s[12]_(africa|america|asiaEast|asiaWest|europa)(\..*)?", re.I),
        f"it holds series of cloudy images in larger tiles, and no labels. {_INSTEAD}",
    ),
)


def advice_on(names: Iterable[str]) -> list[str]:
    """What to do with the datasets that some names are of, one sentence each."""
    found = dict.fromkeys(relative for name in names if (relative := relative_of(name)))
    return [f"This looks like {r.name}, which is not SEN12MS: {r.advice}." for r in found]


def relative_of(name: str) -> Relative | None:
    """The dataset that has a folder or a file of that name, where it is not SEN12MS."""
    return next((r for r in RELATIVES if r.pattern.fullmatch(name)), None)

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


_ONE_BY_ONE: Final = (
    "A study cannot be made of it; its Sentinel-2 files can be predicted one by one: "
    "python -m precompute predict S2.tif MAP.tif --study STUDY --model MODEL"
)
RELATIVES: Final = (
    Relative(
        "DFC2020",
        re.compile(r"ROIs0000(_.*)?|dfc_\d+|(.*_)?dfc(_.*)?|DFC_Public_Dataset|dfc2020.*", re.I),
        f"its labels are of 10 m and of other classes. {_ONE_BY_ONE}, and such a map measured with "
        "its labels: python -m precompute assess MAP.tif --reference DFC.tif --scheme dfc2020",
    ),
    Relative(
        "SEN12MS-CR",
        re.compile(r"ROIs\d+_(spring|summer|fall|winter)_s2_cloudy(\..*)?|s2_cloudy_\d+", re.I),
        "it holds cloudy images beside clear ones, and no labels. For a study take SEN12MS itself; "
        "of this, its Sentinel-2 files can be predicted one by one: "
        "python -m precompute predict S2.tif MAP.tif --study STUDY --model MODEL",
    ),
    Relative(
        "SEN12MS-CR-TS",
        re.compile(r"ROIs\d+|s[12]_(africa|america|asiaEast|asiaWest|europa)(\..*)?", re.I),
        f"it holds series of cloudy images in larger tiles, and no labels. {_ONE_BY_ONE}",
    ),
)


def advice_on(names: Iterable[str]) -> list[str]:
    """What to do with the datasets that some names are of, one sentence each."""
    found = dict.fromkeys(relative for name in names if (relative := relative_of(name)))
    return [f"This looks like {r.name}, which is not SEN12MS: {r.advice}." for r in found]


def relative_of(name: str) -> Relative | None:
    """The dataset that has a folder or a file of that name, where it is not SEN12MS."""
    return next((r for r in RELATIVES if r.pattern.fullmatch(name)), None)

"""The 252 scenes of SEN12MS: where they lie and how many patches each has."""

import csv
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from lcviz.errors import DatasetError
from lcviz.taxonomy import CONTINENTS, SEASONS

_FACTS: Final = Path(__file__).parent / "facts" / "scenes.csv"
_COUNTRIES: Final = _FACTS.with_name("countries.csv")

SEASON_FOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Spring": "ROIs1158_spring",
        "Summer": "ROIs1868_summer",
        "Fall": "ROIs1970_fall",
        "Winter": "ROIs2017_winter",
    }
)
"""Season -> SEN12MS's folder. Any other `ROIs<number>_<season>` folder is no part of SEN12MS."""


def sen12ms_scenes() -> pd.DataFrame:
    """Every scene of SEN12MS.

    Returns:
        One row for each of the 252 scenes: scene_id, season ("Spring"), scene (int), longitude and
        latitude (degrees, centre), country (ISO 3166 code), continent, patches (int: how many
        SEN12MS has there) and holdout (bool: one of its 26 official hold-out scenes).

    Source: `facts/scenes.csv`, whose sums reproduce Table 1 of Hu, Robinson & Dilkina
    (arXiv:2008.10351) exactly.
    """
    return _sen12ms_scenes().copy()


@cache
def _sen12ms_scenes() -> pd.DataFrame:
    scenes = read_scenes(_FACTS)
    ids = [f"{SEASON_FOLDERS[s]}_{n}" for s, n in zip(scenes.season, scenes.scene, strict=True)]
    scenes.insert(0, "scene_id", ids)
    return scenes


@cache
def country_names() -> Mapping[str, str]:
    """ISO 3166 code -> everyday English name, of every country that holds a scene."""
    with _COUNTRIES.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["code"]: row["name"] for row in csv.DictReader(file)})


def read_scenes(path: Path) -> pd.DataFrame:
    """Read a `scenes.csv`: the catalogue itself, or one that describes other scenes.

    The file has a header and the columns season (in lower case), scene, longitude, latitude,
    country, continent, patches and holdout (0 or 1). Country and continent may be empty.

    Returns:
        season ("Spring"), scene (int), longitude, latitude (float), country, continent (str or
        None), patches (int), holdout (bool), in the file's order.

    Raises:
        DatasetError: The file cannot be read, or a value is not of its column's kind; the message
            names line and column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(
                    f"{path}, line 1: no column {', '.join(missing)}; "
                    f"expected the header {','.join(_COLUMNS)}"
                )
            rows = [_parse(row, f"{path}, line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as a CSV file: {error}") from error
    # Text columns stay object: a "str" column would turn None into NaN.
    scenes = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object).astype(
        {"season": str, "scene": int, "longitude": float, "latitude": float}
        | {"patches": int, "holdout": bool}
    )
    twice = scenes[scenes.duplicated(["season", "scene"])]
    if len(twice):
        raise DatasetError(
            f"{path}: {twice.season.iloc[0].lower()} scene {twice.scene.iloc[0]} stands in it twice"
        )
    return scenes


def _parse(row: dict[str, str | None], place: str) -> dict[str, Any]:
    parsed = {}
    for name, (parse, expected) in _COLUMNS.items():
        text = row[name]
        try:
            if text is None:
                raise ValueError("the line ends early")
            parsed[name] = parse(text.strip())
        except ValueError as error:
            raise DatasetError(
                f"{place}, column {name}: {text!r} is not {expected}; correct that value"
            ) from error
    return parsed


def _season(text: str) -> str:
    return SEASONS[[season.lower() for season in SEASONS].index(text)]


def _continent(text: str) -> str | None:
    return CONTINENTS[CONTINENTS.index(text)] if text else None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def _degrees(limit: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and abs(value) <= limit):
            raise ValueError(text)
        return value

    return parse


def _flag(text: str) -> bool:
    return bool(("0", "1").index(text))


_COLUMNS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = MappingProxyType(
    {
        "season": (_season, "spring, summer, fall or winter"),
        "scene": (_count, "a whole number"),
        "longitude": (_degrees(180), "a longitude in degrees, -180 to 180"),
        "latitude": (_degrees(90), "a latitude in degrees, -90 to 90"),
        "country": (lambda text: text or None, "a country"),
        "continent": (_continent, f"empty or one of {', '.join(CONTINENTS)}"),
        "patches": (_count, "a whole number"),
        "holdout": (_flag, "0 or 1"),
    }
)
"""Column -> how its text is read (ValueError when it cannot be), and what is expected there."""

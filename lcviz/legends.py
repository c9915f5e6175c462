"""Legends of land-cover maps: which class each number stands for, and what land that is."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lcviz.errors import ConfigurationError
from lcviz.taxonomy import CLASSES, NO_LABEL

Kinds = frozenset[str]
_FOREST: Final = "dense forest, open forest"
_MIXED: Final = ""
"""Of a class that says nothing certain about the land."""


@dataclass(frozen=True)
class SchemeClass:
    """One class of a scheme."""

    name: str
    kinds: Kinds
    """Kinds of land that it may be; none where it mixes what others keep apart."""


@dataclass(frozen=True)
class Scheme:
    """A legend: the classes that a map's or a label's numbers stand for."""

    name: str
    title: str
    classes: Mapping[int, SchemeClass]

    @property
    def kinds(self) -> Kinds:
        """All kinds of land that its classes may be."""
        return frozenset().union(*(each.kinds for each in self.classes.values()))

    def code_of(self, label: object) -> int | None:
        """The code of a label that is a code (7, 7.0, "7") or a class's name; None if neither."""
        text = str(label).strip()
        names = {each.name.casefold(): code for code, each in self.classes.items()}
        if text.casefold() in names:
            return names[text.casefold()]
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            return None
        return int(number) if number.is_integer() and int(number) in self.classes else None


def find_scheme(name_or_file: str) -> Scheme:
    """A scheme by its name, or read from a CSV with the columns code, name and class.

    `class` holds names of the eight classes (or of the kinds of land of this module), several
    parted by a semicolon, or nothing for a class that is to be set aside.

    Raises:
        ConfigurationError: there is no such scheme, or the file cannot be read as one.
    """
    if name_or_file in SCHEMES:
        return SCHEMES[name_or_file]
    file = Path(name_or_file).expanduser()
    if not file.is_file():
        raise ConfigurationError(
            f"There is no scheme {name_or_file!r} and no such file. Known: {', '.join(SCHEMES)}"
        )
    return _read_scheme(file)


def _read_scheme(file: Path) -> Scheme:
    names = {name.casefold(): each.kinds for name, each in _EIGHT_BY_NAME.items()}
    names |= {kind: frozenset({kind}) for kind in _KINDS}
    classes = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            sample = opened.read(4096)
            opened.seek(0)
            rows = list(csv.DictReader(opened, delimiter=";" if _semicolons(sample) else ","))
        for row in rows:
            said = [part.strip().casefold() for part in (row["class"] or "").split(";")]
            kinds = [names[part] for part in said if part]
            classes[int(row["code"])] = SchemeClass(row["name"], frozenset().union(*kinds))
    except KeyError as error:
        raise ConfigurationError(
            f"{file}: {error} is neither a column (code, name, class) nor a class. Classes: "
            f"{'; '.join(CLASSES)}; finer: {', '.join(sorted(_KINDS))}"
        ) from error
    except (OSError, UnicodeDecodeError, ValueError, TypeError, csv.Error) as error:
        raise ConfigurationError(
            f"{file} cannot be read as a table of classes ({error}); it needs UTF-8 text with the "
            "columns code, name and class"
        ) from error
    if not classes:
        raise ConfigurationError(f"{file} describes no class.")
    return Scheme(str(file), file.stem, classes)


def _semicolons(text: str) -> bool:
    head = text.splitlines()[0] if text else ""
    return head.count(";") > head.count(",")


def _scheme(name: str, title: str, classes: Mapping[int, tuple[str, str]]) -> Scheme:
    return Scheme(
        name,
        title,
        {
            code: SchemeClass(label, frozenset(k.strip() for k in kinds.split(",") if k.strip()))
            for code, (label, kinds) in classes.items()
        },
    )


_OF_EIGHT: Final = (
    "dense forest",
    "open forest",
    "grass, crops, wetland",
    "shrub",
    "built",
    "snow",
    "bare",
    "water",
)
EIGHT: Final = _scheme(
    "eight",
    "the eight classes",
    {i: (name, kinds) for i, (name, kinds) in enumerate(zip(CLASSES, _OF_EIGHT, strict=True))},
)
"""lcviz's own: LCCS land use, consolidated (arXiv:2008.10351, Table 2). 255 is no class."""
_EIGHT_BY_NAME: Final = {each.name: each for each in EIGHT.classes.values()}

_OTHERS: Final = (
    # Friedl et al. 2010: forests have over 60% tree cover, savannas 10 to 60%.
    _scheme(
        "igbp",
        "IGBP (MODIS MCD12Q1)",
        {
            **{
                code: (f"{kind} forests", "dense forest")
                for code, kind in enumerate(
                    (
                        "Evergreen needleleaf",
                        "Evergreen broadleaf",
                        "Deciduous needleleaf",
                        "Deciduous broadleaf",
                        "Mixed",
                    ),
                    start=1,
                )
            },
            6: ("Closed shrublands", "shrub"),
            7: ("Open shrublands", "shrub"),
            8: ("Woody savannas", "open forest"),
            9: ("Savannas", "open forest"),
            10: ("Grasslands", "grass"),
            11: ("Permanent wetlands", "wetland"),
            12: ("Croplands", "crops"),
            13: ("Urban and built-up", "built"),
            14: ("Cropland/natural vegetation mosaics", _MIXED),
            15: ("Permanent snow and ice", "snow"),
            16: ("Barren", "bare"),
            17: ("Water bodies", "water"),
        },
    ),
    _scheme(
        "worldcover",
        "ESA WorldCover",
        {
            10: ("Tree cover", _FOREST),
            20: ("Shrubland", "shrub"),
            30: ("Grassland", "grass"),
            40: ("Cropland", "crops"),
            50: ("Built-up", "built"),
            60: ("Bare / sparse vegetation", "bare"),
            70: ("Snow and ice", "snow"),
            80: ("Permanent water bodies", "water"),
            90: ("Herbaceous wetland", "wetland"),
            95: ("Mangroves", _FOREST),
            100: ("Moss and lichen", "moss"),
        },
    ),
    _scheme(
        "dynamic-world",
        "Dynamic World",
        {
            0: ("Water", "water"),
            1: ("Trees", _FOREST),
            2: ("Grass", "grass"),
            3: ("Flooded vegetation", "wetland"),
            4: ("Crops", "crops"),
            5: ("Shrub and scrub", "shrub"),
            6: ("Built area", "built"),
            7: ("Bare ground", "bare"),
            8: ("Snow and ice", "snow"),
        },
    ),
    _scheme(
        "esri",
        "Esri Land Cover",
        {
            1: ("Water", "water"),
            2: ("Trees", _FOREST),
            4: ("Flooded vegetation", "wetland"),
            5: ("Crops", "crops"),
            7: ("Built area", "built"),
            8: ("Bare ground", "bare"),
            9: ("Snow/ice", "snow"),
            10: ("Clouds", _MIXED),
            11: ("Rangeland", "grass, shrub"),
        },
    ),
    _scheme(
        "dfc2020",
        "DFC2020",
        {
            1: ("Forest", _FOREST),
            2: ("Shrubland", "shrub"),
            3: ("Savanna", "open forest"),
            4: ("Grassland", "grass"),
            5: ("Wetlands", "wetland"),
            6: ("Croplands", "crops"),
            7: ("Urban/Built-up", "built"),
            8: ("Snow/Ice", "snow"),
            9: ("Barren", "bare"),
            10: ("Water", "water"),
        },
    ),
    _scheme(
        "eurosat",
        "EuroSAT",
        {
            0: ("AnnualCrop", "crops"),
            1: ("Forest", _FOREST),
            2: ("HerbaceousVegetation", "grass, shrub"),
            3: ("Highway", _MIXED),
            4: ("Industrial", "built"),
            5: ("Pasture", "grass"),
            6: ("PermanentCrop", _MIXED),
            7: ("Residential", "built"),
            8: ("River", _MIXED),
            9: ("SeaLake", "water"),
        },
    ),
)
SCHEMES: Final[Mapping[str, Scheme]] = {each.name: each for each in (EIGHT, *_OTHERS)}
_KINDS: Final = frozenset().union(*(scheme.kinds for scheme in SCHEMES.values()))
NO_CLASS: Final = NO_LABEL
"""On a map of the eight classes."""

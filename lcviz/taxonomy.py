"""The field's constants: bands, land-cover classes, seasons, continents, experiments.

Everything that has an order has it here, once: bands, classes, seasons and continents are stored,
plotted and listed in the order of these tuples.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

# The ten Sentinel-2 bands of the study and where they stand (1-based) in a 13-band SEN12MS file
# ordered B1 B2 B3 B4 B5 B6 B7 B8 B8A B9 B10 B11 B12.
BANDS: Final = ("blue", "green", "red", "re1", "re2", "re3", "nir1", "nir2", "swir1", "swir2")
S2_BAND_INDEXES: Final = (2, 3, 4, 5, 6, 7, 8, 9, 12, 13)
S2_BAND_NAMES: Final = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
S2_WAVELENGTHS: Final = (490, 560, 665, 705, 740, 783, 842, 865, 1610, 2190)
"""Nominal central wavelength of each band, nm. Source: ESA, Sentinel-2 User Handbook."""
S2_RESOLUTIONS: Final = (10, 10, 10, 20, 20, 20, 10, 20, 20, 20)
"""Side of a pixel as Sentinel-2 measures each band, m; SEN12MS has all at 10 m. Same source."""

CLASSES: Final = (
    "Dense Forests",
    "Open Forests",
    "Herbaceous",
    "Shrublands",
    "Urban and Built-Up Lands",
    "Permanent Snow and Ice",
    "Barren",
    "Water Bodies",
)
NO_LABEL: Final = 255
"""Class index of a pixel without a valid label; ignored by training and by every score."""

LAND_USE_CLASSES: Final[Mapping[int, int]] = MappingProxyType(
    {10: 0, 20: 1, 25: 1, 30: 2, 35: 2, 36: 2, 40: 3, 9: 4, 2: 5, 1: 6, 3: 7}
)
"""LCCS land-use code (MODIS MCD12Q1, layer LC_Prop2) -> class index."""
LAND_USE_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "Barren",
        2: "Permanent Snow and Ice",
        3: "Water Bodies",
        9: "Urban and Built-Up Lands",
        10: "Dense Forests",
        20: "Open Forests",
        25: "Forest/Cropland Mosaics",
        30: "Natural Herbaceous",
        35: "Natural Herbaceous/Croplands Mosaics",
        36: "Herbaceous Croplands",
        40: "Shrublands",
    }
)
"""LCCS land-use code -> its name. Source: MCD12Q1 collection 6, user guide."""

# Smallest CIEDE2000 distance between two classes: 20.3 with normal sight, 10.1 with the worst of
# three simulated colour-vision deficiencies.
CLASS_COLOURS: Final = (
    "#00391A",
    "#5FA66B",
    "#FFE34D",
    "#C8741A",
    "#D40055",
    "#F7FBFF",
    "#B8ADA0",
    "#1F6FD0",
)

SEASONS: Final = ("Spring", "Summer", "Fall", "Winter")
CONTINENTS: Final = ("Africa", "Asia", "Australia", "Europe", "North America", "South America")
AXES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"continent": CONTINENTS, "season": SEASONS}
)

# Okabe and Ito's palette, made to be told apart with any colour vision.
CONTINENT_COLOURS: Final = ("#E69F00", "#D55E00", "#CC79A7", "#0072B2", "#56B4E9", "#009E73")
SEASON_COLOURS: Final = ("#66A61E", "#E3C800", "#8C4A1B", "#6A51A3")
"""No continent's, so that both can stand in one figure."""

PATCH_SIZE: Final = 256
"""Rows and columns of a SEN12MS patch, in pixels of 10 m."""
PATCH_STRIDE: Final = 128
PATCH_GRID_COLUMNS: Final = 29
"""Patch number = grid row x 29 + grid column, on a grid of 128 pixels."""

_CLASS_OF_CODE: Final = bytes(LAND_USE_CLASSES.get(code, NO_LABEL) for code in range(256))


def consolidate_land_use(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Map LCCS land-use codes to class indexes.

    Args:
        codes: LCCS land-use codes, uint8, any shape.

    Returns:
        Class indexes 0 to 7, and 255 for every code that is not among the eleven valid ones;
        uint8, same shape.

    Raises:
        TypeError: `codes` is not uint8 (a wider type could hold codes that would wrap around).

    Source: Hu, Robinson & Dilkina (arXiv:2008.10351), Table 2.
    """
    if codes.dtype != np.uint8:
        raise TypeError(f"Land-use codes must be uint8, got {codes.dtype}")
    # bytes.translate looks bytes up in a third of numpy's time, which indexes with 8-byte integers.
    classes = bytearray(np.ascontiguousarray(codes)).translate(_CLASS_OF_CODE)
    return np.frombuffer(classes, np.uint8).reshape(codes.shape)


def checked_classes(classes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The array itself, if it is a map of class indexes; `ValueError` if not."""
    if classes.shape != (PATCH_SIZE, PATCH_SIZE) or classes.dtype != np.uint8:
        raise ValueError(f"it is {classes.shape} {classes.dtype}, no {PATCH_SIZE} x {PATCH_SIZE}")
    strange = classes[(classes >= len(CLASSES)) & (classes != NO_LABEL)]
    if strange.size:
        raise ValueError(f"it holds {strange[0]}, which is no class")
    return classes


def experiment_name(axis: str, group: str) -> str:
    """Name of the experiment that trains on one group: `continent-north-america`."""
    return f"{axis}-{group.lower().replace(' ', '-')}"


EXPERIMENTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        experiment_name(axis, group): (axis, group)
        for axis, groups in AXES.items()
        for group in groups
    }
)
"""Experiment name -> (axis, group it trains on): six continents, four seasons."""

WITHOUT_EXPERIMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {experiment_name("without", continent): continent for continent in CONTINENTS}
)
"""Experiment name (`without-africa`) -> the continent that it leaves out: the row that the paper's
Table 4 has not. Kept apart from `EXPERIMENTS`, which train on one group each."""


def train_group_without(continent: str) -> str:
    """What a model that leaves one continent out is trained on: `all but Africa`."""
    return f"all but {continent}"


def train_group_of(experiment: str) -> tuple[str, str]:
    """Axis and train group of any experiment: (`continent`, `all but Africa`).

    Raises:
        KeyError: there is no such experiment.
    """
    if experiment in WITHOUT_EXPERIMENTS:
        return "continent", train_group_without(WITHOUT_EXPERIMENTS[experiment])
    return EXPERIMENTS[experiment]


Kind = Literal["network", "without", "simple"]
KINDS: Final[Mapping[Kind, str]] = {
    "network": "network",
    "without": "network trained on all continents but one",
    "simple": "simple model",
}
"""Kind -> what it is in words."""
SIMPLE_PREFIX: Final = "simple-"


def kind_of(experiment: str) -> Kind:
    """Kind of an experiment by its name.

    Raises:
        KeyError: there is no such experiment.
    """
    if experiment.removeprefix(SIMPLE_PREFIX) in EXPERIMENTS:
        return "simple" if experiment.startswith(SIMPLE_PREFIX) else "network"
    if experiment in WITHOUT_EXPERIMENTS:
        return "without"
    raise KeyError(experiment)


ADAPTED_PREFIX: Final = "adapted-"
"""Of models that were adapted with labels of one place: `adapted-continent-africa-lake-chad`."""


def adapted_from(experiment: str) -> tuple[str, str] | None:
    """The model that an adapted one is from, and its place: None of any other model.

    `adapted-continent-africa-lake-chad` -> ("continent-africa", "lake-chad").
    """
    if not experiment.startswith(ADAPTED_PREFIX):
        return None
    rest = experiment.removeprefix(ADAPTED_PREFIX)
    for name in (*EXPERIMENTS, *WITHOUT_EXPERIMENTS):
        if rest.startswith(f"{name}-"):
            return name, rest.removeprefix(f"{name}-")
    return None


def model_label(experiment: str) -> str:
    """Name for people: "Africa", "all but Africa", "Africa, simple model", "Africa, adapted to
    lake-chad"."""
    if adapted := adapted_from(experiment):
        return f"{model_label(adapted[0])}, adapted to {adapted[1]}"
    group = train_group_of(experiment.removeprefix(SIMPLE_PREFIX))[1]
    return f"{group}, simple model" if experiment.startswith(SIMPLE_PREFIX) else group


def group_of(axis: str, value: object) -> str | None:
    """The group of an axis that a scene is in; None where it is in none, as DFC2020's seasons."""
    return value if isinstance(value, str) and value in AXES[axis] else None


_SCENE_ID = re.compile(
    r"(?P<folder>ROIs\d+_(?P<season>spring|summer|fall|winter|test|validation))_(?P<scene>\d+)"
)


def split_patch_id(patch_id: str) -> tuple[str, str]:
    """`ROIs1158_spring_1_p30` -> ("ROIs1158_spring_1", "30"): its scene and its number there."""
    scene_id, _, number = patch_id.rpartition("_p")
    return scene_id, number


def split_scene_id(scene_id: str) -> tuple[str, str, int]:
    """`ROIs1158_spring_1` -> ("ROIs1158_spring", "Spring", 1).

    DFC2020's folders are named after a part of it, Test or Validation, in place of a season.

    Raises:
        ValueError: `scene_id` is not of that form.
    """
    match = _SCENE_ID.fullmatch(scene_id)
    if match is None:
        raise ValueError(f"{scene_id!r} is no scene id; one looks like 'ROIs1158_spring_1'")
    return match["folder"], match["season"].capitalize(), int(match["scene"])

"""The columns of a study's tables of scenes, patches and results."""

from typing import Final, Literal

from lcviz.taxonomy import BANDS, CLASSES

MEANS: Final = [f"mean_{band}" for band in BANDS]
"""Columns of the mean DN of a patch, in the order of `taxonomy.BANDS`."""
FRACTIONS: Final = [f"fraction_{index}" for index in range(len(CLASSES))]
"""Columns of the shares of a patch's labelled pixels, in the order of `taxonomy.CLASSES`."""
SCENE_COLUMNS: Final = (
    "scene_id",
    "season",
    "scene",
    "longitude",
    "latitude",
    "country",
    "continent",
    "patches",
    "overlap_group",
)
PATCH_COLUMNS: Final = (
    "patch_id",
    "scene_id",
    "season",
    "continent",
    "longitude",
    "latitude",
    "status",
    "browsable",
    "labelled",
    *MEANS,
    *FRACTIONS,
)
RESULT_COLUMNS: Final = (
    "variant",
    "experiment",
    "axis",
    "train_group",
    "scene_id",
    "test_group",
    "split",
    "reference",
    "pixels",
    "accuracy",
    "confusion",
)
WITH_IMAGERY: Final = ("ok", "no labels")
"""The statuses of the patches that a model can be run on."""
PLAIN_VARIANT: Final = "paper"
"""The variant of the plain recipe and network."""
Reference = Literal["modis", "truth"]
"""What a prediction is scored against: the MODIS labels, or better ones at 10 m beside them."""

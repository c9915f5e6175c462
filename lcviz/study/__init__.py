"""A study: a folder of artefacts about one dataset."""

from lcviz.study.columns import PATCH_COLUMNS, PLAIN_VARIANT, RESULT_COLUMNS, SCENE_COLUMNS
from lcviz.study.folders import list_studies
from lcviz.study.study import Study

__all__ = [
    "PATCH_COLUMNS",
    "PLAIN_VARIANT",
    "RESULT_COLUMNS",
    "SCENE_COLUMNS",
    "Study",
    "list_studies",
]

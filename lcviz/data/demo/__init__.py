"""A seeded procedural dataset in exactly SEN12MS's layout, dtypes and georeference.

All of it is synthetic: the places are real, the landscapes are not. Everything follows from
`DemoSettings`, so that the pixels of any patch can be made again at any time. Beside the three
sensors lies the truth at 10 m, as a fourth: class indexes 0 to 7 (`lcviz.data.truth` reads it).
"""

from lcviz.data.demo.patch import (
    DemoPatch,
    generate_labelled,
    generate_patch,
    generate_s2,
    patch_paths,
    write_patch,
)
from lcviz.data.demo.sites import VERSION, DemoSettings, Site, patch_numbers, sites

__all__ = [
    "VERSION",
    "DemoPatch",
    "DemoSettings",
    "Site",
    "generate_labelled",
    "generate_patch",
    "generate_s2",
    "patch_numbers",
    "patch_paths",
    "sites",
    "write_patch",
]

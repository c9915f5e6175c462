"""Where SEN12MS keeps a patch, for whoever reads it and whoever writes one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

REFERENCE_SENSORS: Final[Mapping[str, str]] = {
    "truth": "eight",
    "dfc": "dfc2020",
    "worldcover": "worldcover",
    "dynamicworld": "dynamic-world",
    "esri": "esri",
    "igbp": "igbp",
    "labels": "labels.csv",
}
"""Better labels that may lie beside a patch as a fourth sensor: sensor, as folders and files are
named after it -> its legend in `lcviz.crosswalk`, or the file of it in the dataset's folder."""


def patch_file(root: Path, folder: str, sensor: str, scene: int, number: int | str) -> Path:
    """Where SEN12MS's layout puts one file of a patch, whether it is there or not."""
    return root / folder / f"{sensor}_{scene}" / f"{folder}_{sensor}_{scene}_p{number}.tif"

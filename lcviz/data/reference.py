"""Better labels than MODIS's that a dataset may hold beside them, as a fourth sensor's folder.

Each kind of such a sensor has its own codes and its own reader, which gives the eight classes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.data.sen12ms import PatchFiles, PatchList, Raster
from lcviz.data.truth import read_truth
from lcviz.errors import PatchVanishedError
from lcviz.taxonomy import NO_LABEL

REFERENCE_SENSORS: Final[Mapping[str, Callable[[Path], Raster]]] = {"truth": read_truth}
"""Sensor, as folders and files are named after it -> what reads a file of it as classes."""


def reference_sensor(patches: PatchList) -> str | None:
    """The sensor of better labels that a scene has a folder of; None without any."""
    folder = patches.root / patches.folder
    for sensor in REFERENCE_SENSORS:
        if (folder / f"{sensor}_{patches.scene}").is_dir():
            return sensor
    return None


def reference_file(patches: PatchList, sensor: str, number: int) -> Path:
    """Where a patch's better labels lie, whether or not they are there."""
    name = f"{patches.folder}_{sensor}_{patches.scene}_p{number}.tif"
    return patches.root / patches.folder / f"{sensor}_{patches.scene}" / name


def read_reference(
    patches: PatchList, sensor: str | None, patch: PatchFiles
) -> npt.NDArray[np.uint8] | None:
    """A patch's better labels, class indexes (256, 256), 255 = none; None where there is no file.

    Raises:
        PatchDamagedError: the file cannot be read.
    """
    if sensor is None:
        return None
    try:
        found = REFERENCE_SENSORS[sensor](reference_file(patches, sensor, patch.number))
    except PatchVanishedError:
        return None
    return np.where(found.valid, found.values, NO_LABEL).astype(np.uint8)


def reference_stamp(patches: PatchList) -> list[tuple[int, int, int]]:
    """Number, size and time of change of each file of better labels; none without any."""
    sensor = reference_sensor(patches)
    if sensor is None:
        return []
    found = []
    for number in sorted(patches.all_numbers):
        file = reference_file(patches, sensor, number)
        if file.is_file():
            stat = file.stat()
            found.append((number, stat.st_size, stat.st_mtime_ns))
    return found

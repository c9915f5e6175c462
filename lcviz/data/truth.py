"""The true classes of a dataset's patches at 10 m, where they are known, as for the demo.

They lie as a fourth sensor would: `ROIs0000_spring/truth_1/ROIs0000_spring_truth_1_p30.tif`, one
band of class indexes. SEN12MS itself has none.
"""

from pathlib import Path

from lcviz.data.layout import patch_file
from lcviz.data.patchfile import read_bands
from lcviz.data.sen12ms import Raster
from lcviz.taxonomy import CLASSES, split_scene_id


def truth_path(data: Path, patch_id: str) -> Path:
    """Where the dataset in `data` keeps the truth of a patch, whether or not it is there."""
    scene_id, _, number = patch_id.rpartition("_p")
    folder, _, scene = split_scene_id(scene_id)
    return patch_file(data, folder, "truth", scene, number)


def read_truth(path: Path) -> Raster:
    """Read a patch's true classes at 10 m.

    Returns:
        Values (256, 256), uint8, class index 0 to 7; not valid where they are 255.

    Raises:
        PatchDamagedError: The file cannot be read as a patch's truth.
        PatchVanishedError: It is not there.
    """
    values, geobox = read_bands(path, "truth", (1,))
    return Raster(values[0], values[0] < len(CLASSES), geobox)

"""The true classes of a dataset's patches at 10 m, where they are known, as for the demo.

They lie as a fourth sensor would: `ROIs0000_spring/truth_1/ROIs0000_spring_truth_1_p30.tif`, one
band of class indexes. SEN12MS itself has none.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from lcviz.data.patchfile import open_alone, read_bands
from lcviz.data.sen12ms import Raster
from lcviz.errors import PatchDamagedError, PatchVanishedError
from lcviz.taxonomy import CLASSES, PATCH_SIZE


def read_codes(path: Path) -> npt.NDArray[np.integer]:
    """Read the first band of a file of better labels, whatever its legend.

    Returns:
        Codes (256, 256), of the file's whole-number dtype.

    Raises:
        PatchDamagedError: The file cannot be read, or holds no 256 x 256 whole numbers.
        PatchVanishedError: It is not there.
    """
    if not path.is_file():
        raise PatchVanishedError(f"{path}: is not there")
    try:
        with open_alone(path) as dataset:
            seen = (dataset.height, dataset.width)
            if seen != (PATCH_SIZE, PATCH_SIZE) or "int" not in dataset.dtypes[0]:
                raise PatchDamagedError(
                    f"{path}: holds {dataset.dtypes[0]}, {seen[0]} x {seen[1]} pixels; labels "
                    f"are whole numbers, {PATCH_SIZE} x {PATCH_SIZE}"
                )
            codes: npt.NDArray[np.integer] = dataset.read(1)
            return codes
    except (rasterio.errors.RasterioError, OSError, ValueError) as error:
        raise PatchDamagedError(f"{path}: cannot be read as labels ({error})") from error


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

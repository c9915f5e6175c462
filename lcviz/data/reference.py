"""Better labels than MODIS's that a dataset may hold beside them, as a fourth sensor's folder.

Each kind has its own legend. Labels, predictions and MODIS are compared on the classes that the
legend and the eight classes can both say (`lcviz.crosswalk`): classes that can only be compared
together are all called by the first of them.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.crosswalk import Level, common_level
from lcviz.data.layout import REFERENCE_SENSORS, patch_file
from lcviz.data.sen12ms import PatchFiles, PatchList
from lcviz.data.truth import read_codes, read_truth
from lcviz.errors import PatchVanishedError
from lcviz.legends import EIGHT, SCHEMES, Scheme, find_scheme
from lcviz.taxonomy import CLASSES, NO_LABEL, split_patch_id, split_scene_id

_TRUTH: Final = "truth"
"""The sensor whose codes are the eight classes' own."""


@dataclass(frozen=True, eq=False)
class Reference:
    """The better labels of one scene."""

    patches: PatchList
    sensor: str
    """One of `layout.REFERENCE_SENSORS`."""
    scheme: Scheme
    """Its legend."""

    @cached_property
    def level(self) -> Level:
        """What the eight classes and the legend can both say."""
        return common_level(EIGHT, self.scheme)

    @cached_property
    def compared(self) -> npt.NDArray[np.uint8]:
        """(256,) uint8: class index -> the index that stands for it in comparisons.

        A class that the legend has no word for stands for itself, and is never right.
        """
        found = np.arange(256, dtype=np.uint8)
        for group in self.level.groups:
            found[list(group.map_codes)] = min(group.map_codes)
        return found

    def read(self, patch: PatchFiles) -> npt.NDArray[np.uint8] | None:
        """A patch's better labels; as `read_number` has them."""
        return self.read_number(patch.number)

    def read_number(self, number: int) -> npt.NDArray[np.uint8] | None:
        """A patch's better labels as they are compared; None where there is no file.

        Args:
            number: of the patch in its scene.

        Returns:
            Class indexes (256, 256), uint8, as `compared` gives them; 255 = none, or a class that
            the eight have no word for.

        Raises:
            PatchDamagedError: the file cannot be read.
        """
        file = self.file(number)
        try:
            if self.sensor == _TRUTH:
                found = read_truth(file)
                return np.where(found.valid, found.values, NO_LABEL).astype(np.uint8)
            groups = self.level.of_labels(read_codes(file))
        except PatchVanishedError:
            return None
        stands = [min(group.map_codes) for group in self.level.groups]
        return np.array([*stands, NO_LABEL], np.uint8)[groups]  # Group -1 is the last.

    def file(self, number: int) -> Path:
        """Where a patch's better labels lie, whether or not they are there."""
        where = self.patches
        return patch_file(where.root, where.folder, self.sensor, where.scene, number)

    @property
    def stamp(self) -> list[tuple[int, int, int]]:
        """Number, size and time of change of each file that is there."""
        found = []
        for number in sorted(self.patches.all_numbers):
            file = self.file(number)
            if file.is_file():
                status = file.stat()
                found.append((number, status.st_size, status.st_mtime_ns))
        return found

    @property
    def in_words(self) -> str:
        """The legend, and the classes that count as one against it: "DFC2020: ... are one"."""
        merged = [
            " and ".join(CLASSES[code] for code in group.map_codes)
            for group in self.level.groups
            if len(group.map_codes) > 1
        ]
        aside = ", ".join(CLASSES[code] for code in self.level.map_aside)
        parts = [f"{each} count as one class" for each in merged]
        parts += [f"it has no word for {aside}"] if aside else []
        return self.scheme.title + (f": {'; '.join(parts)}" if parts else "")


def find_reference(patches: PatchList) -> Reference | None:
    """The better labels that a scene has a folder of; None without any.

    Raises:
        ConfigurationError: the dataset's own legend (`labels.csv`) is missing or cannot be read.
    """
    folder = patches.root / patches.folder
    for sensor, legend in REFERENCE_SENSORS.items():
        if (folder / f"{sensor}_{patches.scene}").is_dir():
            known = SCHEMES.get(legend)
            return Reference(patches, sensor, known or find_scheme(str(patches.root / legend)))
    return None


def patch_reference(data: Path, patch_id: str) -> tuple[npt.NDArray[np.uint8], str] | None:
    """One patch's better labels as they are compared, and their legend; None without any.

    Args:
        data: the dataset's folder, whether or not it is there.
        patch_id: `ROIs1158_spring_1_p30`.

    Raises:
        ConfigurationError, PatchDamagedError: as `find_reference` and `Reference.read_number` do.
    """
    scene_id, number = split_patch_id(patch_id)
    folder, _, scene = split_scene_id(scene_id)
    reference = find_reference(PatchList(data, folder, scene, {}))
    classes = None if reference is None else reference.read_number(int(number))
    return None if reference is None or classes is None else (classes, reference.scheme.title)

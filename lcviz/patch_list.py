"""The patches of one scene, told in a few kilobytes, as they are sent to workers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lcviz.sen12ms import PatchFiles, patch_files


@dataclass(frozen=True)
class PatchList:
    """Which files of a scene there are; their paths follow from the layout of SEN12MS."""

    root: Path
    """Folder of the dataset."""
    folder: str
    """`ROIs1158_spring`"""
    scene: int
    numbers: Mapping[str, tuple[int, ...]]
    """Sensor -> numbers of the patches that have such a file, rising."""

    @classmethod
    def of(cls, root: Path, patches: Iterable[PatchFiles]) -> Self:
        """The list of these patches, at least one, all of one scene below `root`."""
        numbers: dict[str, list[int]] = {}
        for patch in patches:
            for sensor in patch.files:
                numbers.setdefault(sensor, []).append(patch.number)
        return cls(
            root, patch.folder, patch.scene, {s: tuple(sorted(n)) for s, n in numbers.items()}
        )

    @property
    def scene_id(self) -> str:
        """`ROIs1158_spring_1`"""
        return f"{self.folder}_{self.scene}"

    @property
    def all_numbers(self) -> frozenset[int]:
        """Numbers of the patches, whichever files they have."""
        return frozenset(number for numbers in self.numbers.values() for number in numbers)

    def __len__(self) -> int:
        return len(self.all_numbers)

    def only(self, patch_ids: Collection[str]) -> "PatchList":
        """Those of the patches that are among `patch_ids`."""
        numbers = {
            sensor: tuple(n for n in numbers if f"{self.scene_id}_p{n}" in patch_ids)
            for sensor, numbers in self.numbers.items()
        }
        return PatchList(self.root, self.folder, self.scene, numbers)

    def files(self) -> list[PatchFiles]:
        """The patches with their files, by patch number."""
        found: dict[int, dict[str, Path]] = {}
        for sensor, numbers in self.numbers.items():
            place = self.root / self.folder / f"{sensor}_{self.scene}"
            for number in numbers:
                name = f"{self.folder}_{sensor}_{self.scene}_p{number}.tif"
                found.setdefault(number, {})[sensor] = place / name
        return [
            patch_files(self.folder, self.scene, number, found[number]) for number in sorted(found)
        ]

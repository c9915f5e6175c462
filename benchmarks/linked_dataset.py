"""A dataset of any size on little disk: the patches of a small one under many names."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def link_dataset(
    source: Path, root: Path, scenes: int, patches: int, sensors: Iterable[str]
) -> None:
    """Lay out `scenes` x `patches` under `root`: hard links to the files of `source`, in turn."""
    from lcviz.data.sen12ms import find_patches  # noqa: PLC0415

    found = [patch.files for patch in find_patches(source)]
    names = iter(found * (scenes * patches // len(found) + 1))
    for scene in range(1, scenes + 1):
        for number in range(patches):
            files = next(names)
            for sensor in sensors:
                folder = root / "ROIs0000_spring" / f"{sensor}_{scene}"
                folder.mkdir(parents=True, exist_ok=True)
                place = folder / f"ROIs0000_spring_{sensor}_{scene}_p{number}.tif"
                try:
                    os.link(files[sensor], place)
                except OSError:
                    shutil.copyfile(files[sensor], place)

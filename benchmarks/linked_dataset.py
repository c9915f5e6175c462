"""A dataset of any size on little disk: the patches of a small one under many names."""

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
SMALL = 16
"""Patches of the small dataset that is made where none is given."""


@contextmanager
def small_dataset(given: Path | None) -> Iterator[Path]:
    """The dataset that was given, or patches of the demo, one a scene, made for the while.

    What is linked to its files belongs on the same disk: into its parent.
    """
    if given is not None:
        yield given
        return
    from lcviz.data.demo import (  # noqa: PLC0415
        DemoSettings,
        generate_patch,
        patch_numbers,
        sites,
        write_patch,
    )

    settings = DemoSettings()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for site in itertools.islice(sites(settings), SMALL):
            number = patch_numbers(settings, site)[0]
            write_patch(data, generate_patch(settings, site, number))
        yield data


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

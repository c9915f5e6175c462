"""The packed cache: what training reads of a dataset, as plain arrays mapped into memory.

A GeoTIFF holds three bands that no model sees, and must be opened, checked and taken apart for each
of fifty epochs. A shard holds the ten bands and the class of each pixel of a scene's patches as
two .npy files, so that a patch is one read of memory that the kernel keeps for all processes.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from lcviz.atomic import atomic_path, write_text
from lcviz.data.sen12ms import PatchFiles, read_labels, read_s2
from lcviz.errors import ConfigurationError, PatchDamagedError, PatchVanishedError
from lcviz.taxonomy import BANDS, NO_LABEL, PATCH_SIZE

BYTES_PER_PATCH: Final = (2 * len(BANDS) + 1) * PATCH_SIZE**2
_SHAPE: Final = (PATCH_SIZE, PATCH_SIZE)

LabelledPatch = tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]
"""DN (10, 256, 256), and class index (256, 256), 255 where it or the imagery is missing."""


def read_labelled(patch: PatchFiles) -> LabelledPatch:
    """Read a patch from its GeoTIFFs.

    Raises:
        ConfigurationError: it has no imagery or no labels.
        PatchDamagedError: a file cannot be read.
    """
    if patch.s2 is None or patch.lc is None:
        raise ConfigurationError(f"{patch.patch_id} has no imagery or no labels to train on")
    image, classes = read_s2(patch.s2), read_labels(patch.lc).values
    if not image.valid.all():
        classes[~image.valid] = NO_LABEL
    return image.values, classes


def write_shard(folder: Path, fingerprint: str, patches: Sequence[PatchFiles]) -> dict[str, str]:
    """Write the shard of one scene, whole or not at all, replacing an older one.

    Args:
        folder: the shard's.
        fingerprint: of the scene's files and of the choice of patches.
        patches: of the scene, with imagery and labels.

    Returns:
        Patch id -> why it was left out, for patches that cannot be read.

    Raises:
        PatchVanishedError: a file is there no more; an older shard stays.
    """
    damaged: dict[str, str] = {}
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        ids: list[str] = []
        arrays = _create(temporary, len(patches))
        for patch in patches:
            try:
                values, classes = read_labelled(patch)
            except PatchVanishedError:
                raise
            except PatchDamagedError as error:
                damaged[patch.patch_id] = str(error)
                continue
            arrays[0][len(ids)], arrays[1][len(ids)] = values, classes
            ids.append(patch.patch_id)
        for array in arrays:
            array.flush()
        _sync(temporary)
        manifest = {"fingerprint": fingerprint, "rows": len(patches), "patches": ids}
        # Written last: a shard without it is none.
        write_text(temporary / "shard.json", json.dumps(manifest))
    return damaged


def is_packed(folder: Path, fingerprint: str) -> bool:
    """Whether `folder` holds a whole shard with that fingerprint."""
    return _open(folder, fingerprint) is not None


class PackedPatches:
    """Reads patches from the shards under a folder.

    A shard that is missing, half there or of other files counts as not there. May be sent to
    another process, which opens the files itself.

    Args:
        folder: one shard a scene in it, named as the scene is.
        fingerprints: scene id -> what its shard must have been made of.
    """

    def __init__(self, folder: Path, fingerprints: Mapping[str, str]) -> None:
        self.folder = folder
        self.fingerprints = dict(fingerprints)
        self._shards: dict[str, _Shard | None] = {}

    def __getstate__(self) -> dict[str, Any]:
        # An array mapped from a file would be sent as a copy of the whole file.
        return self.__dict__ | {"_shards": {}}

    def read(self, patch: PatchFiles) -> LabelledPatch | None:
        """The patch, as `read_labelled` reads it, or None if it is not packed; arrays are views."""
        scene = patch.scene_id
        if scene not in self._shards:
            known = self.fingerprints.get(scene)
            self._shards[scene] = None if known is None else _open(self.folder / scene, known)
        shard = self._shards[scene]
        row = None if shard is None else shard[0].get(patch.patch_id)
        if shard is None or row is None:
            return None
        return shard[1][row], shard[2][row]


_Shard = tuple[dict[str, int], npt.NDArray[np.uint16], npt.NDArray[np.uint8]]


def _create(folder: Path, rows: int) -> tuple[np.memmap[Any, Any], np.memmap[Any, Any]]:
    return (
        open_memmap(folder / "dn.npy", "w+", np.uint16, (rows, len(BANDS), *_SHAPE)),
        open_memmap(folder / "classes.npy", "w+", np.uint8, (rows, *_SHAPE)),
    )


def _open(folder: Path, fingerprint: str) -> _Shard | None:
    try:
        manifest = json.loads((folder / "shard.json").read_text(encoding="utf-8"))
        if manifest["fingerprint"] != fingerprint:
            return None
        rows = {patch_id: row for row, patch_id in enumerate(manifest["patches"])}
        # Raises where a file is shorter than its header says.
        dn = np.load(folder / "dn.npy", mmap_mode="r", allow_pickle=False)
        classes = np.load(folder / "classes.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    count = manifest.get("rows")
    if (dn.shape, dn.dtype) != ((count, len(BANDS), *_SHAPE), np.dtype(np.uint16)):
        return None
    if (classes.shape, classes.dtype) != ((count, *_SHAPE), np.dtype(np.uint8)):
        return None
    return (rows, dn, classes) if len(rows) <= count else None


def _sync(folder: Path) -> None:
    """Have the disk hold the files before they get their final name."""
    for file in folder.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())

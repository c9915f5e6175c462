"""The packed cache: what training reads, written once as plain arrays, a shard a scene."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lcviz.data.packed import BYTES_PER_PATCH, PackedPatches, is_packed, write_shard
from lcviz.data.sen12ms import PatchList
from lcviz.errors import ConfigurationError
from lcviz.study import Study
from lcviz.study.patches import trainable_patches
from precompute.running.stage import (
    console,
    digest,
    finish,
    over_scenes,
    patch_lists,
    scene_digests,
)
from precompute.running.workers import Workers

STAGE = "pack"


def pack(study: Study, *, out: Path | None, workers: Workers | int) -> None:
    """Write the shards that are missing or out of date, once it is sure that the disk has room.

    Args:
        study: its trainable patches are packed.
        out: folder for the shards, such as one on a fast disk; the one used before, or
            `packed/` in the study, if not given.
        workers: who does the work, as `over_scenes` takes it.

    Raises:
        ConfigurationError: no patch can be trained on, or the disk lacks the room.
    """
    table = trainable_patches(study)
    fingerprints = shard_fingerprints(table, scene_digests(study))
    folder = packed_folder(study) if out is None else out.absolute()
    if not fingerprints:
        raise ConfigurationError(f"{study.path} has no patch with sound imagery and labels to pack")
    counts = table.scene_id.value_counts()
    todo = [s for s, known in fingerprints.items() if not is_packed(folder / s, known)]
    new = sum(int(counts[s]) for s in todo) * BYTES_PER_PATCH
    console.print(
        f"pack: {len(table):,} patches of {len(counts)} scenes take "
        f"{len(table) * BYTES_PER_PATCH / 1e9:,.1f} GB in {folder}; {new / 1e9:,.1f} GB to write"
    )
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if new > free:
        raise ConfigurationError(
            f"The disk of {folder} has {free / 1e9:,.1f} GB free, and {new / 1e9:,.1f} GB are to "
            "be written. Free some, or choose another disk with --out"
        )
    wanted = set(table.patch_id)
    tasks = {
        scene: (fingerprints[scene], (folder / scene, fingerprints[scene], patches.only(wanted)))
        for scene, patches in (patch_lists(study) if todo else {}).items()
        if scene in todo
    }
    # Whether a shard is done is asked of the shard itself.
    shutil.rmtree(study.path / "partial" / STAGE, ignore_errors=True)
    packed, failures = over_scenes(study, STAGE, tasks, _pack_scene, workers)
    for damaged in packed.values():
        for patch_id, why in damaged.items():
            console.print(f"pack: {patch_id} left out: {why}", markup=False)
    finish(study, STAGE, digest(fingerprints), failures, folder=str(folder))


def _pack_scene(task: tuple[Path, str, PatchList]) -> dict[str, str]:
    folder, fingerprint, patches = task
    return write_shard(folder, fingerprint, patches.files())


def packed_folder(study: Study) -> Path:
    """Where the study's shards are, or would be."""
    stamp = study.stamp(STAGE) or {}
    return Path(stamp.get("folder", study.path / "packed"))


def packed_patches(
    study: Study, table: pd.DataFrame, digests: Mapping[str, str]
) -> PackedPatches | None:
    """The shards made of the files as they are now; None where nothing was packed."""
    folder = packed_folder(study)
    return PackedPatches(folder, shard_fingerprints(table, digests)) if folder.is_dir() else None


def shard_fingerprints(table: pd.DataFrame, digests: Mapping[str, str]) -> dict[str, str]:
    """Scene -> fingerprint of its files and of the choice of its patches."""
    return {
        str(scene): digest(digests[str(scene)], sorted(patches))
        for scene, patches in table.groupby("scene_id").patch_id
    }

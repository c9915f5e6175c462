"""A study whose tables are read once and shared by all sessions, until their files change."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from lcviz.study import Study

_STAMPED = {
    "clusters": ("landscapes/k{k}/clusters.parquet", "landscapes/k{k}/membership.parquet"),
    "patches": ("patches.parquet",),
    "histograms": ("histograms.zarr/groups/zarr.json",),
    "results": ("results.parquet",),
    "pictures": ("quicklooks",),
}


class SharedStudy(Study):
    """A study as all sessions of a server see it."""

    def read_table(self, name: str, columns: Sequence[str], stage: str) -> pd.DataFrame:
        """As in `Study`. Whoever changes the table changes a copy (pandas' copy-on-write)."""
        file_stamp = stamp(self.path / name)
        return _table(str(self.path), name, tuple(columns), stage, file_stamp).copy(deep=False)

    def browsable(self, scene_id: str) -> tuple[str, ...]:
        """As in `Study`."""
        patches = patches_by_scene(self).get(scene_id)
        return () if patches is None else tuple(patches.patch_id[patches.browsable])


def patches_by_scene(study: Study) -> dict[str, pd.DataFrame]:
    """Patches of each scene: patch_id, scene_id, status, browsable. Nobody may change them.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    return _patches_by_scene(str(study.path), stamp(study.path / "patches.parquet"))


def usable_by_scene(study: Study) -> dict[str, pd.DataFrame]:
    """The same, without the patches that no model can be run on and the scenes without others."""
    return _usable_by_scene(str(study.path), stamp(study.path / "patches.parquet"))


def stamp(file: Path) -> int:
    """When a file or folder was last written, 0 for one that is missing."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def stamp_of(study: Study, *kinds: str, k: int = 0) -> tuple[int, ...]:
    """When the files of these kinds were last written, 0 for one that is missing."""
    files = [study.path / name.format(k=k) for kind in kinds for name in _STAMPED[kind]]
    return tuple(stamp(file) for file in files)


@st.cache_resource(show_spinner=False, max_entries=32)
def _table(path: str, name: str, columns: tuple[str, ...], stage: str, stamp: int) -> pd.DataFrame:
    return Study.open(path).read_table(name, columns, stage)


@st.cache_resource(show_spinner=False, max_entries=4)
def _patches_by_scene(path: str, stamp: int) -> dict[str, pd.DataFrame]:
    patches = Study.open(path).patches(["patch_id", "scene_id", "status", "browsable"])
    return dict(list(patches.groupby("scene_id", sort=False)))


@st.cache_resource(show_spinner=False, max_entries=4)
def _usable_by_scene(path: str, stamp: int) -> dict[str, pd.DataFrame]:
    usable = {
        scene_id: patches[patches.status.isin(["ok", "no labels"])]
        for scene_id, patches in _patches_by_scene(path, stamp).items()
    }
    return {scene_id: patches for scene_id, patches in usable.items() if len(patches)}

"""A study as all sessions of a server share it: what is made of it is kept until its files change.

There is one way to tell that they did: `Study.digest`, by which `kept` lets Streamlit find again
what a function made of a study. Nobody may change what such a function returns.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from lcviz.study import Study
from lcviz.study.columns import WITH_IMAGERY
from lcviz.study.forecasts import STAGE as FORECAST_STAGE

PATCHES: Final = "patches.parquet"
RESULTS: Final = "results.parquet"
HISTOGRAMS: Final = "histograms.zarr/groups/zarr.json"
LANDSCAPES: Final = "landscapes/k*/*.parquet"
MODELS: Final = "models/*/model.json"
FORECASTS: Final = f"{FORECAST_STAGE}/**/*.*"
PICTURES: Final = "quicklooks"


P = ParamSpec("P")
R = TypeVar("R")


def kept(
    *files: str, entries: int, spinner: str | bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a server compute once what a function makes of a study, and again once files change.

    Args:
        files: what it is made of, as `Study.digest` takes them.
        entries: how many results are kept, the latest.
        spinner: what a visitor reads meanwhile.
    """

    def digest(study: Study) -> str:
        return study.digest(*files)

    hash_funcs: dict[str | type[Any], Callable[[Any], Any]] = {Study: digest, SharedStudy: digest}
    return st.cache_resource(show_spinner=spinner, max_entries=entries, hash_funcs=hash_funcs)


class SharedStudy(Study):
    """A study whose tables are read once."""

    def read_table(self, name: str, columns: Sequence[str], stage: str) -> pd.DataFrame:
        """As in `Study`. Whoever changes the table changes a copy (pandas' copy-on-write)."""
        if "/" in name:  # Of one model or clustering: what is made of it is kept.
            return super().read_table(name, columns, stage)
        table = _table(Study(self.path, self.info), self.digest(name), name, tuple(columns), stage)
        return table.copy(deep=False)

    def browsable(self, scene_id: str) -> tuple[str, ...]:
        """As in `Study`."""
        patches = patches_by_scene(self).get(scene_id)
        return () if patches is None else tuple(patches.patch_id[patches.browsable])


@st.cache_resource(show_spinner=False, max_entries=32)
def _table(
    _study: Study, digest: str, name: str, columns: tuple[str, ...], stage: str
) -> pd.DataFrame:
    return _study.read_table(name, columns, stage)


@kept(PATCHES, entries=4)
def patches_by_scene(study: Study) -> dict[str, pd.DataFrame]:
    """Patches of each scene: patch_id, scene_id, status, browsable.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    patches = study.patches(["patch_id", "scene_id", "status", "browsable"])
    return dict(list(patches.groupby("scene_id", sort=False)))


@kept(PATCHES, entries=4)
def usable_by_scene(study: Study) -> dict[str, pd.DataFrame]:
    """The same, without the patches that no model can be run on and the scenes without others."""
    usable = {
        scene_id: patches[patches.status.isin(WITH_IMAGERY)]
        for scene_id, patches in patches_by_scene(study).items()
    }
    return {scene_id: patches for scene_id, patches in usable.items() if len(patches)}

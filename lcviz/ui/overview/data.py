"""What the overview computes once from all patches of a study: kept until the table changes.

Nobody may change what is returned: all visitors share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from lcviz.study import Study, overview
from lcviz.study.records import ModelCard
from lcviz.study.samples import sample_orders
from lcviz.taxonomy import CLASSES
from lcviz.ui.shared_study import stamp


@dataclass(frozen=True, eq=False)
class PatchFacts:
    """The patches of a study in numbers."""

    status: pd.DataFrame
    """See `overview.count_status`."""
    label_shares: npt.NDArray[np.float64] | None
    """See `overview.label_shares`."""


def patch_facts(study: Study) -> PatchFacts:
    """The patches of a study in numbers.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    return _facts(str(study.path), stamp(study.path / "patches.parquet"))


def orders_of(study: Study, home_cards: Mapping[str, ModelCard]) -> Mapping[str, tuple[str, ...]]:
    """The patches to show of each continent; see `sample_orders`.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    cards = {
        continent: stamp(study.model_file(c.experiment)) for continent, c in home_cards.items()
    }
    patches = stamp(study.path / "patches.parquet")
    return _orders(str(study.path), patches, tuple(cards.items()), study.info.seed, home_cards)


@st.cache_resource(show_spinner=False, max_entries=8)
def _facts(path: str, stamp: int) -> PatchFacts:
    fractions = [f"fraction_{index}" for index in range(len(CLASSES))]
    patches = Study.open(path).patches(["status", "labelled", *fractions])
    return PatchFacts(overview.count_status(patches), overview.label_shares(patches))


@st.cache_resource(show_spinner=False, max_entries=8)
def _orders(
    path: str,
    stamp: int,
    cards: tuple[tuple[str, int], ...],
    seed: int,
    _home_cards: Mapping[str, ModelCard],
) -> Mapping[str, tuple[str, ...]]:
    columns = ["patch_id", "scene_id", "continent", "status", "browsable"]
    return sample_orders(Study.open(path).patches(columns), _home_cards, seed)

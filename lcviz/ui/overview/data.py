"""What the overview computes once from all patches of a study: kept until the table changes.

Nobody may change what is returned: all visitors share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.study import Study, overview
from lcviz.study.columns import FRACTIONS
from lcviz.study.records import ModelCard
from lcviz.study.sample_patches import sample_orders
from lcviz.ui.shared_study import MODELS, PATCHES, kept


@dataclass(frozen=True, eq=False)
class PatchFacts:
    """The patches of a study in numbers."""

    status: pd.DataFrame
    """See `overview.count_status`."""
    label_shares: npt.NDArray[np.float64] | None
    """See `overview.label_shares`."""


@kept(PATCHES, entries=8)
def patch_facts(study: Study) -> PatchFacts:
    """The patches of a study in numbers.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    patches = study.patches(["status", "labelled", *FRACTIONS])
    return PatchFacts(overview.count_status(patches), overview.label_shares(patches))


def orders_of(study: Study, home_cards: Mapping[str, ModelCard]) -> Mapping[str, tuple[str, ...]]:
    """The patches to show of each continent; see `sample_orders`.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `Study.patches` does.
    """
    names = tuple((continent, card.experiment) for continent, card in home_cards.items())
    return _orders(study, names, home_cards)


@kept(PATCHES, MODELS, entries=8)
def _orders(
    study: Study, names: tuple[tuple[str, str], ...], _home_cards: Mapping[str, ModelCard]
) -> Mapping[str, tuple[str, ...]]:
    columns = ["patch_id", "scene_id", "continent", "status", "browsable"]
    return sample_orders(study.patches(columns), _home_cards, study.info.seed)

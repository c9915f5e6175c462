"""A study in numbers, as small tables for people: the paper's Tables 1 to 3, from the study."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.data import published
from lcviz.data.catalog import sen12ms_scenes
from lcviz.study.columns import FRACTIONS
from lcviz.study.records import ModelCard
from lcviz.study.scene_table import UNKNOWN
from lcviz.taxonomy import (
    BANDS,
    CLASSES,
    CONTINENTS,
    LAND_USE_CLASSES,
    LAND_USE_NAMES,
    S2_BAND_NAMES,
    S2_RESOLUTIONS,
    S2_WAVELENGTHS,
    SEASONS,
)

ALL: Final = "All"

_RECIPE: Final = (
    "Network",
    "Dense blocks",
    "Optimiser",
    "Loss",
    "Learning rate falls",
    "Stopping",
)
"""What lcviz does as the paper's Table 3 says, whatever a training run is configured to."""


def count_by_group(scenes: pd.DataFrame, count: str = "patches") -> pd.DataFrame:
    """How much of a study lies on each continent in each season (the paper's Table 1).

    Args:
        scenes: as `Study.scenes` gives it.
        count: "patches" or "scenes".

    Returns:
        int64; one row a continent that occurs (`UNKNOWN` after the known), one column a season,
        and one of totals each.

    Raises:
        ValueError: `count` is neither.
    """
    table = _counts(scenes, count)
    return table[(table.index == ALL) | (_counts(scenes, "scenes")[ALL] > 0)]


def published_counts(count: str = "patches") -> pd.DataFrame:
    """The same table for the whole of SEN12MS."""
    return count_by_group(sen12ms_scenes(), count)


def compare_with_published(
    scenes: pd.DataFrame, count: str = "patches"
) -> tuple[pd.DataFrame | None, str]:
    """What a study has less, or more, than the whole of SEN12MS.

    Args:
        scenes: as `Study.scenes` gives it.
        count: "patches" or "scenes".

    Returns:
        A table like that of `count_by_group`, this study minus SEN12MS, and a sentence about it.
        No table when all counts are equal, or when a scene is none of SEN12MS's, so that counts
        cannot be compared.
    """
    whole = sen12ms_scenes()
    strange = int((~scenes.scene_id.isin(whole.scene_id)).sum())
    if strange:
        return None, (
            f"{strange:,} of this study's {len(scenes):,} scenes are not in SEN12MS, so the counts "
            "cannot be compared."
        )
    if all(_counts(scenes, what).equals(_counts(whole, what)) for what in ("scenes", "patches")):
        return None, "Scenes and patches equal the paper's Table 1 in every cell."
    sentence = (
        f"This study holds {len(scenes):,} of SEN12MS's {len(whole):,} scenes and "
        f"{scenes.patches.sum():,} of its {whole.patches.sum():,} patches."
    )
    return (_counts(scenes, count) - _counts(whole, count)).drop(index=UNKNOWN), sentence


def count_status(patches: pd.DataFrame) -> pd.DataFrame:
    """How many patches have which status: columns Status, Patches; the most frequent first."""
    counts = patches.status.value_counts()
    return pd.DataFrame({"Status": counts.index, "Patches": counts.to_numpy()})


def band_table() -> pd.DataFrame:
    """The bands that the networks see (first half of the paper's Table 2), in their order."""
    return pd.DataFrame(
        {
            "Band": BANDS,
            "Sentinel-2": S2_BAND_NAMES,
            "Wavelength (nm)": S2_WAVELENGTHS,
            "Measured at (m)": S2_RESOLUTIONS,
        }
    )


def codes_of_classes() -> tuple[str, ...]:
    """The LCCS land-use codes of each class, with names where they tell more than the class."""
    merged: list[str] = []
    for index, name in enumerate(CLASSES):
        codes = [code for code, of_class in LAND_USE_CLASSES.items() if of_class == index]
        named = [
            f"{code} {LAND_USE_NAMES[code]}" if LAND_USE_NAMES[code] != name else str(code)
            for code in codes
        ]
        merged.append(", ".join(named))
    return tuple(merged)


def label_shares(patches: pd.DataFrame) -> npt.NDArray[np.float64] | None:
    """Share of each class among all labelled pixels of a study.

    Args:
        patches: `labelled` and `fraction_<class index>`, as `Study.patches` gives them.

    Returns:
        float64 (8,), sums to 1; None where nothing is labelled or has been measured.
    """
    pixels = patches.labelled.fillna(0).to_numpy(dtype=np.float64)
    if not pixels.sum():
        return None
    fractions = patches[FRACTIONS]
    counts = pixels @ fractions.fillna(0).to_numpy(dtype=np.float64)
    return np.asarray(counts / counts.sum())


def model_table(cards: Sequence[ModelCard]) -> pd.DataFrame:
    """One row a model: what it was trained on, for how long, and how it did on held-out scenes.

    Accuracy is a share from 0 to 1; what a card does not tell is missing.
    """
    return pd.DataFrame(
        [
            {
                "Trained on": card.train_group,
                "Scenes trained on": len(card.training_scenes),
                "Home test scenes": len(card.home_test),
                "Scenes that chose the epoch": len(card.validation_scenes),
                "Epochs": card.history.get("epochs"),
                "Best epoch": card.history.get("best_epoch"),
                "Validation loss": card.history.get("best_validation_loss"),
                "Validation accuracy": card.history.get("best_validation_accuracy"),
            }
            for card in cards
        ]
    )


def settings_table(cards: Sequence[ModelCard]) -> pd.DataFrame:
    """How the models were trained, beside the paper's Table 3.

    Returns:
        Columns Setting, Paper and, with models, This study, which lists every value where models
        differ. Empty text where one of the two does not tell.
    """
    paper = published.table_3()
    if not cards:
        return pd.DataFrame({"Setting": list(paper), "Paper": list(paper.values())})
    here = {name: paper[name] for name in _RECIPE}
    sides = dict.fromkeys(card.config["crop"] for card in cards if "crop" in card.config)
    if sides:
        for name, layers in (("Input", len(BANDS)), ("Output", len(CLASSES))):
            here[name] = ", ".join(f"{side} x {side} x {layers}" for side in sides)
    for key in dict.fromkeys(key for card in cards for key in card.config):
        values = dict.fromkeys(str(card.config.get(key, "not told")) for card in cards)
        here[key.replace("_", " ").capitalize()] = ", ".join(values)
    names = list(dict.fromkeys([*paper, *here]))
    return pd.DataFrame(
        {
            "Setting": names,
            "This study": [here.get(name, "") for name in names],
            "Paper": [paper.get(name, "") for name in names],
        }
    )


def _counts(scenes: pd.DataFrame, count: str) -> pd.DataFrame:
    """Scenes or patches by continent, unknown last, and season, with totals; int64."""
    if count not in ("patches", "scenes"):
        raise ValueError(f"count is {count!r}, expected 'patches' or 'scenes'")
    groups = scenes.assign(continent=scenes.continent.fillna(UNKNOWN)).groupby(
        ["continent", "season"]
    )["patches"]
    table = (groups.sum() if count == "patches" else groups.count()).unstack()
    table = table.reindex(index=[*CONTINENTS, UNKNOWN], columns=list(SEASONS))
    table = table.fillna(0).astype(np.int64)
    table[ALL] = table.sum(axis=1)
    table.loc[ALL] = table.sum()
    return table.rename_axis(index="Continent", columns=None)

"""A study's scenes as people pick among them: one row a scene, with its split and its score."""

from collections.abc import Collection
from typing import Any, Final, Literal

import pandas as pd

from lcviz.data.catalog import country_names, sen12ms_scenes
from lcviz.study.records import ModelCard
from lcviz.study.splits import PARTS, UNSCORED, scene_parts
from lcviz.taxonomy import CONTINENTS, SEASONS

UNKNOWN: Final = "Unknown"
"""What a scene's continent is called when nobody knows it."""


def scene_table(
    scenes: pd.DataFrame, card: ModelCard | None = None, results: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Scenes with the part each played for one model, and how well the model did there.

    Args:
        scenes: one row a scene, as `Study.scenes` gives it.
        card: the model's card; None when no model is chosen.
        results: rows as `Study.results` gives them, of any number of models.

    Returns:
        `scenes` with columns `holdout` (whether it is one of SEN12MS's official hold-out scenes),
        `split` (one of `splits.PARTS`, missing without a model), `accuracy` (0 to 1, missing where
        the scene is not scored or nothing there is labelled) and `pixels` (labelled ones, missing
        where the scene is not scored or has no result).
    """
    catalogue = sen12ms_scenes()
    table = scenes.reset_index(drop=True).assign(
        country=lambda t: t.country.fillna(""),
        continent=lambda t: t.continent.fillna(UNKNOWN),
        holdout=lambda t: t.scene_id.isin(catalogue.scene_id[catalogue.holdout]),
    )
    table["split"] = None if card is None else scene_parts(card, table)
    if card is None or results is None:
        return table.assign(accuracy=float("nan"), pixels=float("nan"))
    scores = results.loc[results.experiment == card.experiment, ["scene_id", "accuracy", "pixels"]]
    table = table.merge(scores.drop_duplicates("scene_id"), on="scene_id", how="left")
    table.loc[table.split.isin(UNSCORED), ["accuracy", "pixels"]] = float("nan")
    return table.astype({"accuracy": float, "pixels": float})


def filter_scenes(
    table: pd.DataFrame,
    *,
    continents: Collection[str] = (),
    seasons: Collection[str] = (),
    splits: Collection[str] = (),
) -> pd.DataFrame:
    """The scenes of these groups; an empty choice keeps all."""
    keep = pd.Series(True, index=table.index)
    for column, chosen in (("continent", continents), ("season", seasons), ("split", splits)):
        if chosen:
            keep &= table[column].isin(chosen)
    return table[keep]


def groups_present(
    table: pd.DataFrame, column: Literal["continent", "season", "split"]
) -> list[str]:
    """The groups that occur in a column, in the field's order, unknown last."""
    order = {"continent": (*CONTINENTS, UNKNOWN), "season": SEASONS, "split": PARTS}[column]
    return [group for group in order if (table[column] == group).any()]


def default_scene(table: pd.DataFrame, shown: pd.DataFrame) -> str | None:
    """The scene to open first: one that the model has not been trained on, if there is one."""
    rows = table if shown.empty else shown
    rows = rows.iloc[rows.split.map({"test": 0, "home": 1}).fillna(2).argsort(kind="stable")]
    return None if rows.empty else str(rows.scene_id.iloc[0])


def shown_sentence(shown: pd.DataFrame, scenes: int) -> str:
    """How many of so many scenes are shown, and how many of those have no place on the map."""
    sentence = f"{len(shown)} of {scenes} scenes shown."
    lost = int((shown.longitude.isna() | shown.latitude.isna()).sum())
    return sentence + (f" {lost} without a known place cannot be drawn." if lost else "")


def patch_count(scene: Any) -> str:
    """How many patches a scene has, in words."""
    return "1 patch" if scene.patches == 1 else f"{scene.patches:,} patches"


def scene_label(scene: Any) -> str:
    """`Spring 12 · Kenya, Africa`, from a row of `scene_table`; Australia is said once."""
    country = country_names().get(scene.country, scene.country)
    parts = [part for part in (country, scene.continent) if part and part != UNKNOWN]
    place = ", ".join(dict.fromkeys(parts))
    return f"{scene.season} {scene.scene}" + (f" · {place}" if place else "")

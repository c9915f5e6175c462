"""What was studied: the paper's Tables 1 to 3, the models, and its Figures 1 and 2."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lcviz.errors import ArtefactMissingError, LcvizError
from lcviz.figures.paper.pictures import picture_grid
from lcviz.imagery import label_picture
from lcviz.manuscript.items import Chart, Table, basis
from lcviz.study import Study, overview
from lcviz.study.columns import FRACTIONS
from lcviz.study.records import ModelCard
from lcviz.study.sample_patches import Sample, read_sample, sample_orders
from lcviz.study.splits import PAPER_PROTOCOL
from lcviz.taxonomy import (
    CLASSES,
    EXPERIMENTS,
    NO_LABEL,
    WITHOUT_EXPERIMENTS,
    split_patch_id,
    split_scene_id,
)
from lcviz.words import percent


def read_cards(study: Study) -> tuple[list[ModelCard], list[LcvizError]]:
    """The cards of all trained models, and why others cannot be read."""
    cards, problems = [], []
    for name in (*study.experiments(), *study.experiments_without()):
        try:
            cards.append(study.model(name))
        except LcvizError as error:
            problems.append(error)
    return cards, problems


def table_1(study: Study) -> Iterator[Table]:
    """Patches and scenes of each continent in each season."""
    scenes = study.scenes()
    for count in ("patches", "scenes"):
        table = overview.count_by_group(scenes, count).reset_index()
        n = f"n = {scenes.patches.sum():,} patches of {len(scenes):,} scenes"
        name = "table-1" if count == "patches" else "table-1-scenes"
        said = f"{count.capitalize()} of each continent in each season ({n}). {basis(study)}"
        yield Table(name, f"Table 1 ({count})", said, table)


def table_2(study: Study) -> Iterator[Table]:
    """Bands and classes."""
    bands = overview.band_table()
    said = "The ten Sentinel-2 bands that the networks see; all are resampled to 10 m."
    yield Table("table-2-bands", "Table 2 (bands)", said, bands)
    table = pd.DataFrame({"Class": CLASSES, "LCCS land-use codes": overview.codes_of_classes()})
    said = "The eight classes, and the codes of MODIS MCD12Q1 land use (LCCS) that each merges."
    if not study.is_published:
        patches = study.patches(["labelled", *FRACTIONS])
        shares = overview.label_shares(patches)
        if shares is not None:
            table["Share of labelled pixels (%)"] = [f"{100 * share:.2f}" for share in shares]
            said += f" n = {int(patches.labelled.fillna(0).sum()):,} labelled pixels."
        said += f" {basis(study)}"
    yield Table("table-2-classes", "Table 2 (classes)", said, table)


def table_3(study: Study) -> Iterator[Table]:
    """How the networks were trained, beside the paper's Table 3."""
    cards = [card for card in read_cards(study)[0] if card.experiment in EXPERIMENTS]
    said = "How the networks are trained"
    said += ", beside the paper's Table 3." if cards else ", as the paper's Table 3 says."
    if cards:
        said += f" n = {len(cards)} models. {basis(study)}"
    yield Table("table-3", "Table 3", said, overview.settings_table(cards))


def models(study: Study) -> Iterator[Table]:
    """One row a trained model, those of one group before those of all continents but one."""
    cards, problems = read_cards(study)
    if not cards and not problems:
        raise study.missing(study.path / "models", "train")
    for name, title, known in (
        ("models", "Models", EXPERIMENTS),
        ("models-without", "Models of all continents but one", WITHOUT_EXPERIMENTS),
    ):
        part = [card for card in cards if card.experiment in known]
        if not part:
            continue
        said = f"n = {len(part)} trained models. Validation scenes choose the epoch. {basis(study)}"
        if any(card.split == "paper" for card in part):
            said += f" {PAPER_PROTOCOL}"
        yield Table(name, title, said, overview.model_table(part))
    for problem in problems:
        raise problem


def figures_1_and_2(study: Study) -> Iterator[Chart]:
    """A patch of each continent: what the sensors and MODIS see, and what its own model makes."""
    readable, _ = read_cards(study)
    cards = {c.train_group: c for c in readable if c.experiment in EXPERIMENTS}
    patches = study.patches(["patch_id", "scene_id", "continent", "status", "browsable"])
    orders = sample_orders(patches, cards, study.info.seed)
    samples = {c: read_sample(study, order[0], cards.get(c)) for c, order in orders.items()}
    shown = {c: sample for c, sample in samples.items() if sample.has_pictures}
    if not shown:
        raise ArtefactMissingError(f"No patch can be shown. {study.how_to_make('quicklooks')}")
    where = "; ".join(f"{c}: {_place(sample)}" for c, sample in shown.items())
    drawn = (
        f"One patch each of n = {len(shown)} continents, drawn at random with the study's seed, of "
        "scenes that the continent's own model was not trained on where there are any"
    )
    size = "256 x 256 pixels of 10 m"
    labels = [_labels(sample.labels) for sample in shown.values()]
    yield Chart(
        "figure-1",
        "Figure 1",
        f"{drawn} ({size}): Sentinel-1 in false colour (red VV, green VH, blue VV - VH), "
        f"Sentinel-2 in true colour, MODIS land use. {where}. {basis(study)}",
        picture_grid(
            {
                "Sentinel-1": [sample.s1 for sample in shown.values()],
                "Sentinel-2": [sample.s2 for sample in shown.values()],
                "MODIS labels": labels,
            },
            list(shown),
            classes=_classes([sample.labels for sample in shown.values()]),
        ),
    )
    if not any(sample.prediction is not None for sample in shown.values()):
        return
    maps = [part for s in shown.values() for part in (s.labels, s.prediction)]
    scores = [_score(sample, cards.get(c)) for c, sample in shown.items()]
    yield Chart(
        "figure-2",
        "Figure 2",
        f"The same patches ({size}) as MODIS labels them and as the model of their own continent "
        "predicts them; below, the share of the patch's labelled pixels on which the two agree (a "
        f"single patch each, n = {len(shown)}: no estimate of accuracy). {basis(study)}",
        picture_grid(
            {
                "Sentinel-2": [sample.s2 for sample in shown.values()],
                "MODIS labels": labels,
                "Prediction": [_labels(sample.prediction) for sample in shown.values()],
            },
            list(shown),
            scores,
            classes=_classes(maps),
        ),
        pd.DataFrame(
            {
                "continent": list(shown),
                "patch_id": [sample.patch_id for sample in shown.values()],
                "agreement": [sample.accuracy for sample in shown.values()],
            }
        ),
    )


def _place(sample: Sample) -> str:
    _, season, scene = split_scene_id(sample.scene_id)
    return f"{season} {scene}, patch {split_patch_id(sample.patch_id)[1]}"


def _labels(classes: np.ndarray | None) -> np.ndarray | None:
    return None if classes is None else label_picture(classes)


def _classes(maps: list[np.ndarray | None]) -> list[int]:
    held = {int(c) for part in maps if part is not None for c in np.unique(part)}
    return sorted(held - {NO_LABEL})


def _score(sample: Sample, card: ModelCard | None) -> str:
    if card is None or sample.accuracy is None:
        return "not scored"
    trained = sample.scene_id in card.training_scenes
    return f"{percent(sample.accuracy)} agree" + (" (training scene)" if trained else "")

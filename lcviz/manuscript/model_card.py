"""A model's card for people: data, split, recipe, scores, limits (Mitchell et al. 2019)."""

from collections.abc import Sequence

import numpy as np

from lcviz.generalization.label_error import label_error, sentence
from lcviz.manuscript.mlm import count_parameters
from lcviz.manuscript.model_scores import Score, hardly_seen, scores_of
from lcviz.network.loading import weights_digest
from lcviz.study import Study
from lcviz.study.real_chips import ModelOnChips, RealChips, read_real_chips, wilson
from lcviz.study.records import ModelCard
from lcviz.study.splits import PAPER_PROTOCOL, scene_parts
from lcviz.study.truth import has_truth, read_truth_counts
from lcviz.taxonomy import BANDS, CLASSES, S2_BAND_NAMES
from lcviz.words import listed, percent

_PARTS = {
    "training": "trained on",
    "validation": "chose the epoch",
    "home": "home test",
    "overlapping": "left out: shares ground with one of the first two",
}


def model_card(study: Study, experiment: str) -> str:
    """The card of one model, Markdown.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: the model, its study or its scores cannot be
            read.
    """
    card = study.model(experiment)
    parts = [
        f"# Model card: {experiment}",
        *_what(study, card),
        "## Data and split",
        *_split(study, card),
        "## Recipe",
        *_recipe(card),
        "## Scores",
        *_scores(study, experiment),
        "## On real land",
        *_real(study, experiment),
        "## Limits",
        *_limits(study, card),
    ]
    return "\n\n".join(parts) + "\n"


def _what(study: Study, card: ModelCard) -> list[str]:
    parameters = count_parameters(study.weights_file(card.experiment))
    bands = ", ".join(f"{n} ({b})" for b, n in zip(BANDS, S2_BAND_NAMES, strict=True))
    rows = [
        ("Network", f"FC-DenseNet, {parameters:,} parameters and running statistics"),
        ("Task", "land cover, a class for each pixel of 10 m"),
        ("Input", f"digital numbers (top-of-atmosphere reflectance x 10,000): {bands}"),
        ("Output", ", ".join(CLASSES)),
        ("Trained on", f"{card.train_group} ({card.axis})"),
        ("Study", f"{study.info.name}, seed {study.info.seed}"),
        ("Weights", f"weights.safetensors, BLAKE2b {weights_digest(study, card.experiment)[:16]}"),
    ]
    lines = [_table(("", ""), rows)]
    if study.is_demo:
        lines.insert(0, "**Synthetic:** trained and scored on generated imagery and labels.")
    return lines


def _split(study: Study, card: ModelCard) -> list[str]:
    scenes = study.scenes().assign(part=lambda s: scene_parts(card, s))
    where = scenes.country.fillna("").where(scenes.country.notna(), "unknown")
    labels = scenes.scene_id + " (" + where + ", " + scenes.season + ")"
    rows = []
    for part, words in _PARTS.items():
        members = labels[scenes.part == part]
        if len(members):
            rows.append((words, str(len(members)), ", ".join(members)))
    away = int((scenes.part == "test").sum())
    rows.append(("away from home", str(away), "all others"))
    said = f"Digest of the dataset: {study.info.data_digest}."
    if card.split == "paper":
        said += f" {PAPER_PROTOCOL}"
    return [_table(("Part", "Scenes", "Names"), rows), said]


def _recipe(card: ModelCard) -> list[str]:
    lines = []
    if card.config:
        lines.append(_table(("Setting", "Value"), [(k, str(v)) for k, v in card.config.items()]))
    if card.departures:
        told = _table(("Setting", "Here"), list(card.departures.items()))
        lines += ["Departures from the paper's recipe:", told]
    if card.history:
        history = [
            (name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
            for name, value in card.history.items()
        ]
        lines += ["How training went:", _table(("", ""), history)]
    if card.provenance:
        lines.append(_table(("Made with", ""), [(k, str(v)) for k, v in card.provenance.items()]))
    standard = zip(BANDS, card.band_mean, card.band_std, strict=True)
    rows = [(band, f"{mean:g}", f"{std:g}") for band, mean, std in standard]
    return [*lines, "Bands are standardised with:", _table(("Band", "Mean, DN", "Std, DN"), rows)]


def _scores(study: Study, experiment: str) -> list[str]:
    results = study.results(None)
    lines = [
        "Overall accuracy, mean over scenes; in brackets the 95% interval (Student's t over "
        "scenes, none with fewer than two)."
    ]
    for reference, words in (
        ("modis", "agreement with MODIS labels"),
        ("truth", "accuracy against labels of 10 m"),
    ):
        found = scores_of(results[results.reference == reference], experiment)
        if found:
            lines.append(_table((f"Tested on ({words})", "Accuracy", "Scenes"), _rows(found)))
    if len(lines) == 1:
        return [f"Not scored. {study.how_to_make('evaluate')}"]
    if has_truth(study):
        counts = read_truth_counts(study)
        of_model = counts[counts.experiment == experiment]
        for split, where in (("home", "At home"), ("test", "Away from home")):
            found_error = label_error(of_model[of_model.split == split])
            if found_error is not None:
                lines.append(sentence(found_error, where))
    return lines


def _rows(scores: list[Score]) -> list[tuple[str, str, str]]:
    return [
        (
            score.where,
            percent(score.value)
            + (f" [{percent(score.low)}, {percent(score.high)}]"
               if score.low is not None and score.high is not None else ""),
            str(score.scenes),
        )
        for score in scores
    ]  # fmt: skip


def _real(study: Study, experiment: str) -> list[str]:
    measured = read_real_chips(study)
    tried = None if measured is None else measured.models.get(experiment)
    if measured is None or tried is None:
        return ["It was not tried on labelled chips of real land."]
    if tried.weights != weights_digest(study, experiment):
        return ["It was trained anew since it was tried on labelled chips of real land."]
    places = [
        f"On {place.image}, labels of 10 m: {percent(place.right / place.pixels)} of n = "
        f"{place.pixels:,} pixels are right."
        for place in measured.places
        if place.experiment == experiment and place.pixels
    ]
    return [_chips(measured, tried), *places]


def _chips(measured: RealChips, tried: ModelOnChips) -> str:
    rows = []
    for land, chips in measured.chips.items():
        right = tried.right.get(land, 0)
        low, high = wilson(right, chips) if chips else (np.nan, np.nan)
        classes = listed([CLASSES[i] for i in measured.may_be.get(land, ())] or ["any"])
        share = f"{right} of {chips} [{percent(low)}, {percent(high)}]" if chips else "none"
        rows.append((land, classes, share))
    head = ("Land", "Right if mostly", "Chips right [95%, Wilson]")
    return f"{measured.source} ({measured.made}).\n\n{_table(head, rows)}"


def _limits(study: Study, card: ModelCard) -> list[str]:
    lines = [
        "- Its labels are MODIS land use of 500 m, which is right for about 81% of its pixels "
        "(Sulla-Menashe et al. 2019): what it learned is agreement with them, not the ground.",
        f"- It saw {len(card.training_scenes):,} scenes of {card.train_group} alone. On other land "
        "see the scores above, and forecast before use.",
        "- Input of another unit, order or processing (surface reflectance, the offset of "
        "processing baseline 04.00) gives wrong maps without a warning of the network's own.",
    ]
    if missing := hardly_seen(study, card):
        lines.append(
            f"- Less than a thousandth of its training labels are {listed(list(missing))}: it "
            "hardly knows them."
        )
    if study.is_demo:
        lines.append("- It has never seen a real image; it is for trying the software.")
    return ["\n".join(lines)]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])

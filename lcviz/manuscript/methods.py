"""The methods section of a manuscript, filled from the study's own cards."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from lcviz import __version__
from lcviz.errors import LcvizError
from lcviz.generalization.tables import RESAMPLES
from lcviz.landscapes.groups import DRAWS
from lcviz.manuscript.citation import REFERENCES, in_words
from lcviz.manuscript.dataset import read_cards
from lcviz.manuscript.landscapes import clustering_of
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS
from lcviz.study.forecasts import STAGE, looked_at
from lcviz.study.records import ModelCard
from lcviz.study.splits import protocol_sentence
from lcviz.study.truth import has_truth
from lcviz.taxonomy import BANDS, CLASSES, S2_BAND_NAMES, WITHOUT_EXPERIMENTS
from lcviz.words import listed

Sections = list[tuple[str, list[str]]]
"""Heading -> paragraphs, plain text."""
_NETWORK: Final = (
    "Each model is an FC-DenseNet (three dense blocks, growth rate 16, four layers a block; the "
    "Keras DenseNetFCN that the paper's authors trained) with ten input bands and eight classes."
)


def methods(study: Study) -> Sections:
    """What was done, as far as the study tells; a part that cannot be read says so."""
    if study.is_published:
        said = "These are values published of SEN12MS, with their sources. Nothing was measured."
        return [("Data", [said]), _references()]
    cards, _ = read_cards(study)
    parts: list[tuple[str, Callable[[], list[str]]]] = [
        ("Data", partial(_data, study)),
        ("Labels and classes", partial(_labels, study)),
        ("Networks and training", partial(_training, cards)),
        ("Splits and accuracy", partial(_splits, study, cards)),
        ("Uncertainty", partial(_uncertainty, study)),
        ("Landscapes", partial(_landscapes, study)),
        ("Forecasts without labels", partial(_forecasts, study)),
        ("Software", partial(_software, study, cards)),
    ]
    sections: Sections = []
    for heading, part in parts:
        try:
            paragraphs = part()
        except LcvizError as error:
            paragraphs = [f"Not told by this study: {error}"]
        if paragraphs:
            sections.append((heading, paragraphs))
    return [*sections, _references()]


def as_markdown(title: str, sections: Sections) -> str:
    """The sections as Markdown."""
    parts = [f"# {title}"]
    for heading, paragraphs in sections:
        parts += [f"## {heading}", *paragraphs]
    return "\n\n".join(parts) + "\n"


def _data(study: Study) -> list[str]:
    scenes = study.scenes()
    continents = scenes.continent.dropna().nunique()
    if study.is_demo:
        first = (
            "All imagery and labels are synthetic: lcviz's generator imitates the layout, the "
            f"bands and the labels of SEN12MS (seed {study.info.seed}). Nothing here was measured "
            "of the real world."
        )
    else:
        first = (
            "Imagery is Sentinel-2, Level-1C (top-of-atmosphere reflectance x 10,000, digital "
            "numbers before the offset of processing baseline 04.00), in SEN12MS's layout of "
            "patches of 256 x 256 pixels of 10 m (Schmitt et al. 2019)."
        )
    bands = listed([f"{name} ({band})" for band, name in zip(BANDS, S2_BAND_NAMES, strict=True)])
    patches = study.patches(["status"])
    flawed = int((patches.status != "ok").sum())
    return [
        first,
        f"The study “{study.info.name}” holds n = {len(scenes):,} scenes with {len(patches):,} "
        f"patches on {continents} continents in {scenes.season.nunique()} seasons; {flawed:,} "
        f"patches lack labels or imagery. The networks see ten bands: {bands}. "
        f"The dataset's digest is {study.info.data_digest}.",
    ]


def _labels(study: Study) -> list[str]:
    pixels = study.patches(["labelled", *FRACTIONS]).labelled.fillna(0).sum()
    said = (
        "Labels are MODIS MCD12Q1 land use (LCCS), 500 m"
        + (", imitated with errors" if study.is_demo else "")
        + f", merged into eight classes as in the paper's Table 2: {listed(list(CLASSES))}. Pixels "
        f"of any other code count as unlabelled; n = {int(pixels):,} pixels are labelled. "
        "Agreement with these labels is not accuracy on the ground: the layer is right for about "
        "81% of its pixels (Sulla-Menashe et al. 2019)."
    )
    if has_truth(study):
        legends = (study.stamp("index") or {}).get("legends", [])
        said += " Some scenes have better labels at 10 m beside them"
        said += f" ({'; '.join(legends)})." if legends else "."
    return [said]


def _training(cards: Sequence[ModelCard]) -> list[str]:
    if not cards:
        return []
    scenes = [len(card.training_scenes) for card in cards]
    epochs = [int(card.history["epochs"]) for card in cards if "epochs" in card.history]
    without = any(card.experiment in WITHOUT_EXPERIMENTS for card in cards)
    others = " or of all continents but one" if without else ""
    said = (
        f"{_NETWORK} n = {len(cards)} models were trained from scratch, each on the scenes of one "
        f"group alone{others} ({min(scenes)} to {max(scenes)} scenes)"
    )
    said += f", for {min(epochs)} to {max(epochs)} epochs." if epochs else "."
    said += (
        " Bands are standardised with "
        + listed(sorted({f"mean {card.band_mean[0]:,.2f} in {BANDS[0]}" for card in cards}))
        + " and so on (see each model's card)."
    )
    config = "; ".join(
        f"{key.replace('_', ' ')} {_values(card.config.get(key) for card in cards)}"
        for key in dict.fromkeys(key for card in cards for key in card.config)
    )
    paragraphs = [said, f"Settings: {config}."] if config else [said]
    departures: dict[str, dict[str, None]] = {}
    for card in cards:
        for name, words in card.departures.items():
            departures.setdefault(name, {})[words] = None
    if departures:
        told = "; ".join(
            f"{name.replace('_', ' ')} {' or '.join(words)}" for name, words in departures.items()
        )
        paragraphs.append(f"Departures from the paper's recipe: {told}.")
    return paragraphs


def _splits(study: Study, cards: Sequence[ModelCard]) -> list[str]:
    if not cards:
        return []
    home = [len(card.home_test) for card in cards]
    validation = [len(card.validation_scenes) for card in cards]
    return [
        "Scenes were split within each group, at random and seeded. "
        f"{min(home)} to {max(home)} scenes a model are its home test, {min(validation)} to "
        f"{max(validation)} chose the epoch. {protocol_sentence(cards, study.scenes())}",
        "The accuracy of a scene is the share of its labelled pixels that are predicted as "
        "labelled, over all its patches; a cell of a train x test table is the mean over the "
        "scenes of the group tested on, each of which counts the same, with the population "
        "standard deviation. Elsewhere is the mean over the groups that a model was not trained "
        "on; the gap is home minus elsewhere, split into class mix and change of appearance after "
        "Kitagawa (1955).",
    ]


def _uncertainty(study: Study) -> list[str]:
    return [
        "Intervals are of 95%. Those of accuracies are Student's t over scenes, since pixels of "
        "one scene are no independent samples; where models share test scenes, their influence is "
        "added before it is squared. How often other scenes would have given the same order of "
        f"cells comes from {RESAMPLES:,} bootstrap resamples of the scenes (seed "
        f"{study.info.seed}). Statistics over pairs of groups have jackknife intervals: one group "
        "at a time is left out with all its pairs (Snijders & Borgatti 1999 for correlations).",
    ]


def _landscapes(study: Study) -> list[str]:
    found = clustering_of(study)
    return [
        f"{found.source} Groups are compared by their cluster histograms (Jensen-Shannon distance, "
        "base 2) and placed by principal components of these, unscaled; how sure a place is comes "
        f"from {DRAWS} bootstrap draws of the group's scenes. P(group | cluster) takes the groups "
        "as equally likely beforehand, as the paper's Figure 7 does.",
    ]


def _forecasts(study: Study) -> list[str]:
    if not (study.path / STAGE / "receipts.parquet").is_file():
        return []
    look = looked_at(study)
    return [
        "The accuracy of each model on each scene is forecast without labels, from how far the "
        "models agree or from a ridge regression on several indicators, and checked by leaving out "
        "one group of scenes at a time. Of each scene "
        f"{look.patches} patches are looked at, {look.side} x {look.side} pixels each. Rivals are "
        "the mean accuracy elsewhere, the model's home accuracy and the mean of its other away "
        "cells; intervals are split-conformal (80%).",
    ]


def _software(study: Study, cards: Sequence[ModelCard]) -> list[str]:
    by = study.info.lcviz_version
    said = f"Tables and figures were made by lcviz {__version__}; the study by lcviz {by}."
    told = [
        f"{key} {_values(card.provenance.get(key) for card in cards)}"
        for key in ("torch", "lightning", "device", "precision")
        if any(key in card.provenance for card in cards)
    ]
    if told:
        said += f" Training: {'; '.join(told)}."
    seconds = [float(card.provenance["seconds"]) for card in cards if "seconds" in card.provenance]
    if seconds:
        said += f" It took {sum(seconds) / 3600:,.1f} hours for {len(seconds)} models together."
    days = sorted({_day(card.provenance.get("finished")) for card in cards} - {""})
    if days:
        said += f" Finished {days[0]}" + (f" to {days[-1]}." if days[1:] else ".")
    return [said]


def _references() -> tuple[str, list[str]]:
    return "References", [in_words(name) for name in REFERENCES]


def _values(values: Any) -> str:
    return " or ".join(dict.fromkeys(str(value) for value in values if value is not None))


def _day(moment: Any) -> str:
    try:
        return datetime.fromisoformat(str(moment)).date().isoformat()
    except ValueError:
        return ""

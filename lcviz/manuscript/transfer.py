"""How well models travel: the paper's Tables 4 and 5, the gap, and what it is made of."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lcviz.data import published
from lcviz.errors import ArtefactMissingError
from lcviz.figures.paper.scores import Row, interval_rows, matrix_figure
from lcviz.generalization.class_mix import GapParts, gap_parts
from lcviz.generalization.headline import headline, model_estimates, sentences
from lcviz.generalization.label_error import SHARES, label_error
from lcviz.generalization.tables import (
    TransferMatrix,
    matrix_cells,
    matrix_rows,
    published_matrix,
    score_scenes,
    transfer_matrix,
)
from lcviz.manuscript.dataset import read_cards
from lcviz.manuscript.items import Chart, Item, Table, basis, span, unmarked, with_interval
from lcviz.metrics import MEASURES
from lcviz.study import RESULT_COLUMNS, Study
from lcviz.study.columns import PLAIN_VARIANT, Reference
from lcviz.study.splits import protocol_sentence
from lcviz.study.truth import has_truth, read_truth_counts
from lcviz.taxonomy import AXES, EXPERIMENTS

NUMBERS = {"continent": "4", "season": "5"}
_PUBLISHED = {"continent": published.table_4, "season": published.table_5}
_AGAINST = {"modis": "agreement with MODIS labels", "truth": "accuracy against the labels at 10 m"}


def matrix_of(study: Study, axis: str, reference: Reference = "modis") -> TransferMatrix:
    """A study's train x test table of overall accuracy, as the page shows it.

    Raises:
        ArtefactMissingError: the study has no results of this axis.
    """
    scores = score_scenes(study.results(reference), axis, MEASURES["accuracy"])
    matrix = transfer_matrix(scores, axis, seed=study.info.seed)
    if matrix.mean.isna().all(axis=None):
        raise ArtefactMissingError(
            f"No model of a {axis} has a score. {study.how_to_make('evaluate')}"
        )
    return matrix


def transfer_tables(study: Study, axis: str) -> Iterator[Item]:
    """The train x test table with its intervals, as a heat map, and its headline."""
    matrix = matrix_of(study, axis)
    readable, _ = read_cards(study)
    cards = [c for c in readable if EXPERIMENTS.get(c.experiment, ("",))[0] == axis]
    protocol = protocol_sentence(cards, study.scenes()) if cards else ""
    yield from _matrix_items(study, matrix, f"table-{NUMBERS[axis]}", protocol)
    if has_truth(study):
        try:
            truth = matrix_of(study, axis, "truth")
        except ArtefactMissingError:
            return  # Better labels only where no group of this axis is known.
        yield from _matrix_items(study, truth, f"table-{NUMBERS[axis]}-truth", protocol, "truth")


def _matrix_items(
    study: Study,
    matrix: TransferMatrix,
    name: str,
    protocol: str,
    reference: Reference = "modis",
) -> Iterator[Item]:
    axis, scenes = matrix.axis, matrix.scenes
    assert scenes is not None
    title = f"Table {NUMBERS[axis]}" + (" (truth)" if reference == "truth" else "")
    what = (
        f"Overall accuracy ({_AGAINST[reference]}) of models trained on one {axis} (rows) and "
        f"tested on another (columns)"
    )
    n = f"n = {span(scenes.to_numpy().ravel())} scenes a cell"
    rows = matrix_rows(matrix)
    yield Table(
        name,
        title,
        f"{what}: mean ± population standard deviation over the scenes tested on ({n}). "
        f"{protocol} {basis(study)}",
        rows,
        matrix_cells(matrix),
    )
    cells = [
        with_interval(row.mean, row.low, row.high, ".1f", 100) + f" (n = {row.scenes})"
        for row in rows.itertuples()
    ]
    wide = rows.assign(cell=cells).pivot(index="trained_on", columns="tested_on", values="cell")
    groups = list(matrix.groups)
    wide = wide.reindex(index=groups, columns=groups).astype(object).fillna("--")
    wide = wide.rename_axis("Trained on")
    yield Table(
        f"{name}-intervals",
        f"{title}, intervals",
        f"{what}: per cent, in brackets the 95% interval (Student's t over scenes; none where a "
        f"cell has one scene); {n}, told in each. {basis(study)}",
        rows,
        wide.reset_index().rename_axis(columns=None),
    )
    yield Chart(
        f"figure-{name}",
        f"{title} as a figure",
        f"{what}: per cent, mean ± standard deviation over the scenes tested on ({n}). "
        f"{basis(study)}",
        matrix_figure(matrix, "Overall accuracy"),
        rows,
    )


def published_tables(study: Study, axis: str) -> Iterator[Table]:
    """The paper's own table, to lay beside the study's."""
    table = _PUBLISHED[axis]()
    matrix = published_matrix(table, axis)
    said = (
        f"Overall accuracy as published ({table.source}): mean ± standard deviation over scenes; "
        "the number of scenes is not published, so there are no intervals."
    )
    if axis == "season":
        said += f" The table is {published.ORIENTATION}; rows are trained on here."
    number = NUMBERS[axis]
    yield Table(
        f"table-{number}-published",
        f"Table {number} (published)",
        said,
        matrix_rows(matrix),
        matrix_cells(matrix),
    )


def gap(study: Study, axis: str) -> Iterator[Item]:
    """At home, elsewhere and the gap, model by model and over all, with intervals."""
    matrix = matrix_of(study, axis)
    found, table = headline(matrix), model_estimates(matrix)
    every: dict[str, str | float] = {"Trained on": "Mean of the models"}
    for name, estimate in (("home", found.home), ("elsewhere", found.away), ("gap", found.gap)):
        value, low, high = (
            (np.nan,) * 3
            if estimate is None
            else (estimate.value, _number(estimate.low), _number(estimate.high))
        )
        every |= {name: value, f"{name}_low": low, f"{name}_high": high}
    table = pd.concat([table, pd.DataFrame([every])], ignore_index=True)
    cells = pd.DataFrame(
        {
            "Trained on": table["Trained on"],
            "At home (%)": _cells(table, "home", ".1f"),
            "Elsewhere (%)": _cells(table, "elsewhere", ".1f"),
            "Gap (points)": _cells(table, "gap", "+.1f"),
        }
    )
    assert matrix.scenes is not None
    said = (
        f"Overall accuracy at home, mean over the {axis}s elsewhere, and the gap between the two. "
        f"In brackets: 95% intervals over scenes (n = {span(matrix.scenes.to_numpy().ravel())} a "
        f"cell), none where a cell has one scene. The last row is over n = {len(found.models)} "
        f"models. {unmarked(' '.join(sentences(found, matrix)))} {basis(study)}"
    )
    yield Table(f"gap-{axis}s", f"The gap across {axis}s", said, table, cells)
    rows = [
        Row.of(str(r["Trained on"]), r, part, name)
        for part, name in (("home", "At home"), ("elsewhere", "Elsewhere"))
        for r in table.to_dict("records")
        if not np.isnan(r[part])
    ]
    yield Chart(
        f"figure-gap-{axis}s",
        f"The gap across {axis}s, as a figure",
        said,
        interval_rows(rows, "Overall accuracy (%)"),
        table,
    )


def class_mix(study: Study, axis: str) -> Iterator[Table]:
    """The gap of every pair, split into another mix of classes and another appearance."""
    scores = score_scenes(study.results(), axis, MEASURES["accuracy"])
    rows = []
    for train in AXES[axis]:
        model = scores[(scores.train_group == train) & scores.value.notna()]
        home = model[model.test_group == train]
        for test in AXES[axis]:
            away = model[model.test_group == test]
            if test == train or home.empty or away.empty:
                continue
            parts = gap_parts(np.stack(list(home.confusion)), np.stack(list(away.confusion)))
            if parts is not None:
                rows.append(_parts(parts, train, test, len(home), len(away)))
    if not rows:
        raise ArtefactMissingError(
            f"No model has scores both at home and away. {study.how_to_make('evaluate')}"
        )
    table = pd.DataFrame(rows)
    points = ("gap", "class_mix", "appearance", "unknown_classes")
    cells = pd.DataFrame(
        {"Trained on": table.trained_on, "Tested on": table.tested_on}
        | {
            name.replace("_", " ").capitalize(): table[name].map(lambda v: f"{100 * v:+.1f}")
            for name in points
        }
        | {"Scenes at home": table.scenes_home, "Scenes away": table.scenes_away}
    )
    said = (
        "The gap between home and away in overall accuracy, in percentage points, and its parts: "
        "another mix of classes, another appearance of the same classes, and classes that no home "
        "scene holds (Kitagawa 1955). Each scene weighs the same; no intervals. "
        f"n = {len(table)} pairs. {basis(study)}"
    )
    yield Table(f"class-mix-{axis}s", f"What the gap across {axis}s is made of", said, table, cells)


def truth(study: Study) -> Iterator[Table]:
    """Who is right where a model and MODIS disagree."""
    if not has_truth(study):
        raise ArtefactMissingError("The dataset has no better labels beside MODIS's.")
    counts = read_truth_counts(study)
    rows = []
    for model, of_model in counts.groupby("experiment", sort=False):
        for where, split in (("at home", "home"), ("away", "test")):
            found = label_error(of_model[of_model.split == split])
            if found is None:
                continue
            shares = found.shares
            rows.append(
                {"model": model, "where": where, "scenes": found.scenes}
                | {
                    f"{name}{end}": value
                    for name in SHARES
                    for end, value in (
                        ("", shares[name].value),
                        ("_low", _number(shares[name].low)),
                        ("_high", _number(shares[name].high)),
                    )
                }
            )
    table = pd.DataFrame(rows)
    cells = pd.DataFrame(
        {"Model": table.model, "Where": table["where"], "Scenes": table.scenes}
        | {
            words[0].upper() + words[1:]: _cells(table, name, ".1f")
            for name, words in SHARES.items()
        }
    )
    said = (
        "Whose error is it: per cent of the pixels with a MODIS label and a better one at 10 m, "
        "means over scenes, in brackets 95% intervals (Student's t over scenes, from five scenes "
        f"on). n = {len(counts)} pairs of model and scene. {basis(study)}"
    )
    yield Table("truth", "Agreement with MODIS, and accuracy", said, table, cells)


def variants(study: Study) -> Iterator[Table]:
    """Other recipes and networks beside the plain one, on the same scenes."""
    results = study.read_table("results.parquet", RESULT_COLUMNS, "evaluate")
    results = results.fillna({"variant": PLAIN_VARIANT, "reference": "modis"})
    if results.variant.nunique() < 2:
        raise ArtefactMissingError("The study holds no other variant than the plain one.")
    rows = []
    for axis in AXES:
        for variant, part in results[results.reference == "modis"].groupby("variant"):
            scores = score_scenes(part.reset_index(drop=True), axis, MEASURES["accuracy"])
            found = headline(transfer_matrix(scores, axis, seed=study.info.seed))
            for where, estimate in (
                ("at home", found.home), ("elsewhere", found.away), ("gap", found.gap),
            ):  # fmt: skip
                if estimate is not None:
                    low, high = _number(estimate.low), _number(estimate.high)
                    rows.append(
                        (variant, axis, where, len(found.models), estimate.value, low, high)
                    )
    columns = ["variant", "axis", "where", "models", "value", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    said = (
        "Overall accuracy of other recipes and networks, mean over the models; 95% intervals over "
        f"scenes. {basis(study)}"
    )
    cells = table[columns[:4]].assign(**{"Accuracy (%)": _cells(table, "", ".1f", "value")})
    yield Table("variants", "Variants", said, table, cells)


def _parts(parts: GapParts, train: str, test: str, home: int, away: int) -> dict[str, object]:
    return {
        "trained_on": train,
        "tested_on": test,
        "home": parts.home,
        "away": parts.away,
        "gap": parts.gap,
        "class_mix": parts.class_mix,
        "appearance": parts.appearance,
        "unknown_classes": parts.unknown_classes,
        "scenes_home": home,
        "scenes_away": away,
    }


def _cells(table: pd.DataFrame, name: str, form: str, value: str = "") -> list[str]:
    ends = (f"{name}_low", f"{name}_high") if name else ("low", "high")
    columns = (table[value or name], table[ends[0]], table[ends[1]])
    return [with_interval(*row, form, 100) for row in zip(*columns, strict=True)]


def _number(value: float | None) -> float:
    return np.nan if value is None else value

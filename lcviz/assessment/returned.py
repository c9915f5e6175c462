"""Points that went out to be labelled elsewhere, and came back."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from lcviz.assessment import measurement
from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.folder import Check
from lcviz.assessment.journal import Entry
from lcviz.assessment.points import Points
from lcviz.assessment.words import overall_sentence
from lcviz.errors import PointsError
from lcviz.legends import Scheme

_SAID: Final = 5
_NO: Final = ("false", "0", "0.0", "no")


class ForeignPointsError(PointsError):
    """The points are not those that were drawn."""


def labels_of(
    check: Check, points: Points, column: str, scheme: Scheme, labeller: str
) -> tuple[list[Entry], list[str]]:
    """Labels of a file, for the points of a check.

    Args:
        check: the check.
        points: as read; known by `sample_id`, or else by the pixel in which they lie.
        column: of the labels; columns `sure` and `note` are taken along.
        scheme: what they mean, codes or names.
        labeller: under whose name they are kept.

    Returns:
        The labels, and in words what of the file could not be taken.

    Raises:
        ForeignPointsError: no point is one of the sample.
        PointsError: labels of another scheme are kept already.
    """
    refuse_other_scheme(check, scheme, "the file")
    table = points.table
    wanted = set(check.sample().table.sample_id)
    entries: dict[int, Entry] = {}
    strange: dict[str, int] = {}
    foreign = twice = 0
    none = pd.Series([None] * len(table), index=table.index)
    for number, label, sure, note in zip(
        _numbers(check, points),
        table[column],
        table.get("sure", none),
        table.get("note", none),
        strict=True,
    ):
        if number not in wanted:
            foreign += 1
            continue
        word = _text(label)
        if not word:
            continue
        code = scheme.code_of(word)
        if code is None:
            strange[word] = strange.get(word, 0) + 1
            continue
        twice += number in entries
        name = scheme.classes[code].name
        certain = _text(sure).casefold() not in _NO
        entries[number] = Entry(number, labeller, name, certain, _text(note))
    if foreign == len(table):
        raise ForeignPointsError(
            "No point of this file is one of the sample. Points that were not drawn can be looked "
            "at, but they give no estimate, and none is kept"
        )
    remarks = []
    if strange:
        some = ", ".join(f"{word!r} ({n})" for word, n in list(strange.items())[:_SAID])
        remarks.append(f"Labels that {scheme.title} does not know, not taken: {some}.")
    if foreign:
        remarks.append(f"{foreign} points are not of this sample: not taken, they were not drawn.")
    if twice:
        remarks.append(f"{twice} points stand twice in the file: the last label is taken.")
    if len(entries) < len(wanted):
        remarks.append(f"{len(wanted) - len(entries)} points of the sample have no label in it.")
    return list(entries.values()), remarks


def refuse_other_scheme(check: Check, scheme: Scheme, what: str) -> None:
    """Let a check hold labels of one scheme alone.

    Raises:
        PointsError: it holds labels of another.
    """
    kept = check.scheme(check.record.label_scheme)
    if scheme != kept and check.journal.entries():
        raise PointsError(
            f"This check holds labels of {kept.title} already, {what} holds {scheme.title}. Draw "
            "the sample again for these (the same seed gives the same points)"
        )


def look_at(check: Check, points: Points, column: str, scheme: Scheme) -> str:
    """What points that nobody drew say of the map: how many agree, and that it is no estimate.

    Raises:
        PointsError: none of them can be used.
    """
    table = points.table.drop(columns=["stratum", "inclusion_probability"], errors="ignore")
    map_scheme = check.scheme(check.record.map_scheme)
    with open_class_map(check.map_file(check.record.drawn_for), map_scheme) as of_map:
        return overall_sentence(measurement.measure(of_map, Points(table), column, scheme))


def _numbers(check: Check, points: Points) -> Sequence[int]:
    """The sample's number of each point, -1 where it has none."""
    table = points.table
    if "sample_id" in table.columns:
        numbers = pd.to_numeric(table.sample_id, errors="coerce").fillna(-1)
        return [int(number) for number in numbers]
    sample = check.sample().table
    scheme = check.scheme(check.record.map_scheme)
    with open_class_map(check.map_file(check.record.drawn_for), scheme) as of_map:
        rows, columns = of_map.pixels_of(
            table.longitude.to_numpy(np.float64), table.latitude.to_numpy(np.float64)
        )
    pixels = zip(sample["row"].astype(int), sample["column"].astype(int), strict=True)
    number = dict(zip(pixels, sample.sample_id.astype(int), strict=True))
    return [number.get((int(r), int(c)), -1) for r, c in zip(rows, columns, strict=True)]


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value).strip()

"""Points with labels, and a map -> what the map is worth."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.assessment import estimators
from lcviz.assessment.class_map import ClassMap
from lcviz.assessment.estimators import Assessment, LabelledSample
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.points import Points
from lcviz.crosswalk import Level, common_level
from lcviz.errors import PointsError
from lcviz.legends import Scheme

Basis = Literal["stratified", "simple-random", "census", "none"]
_SAID: Final = 5


@dataclass(frozen=True, eq=False)
class Measurement:
    """What was measured, on which grounds, and all that had to be said."""

    basis: Basis
    """`census`: every pixel was compared. `none`: the points were not drawn by design, and only
    agreement on them is told."""
    level: Level
    assessment: Assessment | None
    agree: int
    """Labelled points at which map and label are the same."""
    used: int
    unlabelled: int
    planned: int | None
    """Points of the design, where it says so."""
    remarks: tuple[str, ...] = field(default_factory=tuple)
    judged: npt.NDArray[np.bool_] | None = None
    """Points at which map and label can be compared, (all points,); None of a census."""
    right: npt.NDArray[np.bool_] | None = None
    """Whether they are the same, likewise."""
    labels: npt.NDArray[np.int64] | None = None
    """What each label says, an index of `level.groups`, -1 where none, likewise."""
    stratum: npt.NDArray[np.object_] | None = None
    """That each point counts for, likewise; None where the points were not drawn by design."""
    sizes: Mapping[object, float] = field(default_factory=dict)
    """Pixels of each stratum."""
    hectares: float | None = None
    """Of all that the shares of area are of; None where the map does not say it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the compared classes."""
        return tuple(group.name for group in self.level.groups)

    @property
    def interim(self) -> bool:
        """Whether points of the design are still without a label."""
        return self.unlabelled > 0

    def report(self) -> dict[str, Any]:
        """JSON-like: overall, users, producers and area by class name."""
        report: dict[str, Any] = {
            "basis": self.basis,
            "interim": self.interim,
            "points": self.used,
            "unlabelled": self.unlabelled,
            "agree": self.agree,
            "classes": {
                group.name: {"map": group.map_codes, "labels": group.label_codes}
                for group in self.level.groups
            },
            "remarks": list(self.remarks),
        }
        found = self.assessment
        if found is None:
            return report
        report["overall"] = asdict(found.overall)
        tables: dict[str, Mapping[int, Estimate]] = {
            "users": found.users,
            "producers": found.producers,
            "area": found.area,
        }
        if self.hectares is not None:
            tables["hectares"] = {k: each.scaled(self.hectares) for k, each in found.area.items()}
        for key, estimates in tables.items():
            report[key] = {self.names[k]: asdict(each) for k, each in estimates.items()}
        report["matrix"] = {
            label: dict(zip(self.names, row, strict=True))
            for label, row in zip(self.names, found.matrix.tolist(), strict=True)
        }
        return report


def measure(
    of_map: ClassMap,
    points: Points,
    label: str,
    scheme: Scheme,
    *,
    simple_random: bool = False,
) -> Measurement:
    """Compare a map with labels at points.

    Args:
        of_map: the map.
        points: the points.
        label: column of the labels, codes or names of classes of `scheme`.
        scheme: what the labels mean.
        simple_random: the points are a simple random sample of the map's pixels, which is said of
            points that do not say how they were drawn.

    Raises:
        PointsError: there is no such column, or no point that can be used.
        ConfigurationError: map and labels have no class in common.
    """
    table, remarks = points.table, list(points.remarks)
    if label not in table.columns:
        raise PointsError(
            f"The points have no column {label!r}; they have: {', '.join(map(str, table.columns))}"
        )
    level = common_level(of_map.scheme, scheme)
    remarks += said_of(level, of_map.scheme, scheme)
    codes, given = _codes(table[label], scheme, remarks)
    rows, columns = of_map.pixels_of(
        table.longitude.to_numpy(float), table.latitude.to_numpy(float)
    )
    mapped = level.of_map(of_map.at(rows, columns).astype(np.int64))
    labels = level.of_labels(codes)
    _tell_places(rows, columns, of_map, table, given, remarks)
    known = given & (codes >= 0)
    _tell(known & (mapped < 0), "points lie where the map has no class to compare", remarks)
    _tell(known & (labels < 0), "labels say what the map's classes cannot: set aside", remarks)
    used = known & (mapped >= 0) & (labels >= 0)
    if not used.any():
        raise PointsError(
            f"No point can be used: of {len(table)}, {int(given.sum())} have a label. "
            + " ".join(remarks)
        )
    basis, strata, sizes = _design(of_map, level, points, mapped, simple_random, remarks)
    found = None
    hectares = None
    if basis != "none":
        areas = of_map.row_areas
        ground = None if areas is None else areas[rows[used]]
        sample = LabelledSample(strata[used], mapped[used], labels[used], sizes, ground)
        found = estimators.assess(sample, len(level.groups))
        hectares = _hectares(of_map, sample)
        if found.unsampled:
            names = ", ".join(
                level.groups[each].name if isinstance(each, int) else str(each)
                for each in found.unsampled
            )
            remarks.append(f"No labelled point in {names}: nothing is known there.")
    unlabelled = int((~given).sum()) if basis != "none" else 0
    planned = points.design.get("planned")
    return Measurement(
        basis=basis,
        level=level,
        assessment=found,
        agree=int((mapped[used] == labels[used]).sum()),
        used=int(used.sum()),
        unlabelled=unlabelled,
        planned=planned if isinstance(planned, int) else None,
        remarks=tuple(remarks),
        judged=used,
        right=used & (mapped == labels),
        labels=np.where(used, labels, -1),
        stratum=strata if basis != "none" else None,
        sizes=sizes,
        hectares=hectares,
    )


def _design(
    of_map: ClassMap,
    level: Level,
    points: Points,
    mapped: npt.NDArray[np.int64],
    simple_random: bool,
    remarks: list[str],
) -> tuple[Basis, npt.NDArray[np.object_], dict[object, float]]:
    """How the points were drawn: basis, stratum of each, pixels of each stratum."""
    table = points.table
    if {"stratum", "inclusion_probability"} <= set(table.columns) and not simple_random:
        chance = pd.to_numeric(table.inclusion_probability, errors="coerce").to_numpy(float)
        strata = table.stratum.astype(str).to_numpy(dtype=object)
        bad = ~((chance > 0) & (chance <= 1))
        if bad.any():
            raise PointsError(
                f"{int(bad.sum())} points have no inclusion probability in 0 to 1; restore the "
                "column, or say --design simple-random if the sample is one"
            )
        told = points.design.get("map_digest")
        if told and told != of_map.digest():
            remarks.append(
                "The sample was drawn for another map (or another version of this one); its "
                "strata are kept, and accuracies are this map's."
            )
        if points.design.get("method") != "simple-random":
            totals = pd.Series(1 / chance).groupby(strata).sum()
            sizes = points.design.get("strata") or totals.to_dict()
            return "stratified", strata, {name: float(size) for name, size in sizes.items()}
    elif not simple_random:
        return "none", np.empty(0, object), {}
    # Post-stratified by the map's classes, whose sizes are known.
    sizes_of: dict[object, float] = {}
    for code, pixels in of_map.count().items():
        group = int(level.of_map(np.array([code]))[0])
        if group >= 0:
            sizes_of[group] = sizes_of.get(group, 0.0) + pixels
    return "simple-random", mapped.astype(object), sizes_of


def _hectares(of_map: ClassMap, sample: LabelledSample) -> float | None:
    """Of the strata that have a point."""
    areas, ground = of_map.row_areas, sample.ground
    if areas is None or ground is None:
        return None
    named = {name: sample.stratum == name for name in sample.sizes}
    pixels = {name: size for name, size in sample.sizes.items() if named[name].any()}
    if np.ptp(areas) == 0:
        return sum(pixels.values()) * float(areas[0]) / 1e4
    whole, known = of_map.count(), of_map.ground()
    if known is not None and sum(pixels.values()) == sum(whole.values()):
        return sum(known.values()) / 1e4
    # Of a part of the map: the points' mean, which errs by far less than the shares do.
    return sum(size * float(ground[named[name]].mean()) for name, size in pixels.items()) / 1e4


def _codes(
    labels: pd.Series, scheme: Scheme, remarks: list[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Code of each label (-1 where it is none), and whether there is a label at all."""
    given = (labels.notna() & (labels.astype("string").str.strip() != "")).to_numpy(bool)
    codes = np.full(len(labels), -1, np.int64)
    strange: dict[str, int] = {}
    for i in np.flatnonzero(given):
        code = scheme.code_of(labels.iloc[i])
        if code is None:
            word = str(labels.iloc[i])
            strange[word] = strange.get(word, 0) + 1
        else:
            codes[i] = code
    if strange:
        some = ", ".join(f"{word!r} ({n})" for word, n in list(strange.items())[:_SAID])
        more = f" and {len(strange) - _SAID} more" if len(strange) > _SAID else ""
        remarks.append(f"Labels that {scheme.title} does not know: {some}{more}. Not used.")
    return codes, given


def said_of(level: Level, of_map: Scheme, scheme: Scheme) -> list[str]:
    """What has to be said of the level at which two schemes are compared."""
    remarks = []
    if level.merged:
        groups = "; ".join(group.name for group in level.merged)
        remarks.append(f"Compared together, since one side cannot tell them apart: {groups}.")
    aside = [of_map.classes[code].name for code in level.map_aside]
    aside += [scheme.classes[code].name for code in level.label_aside]
    if aside:
        remarks.append(f"Set aside, since the other side has no word for it: {', '.join(aside)}.")
    return remarks


def _tell_places(
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    of_map: ClassMap,
    table: pd.DataFrame,
    given: npt.NDArray[np.bool_],
    remarks: list[str],
) -> None:
    height, width = of_map.dataset.shape
    outside = ~((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width))
    _tell(outside, "points lie outside the map", remarks)
    if 2 * outside.sum() > len(outside):
        other_rows, other_columns = of_map.pixels_of(
            table.latitude.to_numpy(float), table.longitude.to_numpy(float)
        )
        inside = (other_rows >= 0) & (other_rows < height)
        inside &= (other_columns >= 0) & (other_columns < width)
        if inside.mean() > 0.5:
            raise PointsError(
                "Longitude and latitude seem to be swapped: the points lie on the map only the "
                "other way round. Swap the two columns"
            )
    same = pd.Series(list(zip(rows[given], columns[given], strict=True))).duplicated()
    _tell(same.to_numpy(bool), "points lie in a pixel that another point has too", remarks)


def _tell(which: npt.NDArray[np.bool_], what: str, remarks: list[str]) -> None:
    if which.any():
        remarks.append(f"{int(which.sum())} {what}.")

"""All that the labels of a check say: each map, the maps beside each other, the forecast."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lcviz.assessment import measurement
from lcviz.assessment.agreement import Agreement, agreements
from lcviz.assessment.assisted import FEWEST, Assisted, difference_estimate
from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.confidence import confidence_at, confidence_by_stratum
from lcviz.assessment.folder import Check
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.measurement import Measurement
from lcviz.assessment.paired import paired_difference
from lcviz.assessment.points import Points
from lcviz.assessment.samples import Strata, one_stratum, strata_of_classes
from lcviz.legends import Scheme


@dataclass(frozen=True, eq=False)
class Findings:
    """Of a check."""

    maps: Mapping[str, Measurement]
    differences: Mapping[str, Estimate]
    """Accuracy of the map that was drawn for minus that of each other."""
    assisted: Assisted | None
    """Of the map that was drawn for; None without confidence, or with too few points."""
    agreements: tuple[Agreement, ...]

    def report(self) -> dict[str, Any]:
        """JSON-like: what each map's `Measurement.report` holds, and the rest."""
        told: dict[str, Any] = {
            "maps": {name: each.report() for name, each in self.maps.items()},
            "differences": {name: asdict(each) for name, each in self.differences.items()},
            "agreements": [asdict(each) for each in self.agreements],
        }
        if self.assisted is not None:
            told["assisted"] = asdict(self.assisted)
        return told


def find(check: Check, points: Points, label: str, scheme: Scheme) -> Findings:
    """Judge all maps of a check on the same points.

    Args:
        check: the check.
        points: its sample, with labels.
        label: column of the labels.
        scheme: what they mean.

    Raises:
        PointsError, RasterError, ConfigurationError: as `measurement.measure` does.
    """
    first = check.record.drawn_for
    map_scheme = check.scheme(check.record.map_scheme)
    measured = {}
    for name in check.record.maps:
        with open_class_map(check.map_file(name), map_scheme) as of_map:
            measured[name] = measurement.measure(of_map, points, label, scheme)
    stratum, sizes = _strata(points, measured[first])
    differences = {}
    for name, other in measured.items():
        one = measured[first]
        if name == first or one.judged is None or other.judged is None or not sizes:
            continue
        both = one.judged & other.judged
        assert one.right is not None and other.right is not None
        differences[name] = paired_difference(
            one.right[both], other.right[both], stratum[both], sizes
        )
    return Findings(
        maps=measured,
        differences=differences,
        assisted=_assisted(check, points, measured[first]),
        agreements=agreements(check.journal.entries()),
    )


def _strata(points: Points, measured: Measurement) -> tuple[np.ndarray, dict[object, float]]:
    """Stratum of each point and the strata's sizes, as the sample was drawn."""
    if measured.basis == "none" or "stratum" not in points.table.columns:
        return np.empty(0, object), {}
    sizes = points.design.get("strata") or {}
    names = points.table.stratum.astype(str).to_numpy(dtype=object)
    return names, {str(name): float(size) for name, size in sizes.items()}


def _assisted(check: Check, points: Points, measured: Measurement) -> Assisted | None:
    """Where the strata are the map's classes or the whole map, and the confidence is at hand."""
    one = check.record.maps[check.record.drawn_for]
    used, right = measured.judged, measured.right
    if one.confidence is None or measured.used < FEWEST or used is None or right is None:
        return None
    stratum, sizes = _strata(points, measured)
    scheme = check.scheme(check.record.map_scheme)
    with open_class_map(check.map_file(check.record.drawn_for), scheme) as of_map:
        parted: Strata = one_stratum(of_map) if set(sizes) == {"map"} else strata_of_classes(of_map)
        if not set(sizes) <= set(parted.names):
            return None
        file = check.folder / one.confidence
        means = confidence_by_stratum(file, parted.read, len(parted.names))
    table = points.table[used]
    sure = confidence_at(file, table["row"].to_numpy(np.int64), table["column"].to_numpy(np.int64))
    if not np.isfinite(sure).all():
        return None
    known = {name: float(means[parted.names.index(str(name))]) for name in sizes}
    return difference_estimate(right[used], sure, stratum[used], sizes, known)

"""Classes of other land-cover schemes, and the level at which two schemes can be compared.

Each class of a scheme is a set of kinds of land. Two schemes are compared at the finest level that
both can say: classes that share a kind of land fall into one group, and so on until no group shares
any with another. A class that the other scheme has no word for is set aside and counted, never
guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lcviz.errors import ConfigurationError
from lcviz.legends import Scheme


@dataclass(frozen=True)
class Group:
    """Classes of both schemes that can only be compared together."""

    name: str
    map_codes: tuple[int, ...]
    label_codes: tuple[int, ...]


@dataclass(frozen=True)
class Level:
    """What two schemes can both say."""

    groups: tuple[Group, ...]
    map_aside: tuple[int, ...]
    """Codes of the map that the labels' scheme has no word for."""
    label_aside: tuple[int, ...]

    def of_map(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Codes of the map -> index of their group, -1 where there is none; any shape."""
        return _looked_up(codes, {c: i for i, g in enumerate(self.groups) for c in g.map_codes})

    def of_labels(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Codes of labels -> index of their group, -1 where there is none; any shape."""
        return _looked_up(codes, {c: i for i, g in enumerate(self.groups) for c in g.label_codes})

    @property
    def merged(self) -> tuple[Group, ...]:
        """Groups that hold more than one class of a scheme, which are to be told."""
        return tuple(g for g in self.groups if len(g.map_codes) > 1 or len(g.label_codes) > 1)


def common_level(of_map: Scheme, of_labels: Scheme) -> Level:
    """The finest level at which both schemes can say what a place is.

    Raises:
        ConfigurationError: they have no class in common.
    """
    if of_map == of_labels:
        same = tuple(Group(each.name, (code,), (code,)) for code, each in of_map.classes.items())
        return Level(same, (), ())
    both = of_map.kinds & of_labels.kinds
    members = [
        (side, code, each.kinds & both)
        for side, scheme in enumerate((of_map, of_labels))
        for code, each in scheme.classes.items()
    ]
    merged: list[tuple[set[tuple[int, int]], set[str]]] = []
    for side, code, kinds in members:
        if not kinds:
            continue
        touching = [each for each in merged if each[1] & kinds]
        merged = [each for each in merged if each not in touching]
        codes = {(side, code)}.union(*(each[0] for each in touching))
        merged.append((codes, set(kinds).union(*(each[1] for each in touching))))
    groups = []
    for codes, _ in merged:
        mapped = tuple(sorted(code for side, code in codes if side == 0))
        labels = tuple(sorted(code for side, code in codes if side == 1))
        groups.append(Group(_title(of_map, mapped, of_labels, labels), mapped, labels))
    if not groups:
        raise ConfigurationError(
            f"{of_map.title} and {of_labels.title} have no class in common; describe the labels in "
            "a table of your own: a CSV with the columns code, name and class"
        )
    return Level(
        tuple(sorted(groups, key=lambda group: group.map_codes)),
        tuple(code for side, code, kinds in members if side == 0 and not kinds),
        tuple(code for side, code, kinds in members if side == 1 and not kinds),
    )


def _title(of_map: Scheme, mapped: tuple[int, ...], other: Scheme, labels: tuple[int, ...]) -> str:
    by_map = [of_map.classes[code].name for code in mapped]
    by_labels = [other.classes[code].name for code in labels]
    return " + ".join(by_map if by_map and len(by_map) <= len(by_labels) else by_labels or by_map)


def _looked_up(codes: npt.NDArray[np.integer], groups: Mapping[int, int]) -> npt.NDArray[np.int64]:
    known, places = np.unique(codes, return_inverse=True)
    return np.array([groups.get(int(code), -1) for code in known], np.int64)[places].reshape(
        codes.shape
    )

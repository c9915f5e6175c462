"""One check of a map, in a folder: the maps, the sample, the labels, and what had been promised.

check.json      what this module writes: `CheckRecord`
maps/           the class maps that are checked, copied so that they stay as they were
sample.gpkg     points and design; written once
around.npy      pictures of each point's surroundings, where an image was at hand
labels.jsonl    the journal of labels
schemes/        tables of classes of a person's own
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from lcviz.assessment.journal import Journal
from lcviz.assessment.points import Points, read_points, write_points
from lcviz.atomic import atomic_path, write_text
from lcviz.errors import ConfigurationError, PointsError
from lcviz.legends import SCHEMES, Scheme, find_scheme

CHECK_SCHEMA: Final = 1
_RECORD: Final = "check.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Promise:
    """What a forecast said of a map, before anything was labelled."""

    accuracy: float
    low: float | None = None
    """Of the forecast's own interval, which is one of 80%."""
    high: float | None = None


@dataclass(frozen=True)
class CheckedMap:
    """One of the maps that are judged on the same points."""

    title: str
    file: str
    """In the folder."""
    confidence: str | None = None
    """Raster of the model's confidence (uint8, `CONFIDENCE_STEPS`), in the folder."""
    model: Mapping[str, str] = field(default_factory=dict)
    """Tags of the map: model, weights, version, input."""
    promise: Promise | None = None


@dataclass(frozen=True)
class CheckRecord:
    """What is known of a check."""

    title: str
    maps: Mapping[str, CheckedMap]
    """The first is the one that the sample was drawn for."""
    map_scheme: str = "eight"
    """Name of a scheme, or a CSV in the folder."""
    label_scheme: str = "eight"
    study: str = ""
    image: str = ""
    pixel: float = 1.0
    """Side of the map's pixel in pixels of the image."""
    unit: str = "one pixel of the map"
    lcviz: str = ""
    began: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    schema: int = CHECK_SCHEMA

    @property
    def drawn_for(self) -> str:
        """Name of the map that the sample was drawn for."""
        return next(iter(self.maps))


class Check:
    """A check in its folder."""

    def __init__(self, folder: Path, record: CheckRecord) -> None:
        self.folder = folder
        self.record = record

    @classmethod
    def open(cls, parent: Path, name: str) -> "Check":
        """The check of that name in a folder of checks.

        Raises:
            PointsError: there is none, or it cannot be read.
        """
        folder = parent / name
        if not _NAME.fullmatch(name) or not (folder / _RECORD).is_file():
            raise PointsError("This check is not here (any more). Start a new one")
        try:
            told = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            maps = {
                key: CheckedMap(**(each | {"promise": Promise(**each["promise"])}))
                if each.get("promise")
                else CheckedMap(**each)
                for key, each in told.pop("maps").items()
            }
            record = CheckRecord(maps=maps, **told)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise PointsError(f"{name}/{_RECORD} cannot be read: {error}") from error
        return cls(folder, record)

    @classmethod
    def create(
        cls,
        parent: Path,
        name: str,
        record: CheckRecord,
        sources: Mapping[str, Path],
        table: pd.DataFrame,
        design: Mapping[str, Any],
        extra: Callable[[Path], CheckRecord] | None = None,
    ) -> "Check":
        """Make a check; it is there whole, or not at all.

        Args:
            parent: folder of checks.
            name: of the new folder: letters, digits, - and _.
            record: of it; `file` of each map says where in the folder it goes.
            sources: path in the folder -> file to copy there.
            table: the sample's points.
            design: how they were drawn.
            extra: adds what else belongs in the folder, and returns the record to keep.

        Raises:
            PointsError: it is there already, or the folder cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"A check cannot be called {name!r}: letters, digits, - and _")
        folder = parent / name
        if folder.exists():
            raise PointsError(f"There is a check {name} already. Choose another name")
        try:
            with atomic_path(folder) as making:
                making.mkdir()
                for inside, source in sources.items():
                    (making / inside).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, making / inside)
                write_points(making / "sample.gpkg", table, design)
                if extra is not None:
                    record = extra(making)
                write_text(making / _RECORD, json.dumps(asdict(record), indent=1) + "\n")
        except OSError as error:
            raise PointsError(
                f"The check cannot be kept in {parent}: {error.strerror or error}"
            ) from error
        return cls(folder, record)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name

    @property
    def journal(self) -> Journal:
        """The labels that were given here."""
        return Journal(self.folder / "labels.jsonl")

    @property
    def surroundings(self) -> Path:
        """Pictures of the points; not there where no image was at hand."""
        return self.folder / "around.npy"

    def map_file(self, name: str) -> Path:
        """Class map of one of the maps."""
        return self.folder / self.record.maps[name].file

    def scheme(self, name: str) -> Scheme:
        """A scheme by its name, or by its file in the folder."""
        inside = self.folder / name
        return find_scheme(str(inside) if name.startswith("schemes/") else name)

    def label_as(self, scheme: Scheme) -> None:
        """Settle what labels mean, before there is one."""
        if scheme == self.scheme(self.record.label_scheme):
            return
        name = scheme.name
        if name not in SCHEMES:
            name = "schemes/labels.csv"
            with atomic_path(self.folder / name) as temporary:
                shutil.copyfile(scheme.name, temporary)
        self.record = replace(self.record, label_scheme=name)
        self._write()

    def _write(self) -> None:
        write_text(self.folder / _RECORD, json.dumps(asdict(self.record), indent=1) + "\n")

    def sample(self) -> Points:
        """The points as they were drawn.

        Raises:
            PointsError: the file is damaged.
        """
        return read_points(self.folder / "sample.gpkg")

    def labelled(self) -> Points:
        """The points with the labels of the journal."""
        return with_labels(self.sample(), self.journal.labels())


def with_labels(points: Points, labels: pd.DataFrame) -> Points:
    """Points with labels of a journal put into their columns.

    Args:
        points: with the column sample_id.
        labels: as `Journal.labels` gives them.
    """
    kept = points.table.drop(
        columns=[c for c in labels.columns if c != "sample_id"], errors="ignore"
    )
    table = kept.merge(labels, on="sample_id", how="left")
    return replace(points, table=table)


def list_checks(parent: Path) -> tuple[str, ...]:
    """Names of the checks in a folder, the latest first."""
    if not parent.is_dir():
        return ()
    found = [f for f in parent.glob(f"*/{_RECORD}") if _NAME.fullmatch(f.parent.name)]
    return tuple(f.parent.name for f in sorted(found, key=lambda f: -f.stat().st_mtime))

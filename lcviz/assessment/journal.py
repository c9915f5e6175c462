"""Labels as they are given: each is on the disk before the next is asked for.

A journal is a file of JSON lines that only grows, so that a killed server loses nothing and several
people can write at once. The last word of each person on each point counts.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd
from filelock import FileLock, Timeout

from lcviz.errors import PointsError

RESOLUTION: Final = "resolution"
"""Labeller under whose name people settle a point on which they had disagreed."""
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True)
class Entry:
    """What one person said of one point."""

    sample_id: int
    labeller: str
    label: str | None
    """Name of a class; None takes an earlier label back."""
    sure: bool = True
    note: str = ""
    ground: str = ""
    """Pixel of the raster that the label was read from; points may share one."""
    labelled_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )


class Journal:
    """The labels of one sample."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, *entries: Entry) -> None:
        """Add labels; they are on the disk when this returns.

        Raises:
            PointsError: the folder cannot be written, or another process holds it for ten seconds.
        """
        lines = "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in entries)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.file.with_name(f"{self.file.name}.lock"), timeout=_PATIENCE_S)
            with lock, self.file.open("ab") as opened:
                if opened.tell() and not self._ends_whole():
                    opened.write(b"\n")
                opened.write(lines.encode("utf-8"))
                opened.flush()
                os.fsync(opened.fileno())
        except Timeout as error:
            raise PointsError(
                f"{self.file.name} is in use by another process; the label was not kept, try again"
            ) from error
        except OSError as error:
            raise PointsError(f"The label could not be kept in {self.file}: {error}") from error

    def entries(self) -> tuple[Entry, ...]:
        """The last word of each person on each point, in the order in which they were given.

        A line that a kill cut short is no label, and costs none of the others.
        """
        last: dict[tuple[int, str], Entry] = {}
        for entry in self._lines():
            key = (entry.sample_id, entry.labeller)
            last.pop(key, None)
            last[key] = entry
        return tuple(entry for entry in last.values() if entry.label is not None)

    def labels(self) -> pd.DataFrame:
        """One label a point: that of all people who gave one, missing where they disagree.

        Where `RESOLUTION` has spoken, that is the label.

        Columns sample_id, label, sure, note, ground, labelled_at, labellers (how many), disagree.
        """
        columns = ["sample_id", "label", "sure", "note", "ground", "labelled_at"]
        columns += ["labellers", "disagree"]
        rows = []
        by_point: dict[int, list[Entry]] = {}
        for entry in self.entries():
            by_point.setdefault(entry.sample_id, []).append(entry)
        for sample_id, entries in by_point.items():
            settled = [entry for entry in entries if entry.labeller == RESOLUTION]
            said = {entry.label for entry in settled or entries}
            rows.append(
                {
                    "sample_id": sample_id,
                    "label": next(iter(said)) if len(said) == 1 else None,
                    "sure": all(entry.sure for entry in entries),
                    "note": "; ".join(entry.note for entry in entries if entry.note),
                    "ground": next((entry.ground for entry in entries if entry.ground), None),
                    "labelled_at": max(entry.labelled_at for entry in entries),
                    "labellers": len(entries),
                    "disagree": len(said) > 1,
                }
            )
        return pd.DataFrame(rows, columns=columns)

    def _lines(self) -> Iterator[Entry]:
        if not self.file.is_file():
            return
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue

    def _ends_whole(self) -> bool:
        with self.file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read(1) == b"\n"

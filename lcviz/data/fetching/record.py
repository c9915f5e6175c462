"""What archives that were read to their end were found to hold, so that none is read again."""

import json
from pathlib import Path

from lcviz.atomic import write_text

Record = dict[str, dict[int, int]]
"""Archive's address -> scene -> number of its files."""


def read_record(folder: Path) -> Record:
    """The record kept in `folder`; empty where there is none that can be read."""
    try:
        content = json.loads((folder / "archives.json").read_text(encoding="utf-8"))
        return {
            str(name): {int(scene): int(count) for scene, count in scenes.items()}
            for name, scenes in content.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # At worst an archive is read once more.


def write_record(folder: Path, record: Record) -> None:
    """Replace the record."""
    write_text(folder / "archives.json", json.dumps(record, indent=1, sort_keys=True) + "\n")

"""Folders of studies: which there are, and whether their files changed."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from lcviz.words import is_text


def list_studies(folder: Path) -> tuple[Path, ...]:
    """Folders under `folder` that hold a study.json, by name; none when `folder` is missing.

    One whose name is no UTF-8, which no page can show, is left out.
    """
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        paths = [Path(entry.path) for entry in entries if is_text(entry.name)]
    return tuple(sorted(path for path in paths if (path / "study.json").is_file()))


def state_of(folder: Path, files: Sequence[str]) -> str:
    """Fingerprint of files by their sizes and times of writing, not their contents.

    Args:
        folder: that the patterns are relative to.
        files: names or patterns (`landscapes/*/*.parquet`); a file that is missing has a state too.
    """
    found: list[Path] = []
    for pattern in files:
        found += sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    states = [(str(file), *_size_and_time(file)) for file in found]
    return hashlib.blake2b(repr(states).encode(), digest_size=16).hexdigest()


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        state = file.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns

"""A dataset whose disk is taken away while a stage reads it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lcviz.data import patchfile


@contextmanager
def vanishing(data: Path, after: int) -> Iterator[None]:
    """Until the block ends, the dataset is gone once so many of its files have been opened."""
    away, real, opened = data.with_name(f"{data.name}-away"), patchfile._size, itertools.count(1)

    def size(path: Path) -> int:
        if next(opened) == after + 1:
            data.rename(away)
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patchfile, "_size", size)
        try:
            yield
        finally:
            assert away.is_dir(), f"so few files were opened: {next(opened) - 1}"
            away.rename(data)

"""Files appear whole or not at all: written beside their place, then renamed."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Final

_ABANDONED_S: Final = 24 * 3600.0
"""Age at which a temporary is what a killed process left: nothing takes so long to write."""


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on leaving, what was written there becomes `target`.

    The writer may create a file or a folder. A file replaces an old one in one step; a folder is
    swapped in by two renames, between which a reader finds nothing, never a half. When the body
    raises, the temporary is removed and `target` stays as it was. Parent folders are created. What
    a process that was killed left of the same target is removed a day later.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.tmp-"
    for left in target.parent.glob(f"{escape(prefix)}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    # The suffix is kept: some writers choose their format by it.
    temporary = scratch / target.name
    try:
        yield temporary
        if temporary.is_dir():
            if target.exists():
                target.replace(scratch / "old")
        else:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text to `target`, whole or not at all."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")

"""Files appear whole or not at all: written beside their place, then renamed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on leaving, what was written there becomes `target`.

    The writer may create a file or a folder. A file replaces an old one in one step; a folder is
    swapped in by two renames, between which a reader finds nothing, never a half. When the body
    raises, the temporary is removed and `target` stays as it was. Parent folders are created.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.tmp-", dir=target.parent))
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

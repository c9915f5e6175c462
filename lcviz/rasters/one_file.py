"""The file that a person names: whether it may be read, and whether it stays the same meanwhile."""

import stat
from pathlib import Path
from typing import Final, NamedTuple

from lcviz.errors import RasterError
from lcviz.rasters.checks import BRING
from lcviz.words import is_text

_TIFF_SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class Stamp(NamedTuple):
    """What changes when a file is written, or another put in its place."""

    device: int
    inode: int
    size: int
    modified_ns: int


def stamp_of(path: Path) -> Stamp:
    """Stamp of a file.

    Raises:
        RasterError: it is gone.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _changed(path) from error
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def require_same(path: Path, stamp: Stamp) -> None:
    """Make sure that a file is what it was.

    Raises:
        RasterError: it was written, replaced or removed since.
    """
    if stamp_of(path) != stamp:
        raise _changed(path)


def _changed(path: Path) -> RasterError:
    return RasterError(
        f"{path.name} was changed or removed while it was read: what was read may be of two files. "
        "Wait until it is whole, then start again"
    )


def checked_file(path: Path, folder: Path | None) -> Path:
    """A TIFF file, links resolved.

    Raises:
        RasterError: no such file, not within `folder`, no TIFF; in words.
    """
    try:
        file = path.resolve(strict=True)
        if folder is not None and not file.is_relative_to(folder.resolve(strict=True)):
            raise RasterError(
                f"{path.name} is not in the allowed folder; only files of that folder may be read"
            )
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise RasterError(f"{path.name} is no file. {BRING}")
        if not is_text(str(file)):
            raise RasterError(f"The path {path} is no UTF-8. Rename the file, or what it is in")
        with file.open("rb") as opened:
            signature = opened.read(4)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
        raise RasterError(f"{path.name} cannot be opened: {reason}. Check the path") from error
    if signature not in _TIFF_SIGNATURES:
        seen = f"starts with {signature!r}" if signature else "is empty"
        raise RasterError(f"{path.name} is no TIFF file: it {seen}. {BRING}")
    return file

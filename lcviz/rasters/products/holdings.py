"""The files that a person's folder or zip holds, reached one by one and within bounds.

No name from an archive becomes a path on this disk: what is taken out gets a name of our own.
"""

import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from lcviz.errors import RasterError

MAX_MEMBERS: Final = 20_000
MAX_DIRECTORY: Final = 8 * 2**20
"""Bytes of a zip's own list of its files."""
MAX_DEPTH: Final = 16
"""Folders in folders."""
MAX_ZIPS: Final = 2
"""Zips in zips: the download and the product in it."""
MAX_MEMBER: Final = 4 * 2**30
MAX_TAKEN: Final = 6 * 2**30
"""Bytes that are taken out of one zip, all together."""
MAX_RATIO: Final = 1000
SPARE: Final = 2**29
"""Bytes of the disk that are left free."""

_SMALL: Final = 64 * 2**20
_CHUNK: Final = 2**20
_AGAIN: Final = "Fetch it again, or unpack it and bring the folder"
_END: Final = b"PK\5\6"
_END64: Final = b"PK\6\6"
_TAIL: Final = 2**16 + 2**12


@dataclass(frozen=True)
class Member:
    """A file of a folder or zip."""

    path: str
    """Relative, with / between its parts."""
    size: int
    """Bytes, as told."""
    file: Path
    """The file itself, or the zip that holds it."""
    entry: zipfile.ZipInfo | None = None
    """Its entry in the zip."""


class Holding:
    """What a person brought; takes files out of zips into a folder of work."""

    def __init__(self, work: Path, allowed: Path | None = None):
        """Args are where files are put, and the folder in which all must lie, links resolved."""
        self._work = work
        self._allowed = allowed.resolve() if allowed is not None else None
        self._taken = 0
        self._count = 0

    def members(self, path: Path) -> list[Member]:
        """All files of a folder or zip, and of a zip in them; side files are left out.

        Raises:
            RasterError: it cannot be read, or is larger or deeper than a product can be.
        """
        if path.is_dir():
            return list(self._of_folder(path))
        return self._of_zip(path, "", 1)

    def reach(self, member: Member) -> Path:
        """The file on this disk, taken out of its zip if need be.

        Raises:
            RasterError: it is damaged, encrypted, packed in an unknown way, or too large.
        """
        entry = member.entry
        if entry is None:
            return member.file
        name = PurePosixPath(member.path).name
        self._check(entry, name)
        self._count += 1
        target = self._work / f"{self._count:03d}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)[-80:]}"
        try:
            with (
                zipfile.ZipFile(member.file) as archive,
                archive.open(entry) as source,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(source, out, _CHUNK)
        except NotImplementedError as error:
            raise RasterError(
                f"{name} is packed in a way that cannot be read ({error}). Unpack it and bring the "
                "folder"
            ) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
            raise RasterError(
                f"{name} in {member.file.name} is damaged or cut short. {_AGAIN}"
            ) from error
        except OSError as error:
            raise RasterError(f"{name} cannot be taken out: {error.strerror}. Make room") from error
        return target

    def _check(self, entry: zipfile.ZipInfo, name: str) -> None:
        if entry.flag_bits & 1:
            raise RasterError(f"{name} is encrypted. Unpack it with its password, bring the folder")
        if entry.file_size > max(_SMALL, entry.compress_size * MAX_RATIO):
            raise RasterError(
                f"{name} promises {entry.file_size:,} bytes from {entry.compress_size:,}: no "
                f"imagery can be compressed so far. {_AGAIN}"
            )
        self._taken += entry.file_size
        if entry.file_size > MAX_MEMBER or self._taken > MAX_TAKEN:
            raise RasterError(
                f"{name} has {entry.file_size / 1e9:,.1f} GB, with what came before it "
                f"{self._taken / 1e9:,.1f}; at most {MAX_TAKEN / 1e9:,.1f} GB are taken out of a "
                "zip. Unpack it and bring the folder"
            )
        require_room(self._work, entry.file_size)

    def _of_folder(self, folder: Path) -> Iterator[Member]:
        count = 0
        for root, folders, files in os.walk(folder):
            folders.sort()
            depth = len(Path(root).relative_to(folder).parts)
            if depth >= MAX_DEPTH:
                folders.clear()
            for name in sorted(files):
                count += 1
                if count > MAX_MEMBERS:
                    raise RasterError(
                        f"{folder.name} holds more than {MAX_MEMBERS:,} files. Name the folder of "
                        "one product"
                    )
                file = Path(root, name)
                relative = file.relative_to(folder).as_posix()
                if is_side_file(relative) or not self._may_be_read(file):
                    continue
                yield Member(relative, file.stat().st_size, file)
                if name.lower().endswith(".zip") and depth == 0:
                    yield from self._of_zip(file, relative + "/", 1)

    def _may_be_read(self, file: Path) -> bool:
        try:
            real = file.resolve(strict=True)
            regular = stat.S_ISREG(real.stat().st_mode)
        except (OSError, RuntimeError, ValueError):
            return False
        return regular and (self._allowed is None or real.is_relative_to(self._allowed))

    def _of_zip(self, path: Path, prefix: str, depth: int) -> list[Member]:
        _check_directory(path)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise RasterError(
                f"{path.name} is no whole zip: it is cut short or damaged. {_AGAIN}"
            ) from error
        found: list[Member] = []
        for entry in entries:
            name = entry.filename.replace("\\", "/")
            parts = PurePosixPath(name).parts
            if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
                raise RasterError(
                    f"{path.name} holds {name[:80]!r}, a path that leads out of it: nothing of it "
                    "is read. Get the product from its source"
                )
            link = stat.S_ISLNK(entry.external_attr >> 16)
            if entry.is_dir() or link or is_side_file(name) or len(parts) > MAX_DEPTH:
                continue
            member = Member(prefix + name, entry.file_size, path, entry)
            if name.lower().endswith(".zip"):
                if depth >= MAX_ZIPS:
                    raise RasterError(
                        f"{path.name} holds zips in zips in zips. Unpack it and bring the folder"
                    )
                found += self._of_zip(self.reach(member), f"{prefix}{name}/", depth + 1)
            else:
                found.append(member)
        return found


def is_side_file(path: str) -> bool:
    """Whether a file is what a system or a viewer left: ._*, .DS_Store, .aux.xml, Thumbs.db."""
    parts = PurePosixPath(path).parts
    name = parts[-1].lower() if parts else ""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return hidden or name.endswith((".aux.xml", "thumbs.db"))


def is_zip(path: Path) -> bool:
    """Whether a file starts as a zip does."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\3\4", _END)
    except OSError:
        return False


def require_room(folder: Path, size: int) -> None:
    """Refuse to fill the disk.

    Raises:
        RasterError: less would be left than `SPARE`.
    """
    free = shutil.disk_usage(folder).free
    if size + SPARE > free:
        raise RasterError(
            f"{size / 1e9:,.1f} GB are needed on the disk of {folder}, {free / 1e9:,.1f} are free. "
            "Make room, or name a smaller area"
        )


def _check_directory(path: Path) -> None:
    """Look at the size of a zip's list before it is read into memory."""
    try:
        with path.open("rb") as file:
            count, size = _directory(file)
    except (OSError, struct.error) as error:
        raise RasterError(f"{path.name} is no whole zip. {_AGAIN}") from error
    if count > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise RasterError(
            f"{path.name} lists {count:,} files in {size:,} bytes; at most {MAX_MEMBERS:,} are "
            "read. Bring one product"
        )


def _directory(file: BinaryIO) -> tuple[int, int]:
    """Number of files and bytes of the list, as the end of a zip tells; 0 where there is no end."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _TAIL))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        return 0, 0
    count, size = struct.unpack_from("<HI", tail, at + 10)
    at = tail.rfind(_END64, 0, at)
    if at >= 0:  # Whichever tells more: Python reads the longer form where it is there.
        long_count, long_size = struct.unpack_from("<QQ", tail, at + 32)
        count, size = max(count, long_count), max(size, long_size)
    return count, size

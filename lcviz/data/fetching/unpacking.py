"""Put the wanted files of an archive in place, each whole or not at all."""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from lcviz.data.archives import Archive
from lcviz.data.fetching.members import Member, Members
from lcviz.data.fetching.steady import SteadyStream
from lcviz.data.patchfile import check_file
from lcviz.errors import FetchError, PatchDamagedError

_FILE: Final = re.compile(
    r"(?P<folder>ROIs[0-9]{1,6}_[a-z]{4,6})_(?P<sensor>[a-z0-9]{2,8})"
    r"_(?P<scene>0|[1-9][0-9]{0,5})_p(?P<patch>0|[1-9][0-9]{0,5})\.tif"
)
_TOLD: Final = 20
"""Refused members that are kept with their reasons; the rest is counted."""
_MOST_MEMBERS: Final = 1_000_000
"""Of any kind; the largest archive of SEN12MS holds 62,201 files."""
_PART: Final = ".part"

Expected = Mapping[int, int | None]
"""Scene -> how many files of it there should be in the end; None if unknown."""


@dataclass
class Unpacked:
    """What became of one archive."""

    archive: Archive
    written: int = 0
    """Files put in place."""
    there: int = 0
    """Wanted files that were in place already."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Members that are no files of this archive, and why; the first of them."""
    refused_count: int = 0
    damaged: list[tuple[str, str]] = field(default_factory=list)
    """Wanted files that cannot be used, and why."""
    seen: dict[int, int] = field(default_factory=dict)
    """Scene -> how many files of it went by."""
    is_whole: bool = False
    """Whether the archive was read to its last byte."""
    md5: str | None = None
    """Of the archive, where it was read whole."""

    @property
    def md5_differs(self) -> bool:
        """Whether the archive is another than the one that was published."""
        return None not in (self.md5, self.archive.md5) and self.md5 != self.archive.md5


def scene_folder(data: Path, archive: Archive, scene: int) -> Path:
    """Where the archive's files of one scene belong."""
    return data / archive.folder / f"{archive.sensor}_{scene}"


def files_there(data: Path, archive: Archive, scene: int) -> set[str]:
    """Names of the files of a scene that are in place and whole."""
    found = set()
    with suppress(FileNotFoundError), os.scandir(scene_folder(data, archive, scene)) as entries:
        for entry in entries:
            if _FILE.fullmatch(entry.name) and entry.is_file():
                path = Path(entry.path)
                if entry.stat().st_size == archive.file_size or _is_usable(path, archive):
                    found.add(entry.name)
    return found


def unpack(
    archive: Archive,
    stream: SteadyStream,
    data: Path,
    wanted: Expected | None,
    at_most: int | None = None,
    told: Callable[[Unpacked], None] = lambda unpacked: None,
) -> Unpacked:
    """Read an archive and put the wanted files in place, until none is missing.

    Where a file goes follows from its name alone, never from the folders that the archive names.

    Args:
        archive: which one it is.
        stream: its bytes, from the first on.
        data: folder of the dataset.
        wanted: scenes; None wants them all.
        at_most: bytes that may be written.
        told: called after each file with what became of the archive so far.

    Returns:
        What was done; `is_whole` and `md5` only where no scene's number of files was known or the
        last file was the archive's last.

    Raises:
        FetchError: the archive is cut, hurt or none, or would write too much; files put in place
            before stay there.
        StoppedError: as `stream` does.
        OSError: a file cannot be written.
    """
    work = _Unpacking(archive, data, wanted, at_most)
    members = Members(stream)
    for count, member in enumerate(members):
        if count >= _MOST_MEMBERS:
            raise FetchError(f"{archive.name} holds over {count:,} members; it is not read on")
        if (place := work.place_of(member)) is not None:
            work.put(members, place)
            told(work.outcome)
            if work.is_done:
                return work.outcome
    stream.drain()
    work.outcome.is_whole, work.outcome.md5 = True, stream.md5
    return work.outcome


class _Unpacking:
    """What is in place and what is missing, while an archive streams by."""

    def __init__(
        self, archive: Archive, data: Path, wanted: Expected | None, at_most: int | None
    ) -> None:
        self.outcome = Unpacked(archive)
        self._archive, self._data, self._wanted = archive, data, wanted
        self._at_most, self._to_write = at_most, 0
        self._there = {scene: files_there(data, archive, scene) for scene in wanted or ()}
        self._gone_by: set[str] = set()

    @property
    def is_done(self) -> bool:
        """Whether as many files of each wanted scene are in place as there should be."""
        counts = self._wanted or {}
        return bool(counts) and all(
            count is not None and len(self._there[scene]) >= count
            for scene, count in counts.items()
        )

    def place_of(self, member: Member) -> Path | None:
        """Where a member is to be put; None if it is not wanted, there already, or refused.

        Raises:
            FetchError: it is wanted, but more than may be written.
        """
        path = PurePosixPath(member.name)
        if member.is_folder and not _leads_elsewhere(path):
            return None
        match = _FILE.fullmatch(path.name)
        why = _refusal(member, path, match, self._archive)
        if match is None or why is not None or path.name in self._gone_by:
            _refuse(self.outcome, member.name, why or "it stands in the archive twice")
            return None
        self._gone_by.add(path.name)
        scene = int(match["scene"])
        self.outcome.seen[scene] = self.outcome.seen.get(scene, 0) + 1
        if self._wanted is not None and scene not in self._wanted:
            return None
        if scene not in self._there:
            self._there[scene] = files_there(self._data, self._archive, scene)
        if path.name in self._there[scene]:
            self.outcome.there += 1
            return None
        self._to_write += member.size
        if self._at_most is not None and self._to_write > self._at_most:
            raise FetchError(
                f"{self._archive.name} holds more than the {self._at_most:,} bytes asked for"
            )
        return scene_folder(self._data, self._archive, scene) / path.name

    def put(self, members: Members, place: Path) -> None:
        """Put the current member in its place, or note why it cannot be used."""
        fault = _put(members, place, self._archive)
        if fault is not None:
            self.outcome.damaged.append((place.name, fault))
            return
        self._there[int(place.parent.name.rpartition("_")[2])].add(place.name)
        self.outcome.written += 1


def _leads_elsewhere(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts


def _refusal(
    member: Member, path: PurePosixPath, match: re.Match[str] | None, archive: Archive
) -> str | None:
    """Why a member is no file that this archive should hold; None if it is one."""
    reasons = (
        (_leads_elsewhere(path), "its path leads elsewhere"),
        (not member.is_file, "it is a link, a device or the like, no file"),
        (match is None, "it is not named like a file of SEN12MS"),
        (
            match is not None
            and (match["folder"], match["sensor"]) != (archive.folder, archive.sensor),
            "it belongs in another archive",
        ),
        (
            member.size > 2 * archive.file_size,
            f"it has {member.size:,} bytes, expected {archive.file_size:,}",
        ),
    )
    return next((why for holds, why in reasons if holds), None)


def _refuse(outcome: Unpacked, name: str, why: str) -> None:
    outcome.refused_count += 1
    if len(outcome.refused) < _TOLD:
        outcome.refused.append((name[:200], why))


def _put(members: Members, target: Path, archive: Archive) -> str | None:
    """Write the current member beside its place, then rename it.

    Returns:
        Why it was not put in place: it has not the size of its kind, and cannot be read as one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    content = members.content()
    # Always the same name: what a killed run left is written over by the next.
    part = target.with_name(f".{target.name}{_PART}")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if len(content) != archive.file_size:
            check_file(part, archive.sensor)
        part.replace(target)
    except PatchDamagedError as error:
        return str(error).removeprefix(f"{part}: ")
    finally:
        part.unlink(missing_ok=True)
    return None


def _is_usable(path: Path, archive: Archive) -> bool:
    try:
        check_file(path, archive.sensor)
    except PatchDamagedError:
        return False
    return True

"""Open a study that someone else wrote, without trusting it.

Every path, size and checksum is compared with the list in the file, and the kinds of files with
those that a study has; nothing of them can run when it is read. What is made whole appears at once.
"""

import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image
from pydantic import TypeAdapter, ValidationError

from lcviz.atomic import atomic_path
from lcviz.errors import LcvizError, StudyError, UntrustedStudyError
from lcviz.study.handing_on.contents import (
    FORMAT,
    LICENCE,
    MANIFEST,
    Entry,
    Manifest,
    array_fault,
    may_hold,
    table_fault,
)
from lcviz.study.study import Study
from lcviz.taxonomy import PATCH_SIZE

_CHUNK: Final = 1 << 20
_LARGEST_MANIFEST: Final = 256 << 20
_LARGEST_DESCRIPTION: Final = 1 << 20
"""Bytes of a zarr.json."""
_MOST_FILES: Final = 2_000_000


def import_study(
    source: Path,
    target: Path,
    *,
    sha256: str | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Study:
    """Unpack a handed-on study into a new folder.

    Args:
        source: what `export_study` wrote.
        target: the study's folder; not there yet, or empty.
        sha256: checksum of the whole file, if it is known from elsewhere.
        progress: told how many files of how many are in place.

    Returns:
        The study, opened.

    Raises:
        UntrustedStudyError: the file is not as its list says, or holds what no study holds;
            nothing of it is left.
        StudyError: `target` holds something.
        OSError: the file cannot be read, or the folder cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StudyError(f"{target} is not empty; name a folder that is not there yet")
    if sha256 is not None:
        with source.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256.strip().lower():
            raise UntrustedStudyError(f"{source} has the SHA-256 {found}, expected was {sha256}")
    try:
        with zipfile.ZipFile(source) as bundle:
            return _unpack(bundle, source, target, progress)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UntrustedStudyError(f"{source} is no zip, or hurt ({error}); get it again") from error


def _unpack(
    bundle: zipfile.ZipFile, source: Path, target: Path, progress: Callable[[int, int], None]
) -> Study:
    infos = _checked_list(bundle, source)
    manifest = _manifest(bundle, infos, source)
    total = sum(entry.size for entry in manifest.files.values())
    place = next(p for p in (target.absolute(), *target.absolute().parents) if p.exists())
    if total > (free := shutil.disk_usage(place).free):
        raise StudyError(f"{target} has room for {free:,} bytes, the study takes {total:,}")
    with atomic_path(target) as temporary:
        temporary.mkdir()
        for count, (path, entry) in enumerate(manifest.files.items(), 1):
            _extract(bundle, infos[path], temporary / path, entry, source)
            progress(count, len(manifest.files))
        try:
            opened = Study.open(temporary)
        except LcvizError as error:
            raise UntrustedStudyError(
                f"{source} holds no study that can be opened: {error}".replace(
                    str(temporary), source.name
                )
            ) from error
        if opened.info.data is not None:
            raise UntrustedStudyError(f"{source} names a dataset's folder, which only you should")
        if target.exists():
            target.rmdir()
    return Study.open(target)


def _checked_list(bundle: zipfile.ZipFile, source: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries by path, each of a kind that a study has."""
    infos: dict[str, zipfile.ZipInfo] = {}
    folded = set()
    if len(bundle.infolist()) > _MOST_FILES:
        raise UntrustedStudyError(f"{source} holds over {_MOST_FILES:,} files")
    for info in bundle.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        path = info.orig_filename  # zipfile cuts the other name at a zero byte.
        if path.casefold() in folded:
            raise UntrustedStudyError(f"{source} holds {path!r} twice")
        if kind not in (0, stat.S_IFREG) or info.flag_bits & 1 or info.is_dir():
            raise UntrustedStudyError(f"{source} holds {path!r}, which is no plain file")
        if path not in (MANIFEST, LICENCE) and not may_hold(path):
            raise UntrustedStudyError(f"{source} holds {path!r}, which no study has")
        folded.add(path.casefold())
        infos[path] = info
    return infos


def _manifest(bundle: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], source: Path) -> Manifest:
    """The list in the file, which must be of just these files and their sizes."""
    if MANIFEST not in infos:
        raise UntrustedStudyError(f"{source} holds no {MANIFEST}: it is no handed-on study")
    content = _read(bundle, infos[MANIFEST], _LARGEST_MANIFEST, source)
    try:
        manifest = TypeAdapter(Manifest).validate_json(content)
    except (ValidationError, RecursionError) as error:
        told = str(error).splitlines()[0]
        raise UntrustedStudyError(f"{source}: its {MANIFEST} cannot be read ({told})") from error
    if manifest.format != FORMAT:
        raise UntrustedStudyError(
            f"{source} has format {manifest.format}; this lcviz reads {FORMAT}"
        )
    listed, there = set(manifest.files), set(infos) - {MANIFEST, LICENCE}
    if listed != there:
        raise UntrustedStudyError(
            f"{source} and its list differ, at {sorted(listed ^ there)[0]!r}: it was changed"
        )
    for path, entry in manifest.files.items():
        if infos[path].file_size != entry.size:
            raise UntrustedStudyError(
                f"{source}: {path} has {infos[path].file_size:,} bytes, listed are {entry.size:,}: "
                "it was changed"
            )
    return manifest


def _extract(
    bundle: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path, entry: Entry, source: Path
) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    sha256, left = hashlib.sha256(), entry.size
    with bundle.open(info) as packed, place.open("wb") as file:
        while data := packed.read(min(_CHUNK, left + 1)):
            left -= len(data)
            if left < 0:
                break
            sha256.update(data)
            file.write(data)
    if left or sha256.hexdigest() != entry.sha256:
        raise UntrustedStudyError(
            f"{source}: {info.filename} is not what is listed: it was changed"
        )
    if (fault := _content_fault(place)) is not None:
        raise UntrustedStudyError(f"{source}: {info.filename} is not taken: {fault}")


def _content_fault(place: Path) -> str | None:
    """What reading this file could do besides giving its content; None if nothing."""
    if place.name == "zarr.json":
        if place.stat().st_size > _LARGEST_DESCRIPTION:
            return "it is too large for the description of an array"
        return array_fault(place.read_bytes())
    if place.suffix == ".parquet":
        return table_fault(place)
    if place.suffix in (".webp", ".png"):
        try:
            with Image.open(place, formats=("WEBP", "PNG")) as picture:
                if picture.size != (PATCH_SIZE, PATCH_SIZE):
                    return f"it is a picture of {picture.width} x {picture.height} pixels"
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            return f"it is no picture ({type(error).__name__})"
    return None


def _read(bundle: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, source: Path) -> bytes:
    with bundle.open(info) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise UntrustedStudyError(f"{source}: {info.filename} has over {most:,} bytes")
    return content

"""Write a study as one file."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Final

from lcviz.atomic import atomic_path
from lcviz.study.handing_on.contents import LICENCE, MANIFEST, Entry, Manifest, may_hold
from lcviz.study.study import Study

_CHUNK: Final = 1 << 20
_PACKED: Final = frozenset({".parquet", ".safetensors", ".webp", ".png", ""})
"""Kinds that are compressed already, or do not shrink."""
_LICENCES: Final = {
    "sen12ms": (
        "Tables, models and small pictures derived from SEN12MS (Schmitt, Hughes, Qiu & Zhu 2019, "
        "DOI 10.14459/2019mp1474000), CC BY 4.0: name its authors when you hand this on. Contains "
        "modified Copernicus Sentinel data. Labels: MODIS MCD12Q1 (NASA LP DAAC)."
    ),
    "demo": "Synthetic: no satellite has seen this. Made by lcviz, MIT licence.",
    "published": "Published facts about SEN12MS, quoted with their sources. No imagery.",
}


def export_study(
    study: Study, target: Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> tuple[Manifest, str]:
    """Write a study's tables, models and pictures as one zip; the same study, the same bytes.

    The dataset itself is not in it, nor where it lay, nor what unfinished runs keep.

    Args:
        study: what to hand on.
        target: the zip to write; replaced as a whole.
        progress: told how many files of how many are in it.

    Returns:
        What is in it, and the SHA-256 of the zip, by which whoever gets it can know it.

    Raises:
        OSError: a file cannot be read or written.
    """
    paths = sorted(_files(study.path))
    entries: dict[str, Entry] = {}
    told = json.dumps(asdict(replace(study.info, data=None)), indent=1) + "\n"
    with atomic_path(target) as temporary:
        with zipfile.ZipFile(temporary, "w") as bundle:
            _add_text(bundle, LICENCE, _LICENCES[study.info.kind] + "\n")
            for count, path in enumerate(paths, 1):
                if path == "study.json":
                    _add_text(bundle, path, told)
                    content = told.encode()
                    entries[path] = Entry(len(content), hashlib.sha256(content).hexdigest())
                else:
                    with (study.path / path).open("rb") as file:
                        entries[path] = _add(bundle, path, file)
                progress(count, len(paths))
            manifest = Manifest(study.info.name, study.info.kind, entries)
            _add_text(bundle, MANIFEST, json.dumps(asdict(manifest), indent=1) + "\n")
        with temporary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return manifest, digest


def _files(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        place = Path(root).relative_to(folder)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = (place / name).as_posix()
            if may_hold(path):
                yield path


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path)  # Of 1980, always: the bytes follow from the study alone.
    info.external_attr = 0o644 << 16
    info.create_system = 3
    suffix = Path(path).suffix
    info.compress_type = zipfile.ZIP_STORED if suffix in _PACKED else zipfile.ZIP_DEFLATED
    return info


def _add_text(bundle: zipfile.ZipFile, path: str, text: str) -> None:
    bundle.writestr(_entry(path), text.encode())


def _add(bundle: zipfile.ZipFile, path: str, file: IO[bytes]) -> Entry:
    sha256, size = hashlib.sha256(), 0
    info = _entry(path)
    info.file_size = os.fstat(file.fileno()).st_size
    with bundle.open(info, "w") as packed:
        while data := file.read(_CHUNK):
            sha256.update(data)
            size += len(data)
            packed.write(data)
    return Entry(size, sha256.hexdigest())

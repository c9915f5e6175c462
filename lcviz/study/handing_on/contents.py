"""What a handed-on study may hold: tables, models, pictures. Nothing of it can run."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow
import pyarrow.parquet
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from lcviz import __version__

MANIFEST: Final = "manifest.json"
LICENCE: Final = "LICENCE.txt"
FORMAT: Final = 1
_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_SUFFIXES: Final = frozenset(
    {".json", ".jsonl", ".csv", ".md", ".parquet", ".safetensors", ".webp", ".png"}
)
_CHUNK: Final = re.compile(r"(?:c(?:/[0-9]{1,9}){0,8}|zarr\.json)")
_RESERVED: Final = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_DEEPEST: Final = 14
_UNFINISHED: Final = frozenset({"partial", "packed", "checkpoints"})
"""Folders of a study that its makers need and its readers do not."""
_CODECS: Final = frozenset(
    {"bytes", "zstd", "blosc", "gzip", "crc32c", "transpose", "sharding_indexed"}
)
_MOST_VALUES: Final = 1 << 30
"""Of one array or table; the histograms of all of SEN12MS have 16 million."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Entry:
    """One file of a handed-on study."""

    size: int
    sha256: str


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Manifest:
    """What a handed-on study says of itself."""

    name: str
    kind: str
    files: Mapping[str, Entry]
    """Path within the study -> its size and checksum."""
    format: int = FORMAT
    lcviz_version: str = __version__


def may_hold(path: str) -> bool:
    """Whether a handed-on study may hold a file at this path: by its place and its kind."""
    parts = path.split("/")
    if len(parts) > _DEEPEST or parts[0] in _UNFINISHED or path in (MANIFEST, LICENCE):
        return False
    if not all(_PART.fullmatch(part) and not _RESERVED.fullmatch(part) for part in parts):
        return False
    return PurePosixPath(path).suffix in _SUFFIXES or _is_in_array(parts)


def _is_in_array(parts: list[str]) -> bool:
    """Whether a file without a known suffix is a chunk of a zarr array."""
    places = [i for i, part in enumerate(parts) if part.endswith(".zarr")]
    if not places:
        return False
    inside = parts[places[-1] + 1 :]
    chunk = next((i for i, part in enumerate(inside) if part == "c"), None)
    return chunk is not None and _CHUNK.fullmatch("/".join(inside[chunk:])) is not None


def table_fault(file: Path) -> str | None:
    """Why a Parquet file is not taken; None if it is. A few bytes can claim any number of rows."""
    try:
        found = pyarrow.parquet.read_metadata(file)
        groups = [found.row_group(i) for i in range(found.num_row_groups)]
        values = sum(g.column(i).num_values for g in groups for i in range(g.num_columns))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        return f"it is no Parquet file ({type(error).__name__})"
    if max(values, found.num_rows * found.num_columns) > _MOST_VALUES:
        return f"it claims {found.num_rows:,} rows"
    return None


def array_fault(text: bytes) -> str | None:
    """Why the description of a zarr array (zarr.json) is not taken; None if it is.

    Some codecs that zarr can load run code, and a few bytes can claim an array of any size.
    """
    try:
        return _fault(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return f"it cannot be read ({type(error).__name__})"


def _fault(described: dict[str, Any]) -> str | None:
    if described["zarr_format"] != 3 or described["node_type"] not in ("array", "group"):
        return "it is no zarr of format 3"
    if described["node_type"] == "group":
        within = (described.get("consolidated_metadata") or {}).get("metadata", {})
        return next((fault for each in within.values() if (fault := _fault(each))), None)
    if strange := _codecs(described["codecs"]) - _CODECS:
        return f"it asks for the codec {sorted(strange)[0]!r}"
    count = math.prod(int(length) for length in described["shape"])
    if not 0 <= count <= _MOST_VALUES:
        return f"it claims {count:,} values"
    return "it asks for transformers" if described.get("storage_transformers") else None


def _codecs(codecs: Any) -> set[str]:
    found = set()
    for codec in codecs:
        found.add(str(codec["name"]))
        settings = codec.get("configuration") or {}
        for inner in ("codecs", "index_codecs"):
            found |= _codecs(settings.get(inner, ()))
    return found

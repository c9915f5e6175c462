"""Which scenes of Sentinel-2 lie in a folder or zip: their bands, and what is set aside."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lcviz.errors import RasterError
from lcviz.rasters.products.holdings import Member
from lcviz.rasters.products.metadata import (
    METADATA_FILE,
    ProductMetadata,
    offset_of_baseline,
    read_metadata,
)
from lcviz.rasters.products.names import SCENE_CLASSES, NamedFile, named_file
from lcviz.taxonomy import S2_BAND_NAMES

_TEN_METRES: Final = ("B2", "B3", "B4", "B8")
_TILE: Final = re.compile(r"(?<![A-Za-z0-9])T\d{2}[C-X][A-Z]{2}(?![A-Za-z0-9])")
_DATE: Final = re.compile(r"(?<!\d)20\d{6}T\d{6}(?!\d)")
_BASELINE: Final = re.compile(r"_N(\d{2})(\d{2})(?=[_./]|$)")
_LEVEL: Final = re.compile(r"MSIL?_?(?:L)?(1C|2A)|(?<![A-Za-z0-9])L(1C|2A)(?![A-Za-z0-9])")


@dataclass(frozen=True)
class Scene:
    """The ten bands of one place and time, each in a file of its own."""

    name: str
    """As its source calls it, for people and for names of files."""
    bands: dict[str, Member]
    """The ten of `taxonomy.S2_BAND_NAMES`."""
    classes: Member | None
    """Level-2A's scene classification, by which cloud and shadow are known."""
    others: dict[str, Member]
    """Bands beside the ten, such as B10, each at its finest."""
    aside: tuple[str, ...]
    """What lies beside the ten bands and is not used."""
    metadata: ProductMetadata | None
    """Of the product; None where there is none."""
    level: str
    """"L1C", "L2A" or nothing, by the metadata or the names."""
    baseline: str
    """Processing baseline, likewise."""

    def offset(self, band: str) -> float | None:
        """What is to be added to a band's DN; None where neither metadata nor baseline tell."""
        if self.metadata is not None:
            told = self.metadata.offset(band)
            if told is not None:
                return told
        return offset_of_baseline(self.baseline)


def find_scenes(members: Sequence[Member], reach: Callable[[Member], Path]) -> list[Scene]:
    """Find the scenes among files, by names and metadata.

    Args:
        members: the files.
        reach: gives the file of a member on this disk.

    Returns:
        Scenes by name; none where no file is named like a band.

    Raises:
        RasterError: there are bands and no scene is whole, the missing ones named; or metadata is
            damaged or hostile.
    """
    groups: dict[str, list[tuple[NamedFile, Member]]] = {}
    for member in members:
        named = named_file(member.path)
        if named is not None:
            groups.setdefault(named.group, []).append((named, member))
    groups = {key: files for key, files in groups.items() if any(n.band for n, _ in files)}
    if not groups:
        return []
    whole = {key: files for key, files in groups.items() if not _missing(files)}
    if not whole:
        together = [file for files in groups.values() for file in files]
        if _missing(together) or _doubled(together):
            best = min(groups.values(), key=lambda files: len(_missing(files)))
            _refuse(best, len(groups))
        whole = {"": together}
    read = {m: read_metadata(reach(m)) for m in members if _is_metadata(m)}
    if len(whole) == 1:  # Then what no name ties to a scene is of this one.
        files = next(iter(whole.values()))
        files += [(n, m) for m in members if (n := named_file(m.path)) and n.extra]
    scenes = [_scene(files, read) for files in whole.values()]
    return sorted(scenes, key=lambda scene: scene.name)


def _scene(
    files: list[tuple[NamedFile, Member]],
    read: dict[Member, ProductMetadata],
) -> Scene:
    bands = {band: _finest(files, band) for band in S2_BAND_NAMES}
    some = bands["B2"]
    above = [m for m in read if PurePosixPath(some.path).is_relative_to(_folder(m))]
    nearest = max(above, key=lambda m: len(_folder(m).parts), default=None)
    metadata = read[nearest] if nearest is not None else None
    path = f"{_outer(some)}/{some.path}"
    baseline = _BASELINE.findall(path)
    level = _LEVEL.findall(path)
    extras: dict[str, Member] = {}
    for named, member in files:
        if named.extra:
            extras.setdefault(named.extra, member)
    classes = extras.get(SCENE_CLASSES)
    others = {n.band for n, _ in files if n.band} - set(S2_BAND_NAMES)
    known = metadata.baseline if metadata is not None else ""
    return Scene(
        name=_name(metadata, some),
        bands=bands,
        classes=classes,
        others={band: _finest(files, band) for band in sorted(others)},
        aside=tuple(sorted({*others, *(extras.keys() - {SCENE_CLASSES})})),
        metadata=metadata,
        level=(metadata.level if metadata else "") or ("L" + "".join(level[-1]) if level else ""),
        baseline=known or (".".join(baseline[-1]) if baseline else ""),
    )


def _name(metadata: ProductMetadata | None, member: Member) -> str:
    """Tile and time, where the names tell them, after the product's name."""
    stem = PurePosixPath(member.path).stem
    uri = (metadata.uri if metadata else "").removesuffix(".SAFE")
    if uri:
        tile = _TILE.search(stem)
        return uri if tile is None or tile[0] in uri else f"{uri} {tile[0]}"
    if (tile := _TILE.search(stem)) and (date := _DATE.search(stem)):
        return f"{tile[0]}_{date[0]}"
    short = re.sub(r"[_.-]*B0?2(?=[^0-9A-Za-z]|$).*", "", stem)
    parents = [part for part in PurePosixPath(member.path).parts[:-1] if not part.startswith("R")]
    return short or (parents[-1] if parents else PurePosixPath(_outer(member)).stem)


def _outer(member: Member) -> str:
    """Name of the folder or zip that was brought."""
    if member.entry is not None:
        return member.file.name
    return member.file.parents[len(PurePosixPath(member.path).parts) - 1].name


def _finest(files: Iterable[tuple[NamedFile, Member]], band: str) -> Member:
    found = [
        (named.metres or 0, member.path, member) for named, member in files if named.band == band
    ]
    return min(found, key=lambda one: one[:2])[2]


def _missing(files: Iterable[tuple[NamedFile, Member]]) -> list[str]:
    held = {named.band for named, _ in files}
    return [band for band in S2_BAND_NAMES if band not in held]


def _doubled(files: Iterable[tuple[NamedFile, Member]]) -> bool:
    held = [(named.band, named.metres) for named, _ in files if named.band]
    return len(set(held)) < len(held)


def _refuse(files: list[tuple[NamedFile, Member]], groups: int) -> None:
    held = sorted({named.band for named, _ in files if named.band}, key=lambda b: (len(b), b))
    beside = f" in the fullest of {groups} scenes" if groups > 1 else ""
    raise RasterError(
        f"There is no {', '.join(_missing(files))}{beside}; found are {', '.join(held)}. All of "
        f"{' '.join(S2_BAND_NAMES)} are needed, one file each"
    )


def _is_metadata(member: Member) -> bool:
    return METADATA_FILE.fullmatch(PurePosixPath(member.path).name) is not None


def _folder(member: Member) -> PurePosixPath:
    return PurePosixPath(member.path).parent

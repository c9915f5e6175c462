"""Files beside a raster that say something of it. They are not read as such: a file that nobody
vouches for is read alone. What they would say is told."""

import re
from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 1_000_000


def beside(path: Path) -> tuple[str, ...]:
    """What lies beside a raster and is left out, in words, with what to do about it."""
    found = []
    for name in (f"{path.name}.msk", f"{path.stem}.msk"):
        if _is_file(path.with_name(name)):
            found.append(
                f"A mask lies beside it, {name}, and is not read: where it says no data, classes "
                f"are predicted all the same. Put it into the file: {_into_one(path)}"
            )
            break
    for name in (f"{path.stem}.tfw", f"{path.stem}.tifw", f"{path.stem}.wld", f"{path.name}w"):
        if _is_file(path.with_name(name)):
            found.append(
                f"Its place may be in {name} beside it, which is not read. Put it into the file: "
                f"{_into_one(path)}"
            )
            break
    for name in (f"{path.name}.aux.xml", f"{path.stem}.aux.xml"):
        told = _told_by(path.with_name(name))
        if told:
            found.append(
                f"{name} beside it, which is not read, tells of {', '.join(told)}. Put it into the "
                f"file: {_into_one(path)}"
            )
    return tuple(found)


def _into_one(path: Path) -> str:
    return f"gdal_translate {path.name} OUT.tif"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def _told_by(path: Path) -> list[str]:
    """What GDAL's side file holds that matters."""
    if not _is_file(path):
        return []
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    kinds = {
        "a place": r"<(GeoTransform|SRS|GCPList)\b",
        "no data": r"<NoDataValue\b",
        "a scale or an offset": r"<(Scale|Offset)>",
        "names of bands": r"<Description>",
    }
    return [kind for kind, pattern in kinds.items() if re.search(pattern, text)]

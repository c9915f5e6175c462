"""How much room the label maps of a study take, before they are made."""

import shutil
from enum import StrEnum

from lcviz.errors import ConfigurationError
from lcviz.study import Study
from lcviz.study.records import read_json
from lcviz.taxonomy import PATCH_SIZE
from precompute.running.stage import console

_MAP_BYTES = PATCH_SIZE**2
_SPARE = 1.25
"""Times the room that is expected, since other label maps may compress less."""


class Predictions(StrEnum):
    """Which label maps a study keeps."""

    BROWSABLE = "browsable"
    ALL = "all"


def check_room(study: Study, maps: int) -> None:
    """Say how much room so many more label maps take, and stop where the disk has less.

    Raises:
        ConfigurationError: there is not enough room.
    """
    most = maps * _MAP_BYTES
    share = _compressed_share(study)
    expected = most if share is None else round(most * share)
    told = f"at most {_gigabytes(most)}"
    if share is not None:
        told = f"about {_gigabytes(expected)}, as those that are kept compress ({told})"
    console.print(f"evaluate: {maps:,} label maps take {told}", soft_wrap=True)
    free = shutil.disk_usage(study.path).free
    if free < (needed := min(most, expected * _SPARE)):
        hint = "" if share else "; without it first, to learn how well the maps compress"
        raise ConfigurationError(
            f"The disk of {study.path} has {_gigabytes(free)} left and the label maps may need "
            f"{_gigabytes(needed)}. Make room, or run without --predictions all{hint}"
        )


def _compressed_share(study: Study) -> float | None:
    """Bytes on disk over bytes in memory of the label maps that are kept; None without any."""
    maps = stored = 0
    for scene in (study.path / "predictions.zarr").glob("*/*/zarr.json"):
        maps += int(read_json(scene).get("shape", [0])[0])
        stored += sum(file.stat().st_size for file in scene.parent.rglob("*") if file.is_file())
    return stored / (maps * _MAP_BYTES) if maps else None


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 5e7 else f"{count / 1e6:,.1f} MB"

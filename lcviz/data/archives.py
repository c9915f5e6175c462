"""The twelve archives that SEN12MS is published as: names, addresses, checksums.

Source: https://mediatum.ub.tum.de/1474000 (DOI 10.14459/2019mp1474000), CC BY 4.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lcviz.data.catalog import SEASON_FOLDERS
from lcviz.data.patchfile import SENSORS

ADDRESS: Final = "ftp://m1474000:m1474000@dataserv.ub.tum.de"
"""Where the archives lie; user and password are public."""

_MD5: Final[Mapping[str, tuple[str, str, str]]] = {
    "ROIs1158_spring": (
        "6e2e8fa8b8cba77ddab49fd20ff5c37b",
        "fba019bb27a08c1db96b31f718c34d79",
        "d58af2c15a16f376eb3308dc9b685af2",
    ),
    "ROIs1868_summer": (
        "2c5bd80244440b6f9d54957c6b1f23d4",
        "01044b7f58d33570c6b57fec28a3d449",
        "4dbaf72ecb704a4794036fe691427ff3",
    ),
    "ROIs1970_fall": (
        "9b126a68b0e3af260071b3139cb57cee",
        "19132e0aab9d4d6862fd42e8e6760847",
        "b8f117818878da86b5f5e06400eb1866",
    ),
    "ROIs2017_winter": (
        "0fa0420ef7bcfe4387c7e6fe226dc728",
        "bb8cbfc16b95a4f054a3d5380e0130ed",
        "3807545661288dcca312c9c538537b63",
    ),
}
"""Folder -> MD5 of its lc, s1 and s2 archive."""
_SENSORS: Final = ("lc", "s1", "s2")
_NAME: Final = re.compile(
    r"(?P<folder>ROIs[0-9]{1,6}_(?:spring|summer|fall|winter))_(?P<sensor>s1|s2|lc)"
    r"(?P<suffix>\.tar\.gz|\.tgz|\.tar)"
)


@dataclass(frozen=True)
class Archive:
    """One archive: the files of one sensor in one season's folder."""

    folder: str
    """`ROIs1158_spring`"""
    sensor: str
    """"s1", "s2" or "lc"."""
    md5: str | None = None
    """As published; None for an archive that is no part of SEN12MS."""
    suffix: str = ".tar.gz"

    @property
    def name(self) -> str:
        """`ROIs1158_spring_s2.tar.gz`"""
        return f"{self.folder}_{self.sensor}{self.suffix}"

    @property
    def file_size(self) -> int:
        """Bytes of each file in it."""
        return SENSORS[self.sensor].size


ARCHIVES: Final = tuple(
    Archive(folder, sensor, md5)
    for folder in SEASON_FOLDERS.values()
    for sensor, md5 in zip(_SENSORS, _MD5[folder], strict=True)
)
"""By season, then lc, s1, s2."""


def archive_named(name: str) -> Archive | None:
    """The archive that a file's name stands for; None if it is no archive's name.

    A `.tar` was unpacked once, so that the published checksum is not that of its bytes.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    folder, sensor, suffix = match["folder"], match["sensor"], match["suffix"]
    known = {(each.folder, each.sensor): each.md5 for each in ARCHIVES}
    md5 = None if suffix == ".tar" else known.get((folder, sensor))
    return Archive(folder, sensor, md5, suffix)

"""Which band a file of one band holds, told from what its source called it.

ESA: T32TNM_20170226T102021_B02_10m.jp2; Copernicus Browser: ..._Sentinel-2_L2A_B02_(Raw).tiff;
Earth Engine: download.B2.tif; USGS and BigEarthNet: ..._B02.tif; STAC: blue.tif, nir08.tif.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from lcviz.rasters.bands import band_of

PICTURES: Final = (".jp2", ".j2k", ".tif", ".tiff")
"""Suffixes of files that hold pixels."""
SCENE_CLASSES: Final = "SCL"

_CODE: Final = re.compile(r"B(?:0?([1-9])|(1[0-2])|(8A))", re.I)
_METRES: Final = re.compile(r"R?(10|20|60)m", re.I)
_EXTRAS: Final = {
    "SCL": SCENE_CLASSES,
    "QA60": "QA60",
    "QA20": "QA20",
    "QA10": "QA10",
    "AOT": "AOT",
    "WVP": "WVP",
    "CLD": "CLD",
    "CLDPRB": "CLD",
    "CLP": "CLP",
    "CLM": "CLM",
    "SNW": "SNW",
    "SNWPRB": "SNW",
    "DATAMASK": "dataMask",
    "TCI": "TCI",
    "PVI": "PVI",
}
_MASKS: Final = ("MSK", "QI")
_FOLDERS: Final = ("img_data", "qi_data", "r10m", "r20m", "r60m")
_LANDSAT: Final = re.compile(r"L[COTEM]0[4-9]_|HLS\.L30", re.I)


@dataclass(frozen=True)
class NamedFile:
    """What a name says of a file."""

    band: str | None
    """B1 to B12 or B8A; None for what is no band."""
    extra: str | None
    """SCL, QA60 and others that come beside the bands."""
    metres: int | None
    """Size of a pixel, where the name tells."""
    group: str
    """The same for all files of one scene."""


def named_file(path: str) -> NamedFile | None:
    """What the path of a file in a product says; None where it is no band and no known extra.

    Args:
        path: relative, with / between its parts.
    """
    place = PurePosixPath(path)
    if place.suffix.lower() not in PICTURES or is_landsat(path):
        return None
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", place.stem) if part]
    if any(part.upper() in _MASKS for part in parts):
        return None
    metres = next((int(m[1]) for part in parts if (m := _METRES.fullmatch(part))), None)
    if metres is None:
        metres = next((int(m[1]) for part in place.parts if (m := _METRES.fullmatch(part))), None)
    rest = [part for part in parts if not _METRES.fullmatch(part)]
    codes = {_coded(part) for part in rest} - {None}
    band = codes.pop() if len(codes) == 1 else None
    extra = None
    if band is not None:
        rest = [part for part in rest if _coded(part) is None]
    elif found := [part for part in rest if part.upper() in _EXTRAS]:
        extra = _EXTRAS[found[-1].upper()]
        rest.remove(found[-1])
    elif not codes and rest and (band := band_of(rest[-1]) or band_of("".join(rest))):
        rest = rest[:-1] if band_of(rest[-1]) else []
    else:
        return None
    folders = [part for part in place.parts[:-1] if part.lower() not in _FOLDERS]
    return NamedFile(band, extra, metres, "/".join([*folders, "_".join(rest)]))


def is_landsat(path: str) -> bool:
    """Whether a file is named as those of Landsat are, whose bands have the same codes."""
    return _LANDSAT.match(PurePosixPath(path).name) is not None


def _coded(part: str) -> str | None:
    match = _CODE.fullmatch(part)
    return "B" + next(g for g in match.groups() if g).upper() if match else None

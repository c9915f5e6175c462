"""What a Sentinel-2 product says of its numbers, in MTD_MSIL1C.xml or MTD_MSIL2A.xml.

Elements are found by their local names: only the root and a few others carry a namespace, which
changes with the format's version. Nothing that the file names is opened, and a document type, which
is where entities are declared, is refused before it is read.
Source: ESA, Sentinel-2 Products Specification Document, issue 14.9.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError, XMLParser

from lcviz.errors import RasterError

METADATA_FILE: Final = re.compile(
    r"MTD_MSIL(?:1C|2A).*\.xml|S2[A-D]_\w+_MTD_SAFL(?:1C|2A)_.*\.xml", re.I
)
"""Names of a product's metadata; the second before December 2016."""
BAND_IDS: Final = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")
"""Bands by `band_id`, which counts from 0."""
OFFSET_SINCE: Final = (4, 0)
"""Processing baseline from which on -1000 is to be added."""
MAX_BYTES: Final = 8 * 2**20

_QUANTIFICATIONS: Final = ("QUANTIFICATION_VALUE", "BOA_QUANTIFICATION_VALUE")
_OFFSETS: Final = ("RADIO_ADD_OFFSET", "BOA_ADD_OFFSET")
_TEXTS: Final = ("PRODUCT_URI", "PROCESSING_BASELINE", "PROCESSING_LEVEL")
_WANTED: Final = (*_QUANTIFICATIONS, *_OFFSETS, *_TEXTS)
_BASELINE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})")
_LONGEST: Final = 300


@dataclass(frozen=True)
class ProductMetadata:
    """How a product's numbers are made: reflectance = (DN + offset) / quantification."""

    uri: str
    """Name of the product as it was made, whatever the folder is called now; may be empty."""
    level: str
    """"L1C", "L2A" or nothing."""
    baseline: str
    """Processing baseline such as "05.09"; may be empty."""
    quantification: float
    offsets: dict[str, float] | None
    """Band -> what is to be added, DN; None where the product does not say."""

    def offset(self, band: str) -> float | None:
        """What is to be added to a band, DN: as told, else by the baseline, never by the date."""
        if self.offsets is not None:
            return self.offsets.get(band, 0.0)
        return offset_of_baseline(self.baseline)


def offset_of_baseline(baseline: str) -> float | None:
    """-1000 from processing baseline 04.00 on, 0 before; None where it is no baseline."""
    match = _BASELINE.fullmatch(baseline)
    if match is None:
        return None
    return -1000.0 if (int(match[1]), int(match[2])) >= OFFSET_SINCE else 0.0


class _Collector:
    """Keeps the wanted elements alone, so that a large document takes no memory."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []
        self._open: tuple[str, str] | None = None
        self._text = ""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise _DoctypeError

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._open = (name, attributes.get("band_id", "")) if name in _WANTED else None
        self._text = ""

    def data(self, text: str) -> None:
        if self._open is not None and len(self._text) < _LONGEST:
            self._text += text

    def end(self, _tag: str) -> None:
        if self._open is not None:
            self.found.append((*self._open, self._text.strip()[:_LONGEST]))
        self._open = None

    def close(self) -> None:
        pass


class _DoctypeError(Exception):
    pass


def read_metadata(path: Path) -> ProductMetadata:
    """Read a product's metadata.

    Raises:
        RasterError: it is no such XML, too large, or its numbers are none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RasterError(
            f"{path.name} cannot be read: {error.strerror}. Fetch it again"
        ) from error
    if len(text) > MAX_BYTES:
        raise RasterError(
            f"{path.name} has more than {MAX_BYTES // 2**20} MiB: no metadata of Sentinel-2"
        )
    collector = _Collector()
    parser = XMLParser(target=collector)
    try:
        parser.feed(text)
        parser.close()
    except _DoctypeError as error:
        raise RasterError(
            f"{path.name} declares a document type, which no product of Sentinel-2 does, and which "
            "may expand without end or read other files. Fetch the product again"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise RasterError(
            f"{path.name} is no whole XML ({error}). Fetch the product again"
        ) from error
    return _metadata(path.name, collector.found)


def _metadata(name: str, found: list[tuple[str, str, str]]) -> ProductMetadata:
    texts = {tag: text for tag, _, text in reversed(found) if tag in _TEXTS}
    scales = {_number(name, tag, text) for tag, _, text in found if tag in _QUANTIFICATIONS}
    if len(scales) > 1 or any(scale <= 0 for scale in scales):
        raise RasterError(
            f"{name} says that reflectance x {sorted(scales)} is stored: not one scale"
        )
    offsets = {}
    for tag, band_id, text in found:
        if tag in _OFFSETS:
            if not re.fullmatch(r"\d{1,2}", band_id) or int(band_id) >= len(BAND_IDS):
                raise RasterError(f"{name} has an offset of band {band_id!r}: there is none")
            offsets[BAND_IDS[int(band_id)]] = _number(name, tag, text)
    baseline = texts.get("PROCESSING_BASELINE", "")
    level = re.search(r"(1C|2A)", texts.get("PROCESSING_LEVEL", "") + name.upper())
    return ProductMetadata(
        uri=texts.get("PRODUCT_URI", ""),
        level=f"L{level[1]}" if level else "",
        baseline=baseline if _BASELINE.fullmatch(baseline) else "",
        quantification=scales.pop() if scales else 10_000.0,
        offsets=offsets or None,
    )


def _number(name: str, tag: str, text: str) -> float:
    if not re.fullmatch(r"[-+]?\d{1,9}(\.\d{0,9})?", text):
        raise RasterError(f"{name}: {tag} is {text[:40]!r}, no number. Fetch the product again")
    return float(text)

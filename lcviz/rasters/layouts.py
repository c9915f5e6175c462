"""Orders in which software and datasets put Sentinel-2's bands, and pictures that look alike."""

import itertools
from dataclasses import dataclass
from typing import Final

from lcviz.taxonomy import S2_BAND_NAMES

L1C_BANDS: Final = (
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "B6",
    "B7",
    "B8",
    "B8A",
    "B9",
    "B10",
    "B11",
    "B12",
)
L2A_BANDS: Final = tuple(name for name in L1C_BANDS if name != "B10")


@dataclass(frozen=True)
class Layout:
    """One order of bands."""

    key: str
    """Short and stable, for a URL and the command line."""
    users: str
    """Who writes it so, in words."""
    bands: tuple[str | None, ...]
    """Band of Sentinel-2 at each place; None for what is no band of Sentinel-2."""

    @property
    def usable(self) -> bool:
        """Whether the ten bands are all there."""
        return set(S2_BAND_NAMES) <= set(self.bands)

    @property
    def statement(self) -> str:
        """Its bands in words."""
        return in_words(self.bands)


def in_words(bands: tuple[str | None, ...]) -> str:
    """Bands in their order, runs of the usual order shortened: "B1 ... B8, B9 ... B12, B8A"."""
    runs: list[list[str]] = []
    for band in bands:
        name = band or "no band"
        after = _NEXT.get(runs[-1][-1]) if runs else None
        if after == name:
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(f"{run[0]} ... {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


_NEXT: Final = dict(itertools.pairwise(L1C_BANDS)) | {"no band": ""}


def _layout(key: str, users: str, bands: str) -> Layout:
    names = tuple(None if name == "-" else name for name in bands.split())
    return Layout(key, users, names)


_B1_TO_B8 = "B1 B2 B3 B4 B5 B6 B7 B8"
LAYOUTS: Final = (
    # Thirteen
    Layout("l1c", "SEN12MS, Earth Engine, Sentinel Hub, Google: by wavelength", L1C_BANDS),
    _layout(
        "eurosat",
        "EuroSAT, or files sorted by name: B8A last",
        f"{_B1_TO_B8} B9 B10 B11 B12 B8A",
    ),
    _layout(
        "l1c-by-text",
        "files sorted by names without a zero: B10 after B1",
        "B1 B10 B11 B12 B2 B3 B4 B5 B6 B7 B8 B8A B9",
    ),
    _layout(
        "l1c-by-resolution",
        "SNAP and GDAL, 10 m first, then 20 m and 60 m",
        "B2 B3 B4 B8 B5 B6 B7 B8A B11 B12 B1 B9 B10",
    ),
    _layout(
        "l1c-gdal-resolution",
        "GDAL's subdatasets of a SAFE, one after the other",
        "B4 B3 B2 B8 B5 B6 B7 B8A B11 B12 B1 B9 B10",
    ),
    _layout(
        "l1c-rgb-first", "red, green and blue first", "B4 B3 B2 B1 B5 B6 B7 B8 B8A B9 B10 B11 B12"
    ),
    # Twelve
    Layout("l2a", "Sentinel Hub, sen2cor, BigEarthNet: by wavelength", L2A_BANDS),
    _layout(
        "l2a-by-name",
        "BigEarthNet's and Planetary Computer's files sorted by name: B8A last",
        f"{_B1_TO_B8} B9 B11 B12 B8A",
    ),
    _layout(
        "l2a-by-text",
        "files sorted by names without a zero: B11 after B1",
        "B1 B11 B12 B2 B3 B4 B5 B6 B7 B8 B8A B9",
    ),
    _layout(
        "l1c-without-b8a",
        "sen2r (top of atmosphere), B1 to B12",
        f"{_B1_TO_B8} B9 B10 B11 B12",
    ),
    _layout(
        "l2a-by-resolution",
        "SNAP and GDAL, 10 m first, then 20 m and 60 m",
        "B2 B3 B4 B8 B5 B6 B7 B8A B11 B12 B1 B9",
    ),
    _layout(
        "l2a-gdal-resolution",
        "GDAL's subdatasets of a SAFE, one after the other",
        "B4 B3 B2 B8 B5 B6 B7 B8A B11 B12 B1 B9",
    ),
    _layout(
        "earth-search",
        "Earth Search's assets sorted by name",
        "B2 B1 B3 B8 B8A B9 B4 B5 B6 B7 B11 B12",
    ),
    _layout("l2a-rgb-first", "red, green and blue first", "B4 B3 B2 B1 B5 B6 B7 B8 B8A B9 B11 B12"),
    # Eleven
    _layout("l2a-without-b9", "B1 and the ten bands", "B1 B2 B3 B4 B5 B6 B7 B8 B8A B11 B12"),
    _layout("ten-and-b9", "the ten bands and B9", "B2 B3 B4 B5 B6 B7 B8 B8A B9 B11 B12"),
    _layout("sen2r-boa", "sen2r (bottom of atmosphere), B8A left out", f"{_B1_TO_B8} B9 B11 B12"),
    _layout(
        "sen2r-boa-20m",
        "sen2r (bottom of atmosphere), B8 left out",
        "B1 B2 B3 B4 B5 B6 B7 B8A B9 B11 B12",
    ),
    _layout("landsat-8", "Landsat 8 or 9, Level 1", "B1 B2 B3 B4 B8A B11 B12 - B10 - -"),
    # Ten
    Layout("ten", "FORCE, PASTIS, BigEarthNet v2: by wavelength", S2_BAND_NAMES),
    _layout(
        "ten-by-resolution",
        "Theia, SNAP: those of 10 m first",
        "B2 B3 B4 B8 B5 B6 B7 B8A B11 B12",
    ),
    _layout(
        "ten-by-name",
        "sits, files sorted by name: B8A last",
        "B2 B3 B4 B5 B6 B7 B8 B11 B12 B8A",
    ),
    _layout(
        "ten-by-text",
        "files sorted by names without a zero: B11 and B12 first",
        "B11 B12 B2 B3 B4 B5 B6 B7 B8 B8A",
    ),
    _layout("configilm", "ConfigILM, BigEarthNet v1", "B2 B3 B4 B8 B5 B6 B7 B11 B12 B8A"),
    _layout(
        "ten-earth-search",
        "Earth Search's assets sorted by name",
        "B2 B3 B8 B8A B4 B5 B6 B7 B11 B12",
    ),
    _layout("ten-rgb-first", "red, green and blue first", "B4 B3 B2 B5 B6 B7 B8 B8A B11 B12"),
    _layout(
        "ten-rgb-nir-first",
        "GDAL: red, green, blue and near infrared first",
        "B4 B3 B2 B8 B5 B6 B7 B8A B11 B12",
    ),
    _layout("s2cloudless", "s2cloudless's ten", "B1 B2 B4 B5 B8 B8A B9 B10 B11 B12"),
    _layout("20-metre", "the nine bands of 20 m and B1", "B1 B2 B3 B4 B5 B6 B7 B8A B11 B12"),
    _layout("hls-landsat", "HLS of Landsat", "B1 B2 B3 B4 B8A B11 B12 B10 - -"),
)
"""All that are known. Where a source gives B8 only or B8A only, it cannot be predicted.

Sources: torchgeo (EuroSAT, BigEarthNet), the model cards of BigEarthNet v2.0 (both orders), sen2r's
"Output file structure", s2cloudless, GDAL's driver SENTINEL2, FORCE, sits, Earth Search.
"""
BY_KEY: Final = {layout.key: layout for layout in LAYOUTS}
STANDARD: Final = {13: "l1c", 12: "l2a", 10: "ten"}
"""Number of bands -> the order that `taxonomy` and the products themselves have."""

"""What is to be predicted: a patch of the study, or a person's raster."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lcviz.data.sen12ms import Raster
from lcviz.georeference import GeoBox
from lcviz.rasters.guard import Finding
from lcviz.rasters.one_file import Stamp
from lcviz.rasters.reading import Units
from lcviz.taxonomy import split_patch_id


@dataclass(frozen=True, eq=False)
class PatchSubject:
    """A patch of a study, its pixels in memory."""

    patch_id: str
    raster: Raster
    """Ten bands, DN."""
    labels: npt.NDArray[np.uint8] | None
    """Class indexes (rows, columns), 255 = no label; None without labels."""
    picture: npt.NDArray[np.uint8]
    """True colour (rows, columns, 3)."""
    stretched: npt.NDArray[np.uint8]
    """Likewise, with the contrast of this patch."""
    conversion: str = "DN as stored"

    @property
    def key(self) -> str:
        """Tells it from any other subject of the study."""
        return self.patch_id

    @property
    def name(self) -> str:
        """For people and for names of files."""
        return self.patch_id

    @property
    def scene_id(self) -> str:
        """The scene that it is of."""
        return split_patch_id(self.patch_id)[0]

    @property
    def geobox(self) -> GeoBox:
        """Where it lies."""
        return self.raster.geobox

    @property
    def height(self) -> int:
        """Rows."""
        return self.geobox.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.geobox.shape[1]

    def digest(self) -> str:
        """Fingerprint of its pixels: BLAKE2b, hexadecimal."""
        return hashlib.blake2b(self.raster.values.tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class RasterSource:
    """A GeoTIFF on this disk, and what its numbers are taken for."""

    path: Path
    folder: Path | None
    """The file must lie in it; None leaves that open."""
    units: Units
    """As the guard is certain of, or as the person said."""
    seen: Stamp | None = field(default=None, kw_only=True)
    """Of the file that the guard looked at; None leaves that open."""
    files: tuple[Path, ...] = field(default=(), kw_only=True)
    """What it is read from, if not from `path`."""

    @property
    def name(self) -> str:
        """For people and for names of files."""
        return self.path.name

    @property
    def conversion(self) -> str:
        """How values become the models' DN."""
        bands = " ".join(map(str, self.units.band_order))
        return f"DN = value x {self.units.scale:g} + {self.units.offset:g}; bands {bands}"

    def digest(self) -> str:
        """Fingerprint of the file, or of several's fingerprints: BLAKE2b, hexadecimal."""
        digests = []
        for path in self.files or (self.path,):
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "blake2b"))
        if len(digests) == 1:
            return digests[0].hexdigest()
        return hashlib.blake2b(b"".join(digest.digest() for digest in digests)).hexdigest()


@dataclass(frozen=True, eq=False)
class RasterSubject(RasterSource):
    """A GeoTIFF on the server's disk, looked at."""

    stamp: str
    """Changes when the file does."""
    geobox: GeoBox
    finding: Finding
    picture: npt.NDArray[np.uint8]
    """True colour of every n-th pixel (rows, columns, 3)."""
    stretched: npt.NDArray[np.uint8]
    """Likewise, with the contrast of this raster."""
    about: str
    """Size, bands and place in words."""
    labels: None = None

    @property
    def key(self) -> str:
        """Tells it from any other subject, and from itself read otherwise."""
        return f"{self.path} {self.stamp} {self.units}"

    @property
    def height(self) -> int:
        """Rows."""
        return self.geobox.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.geobox.shape[1]


Subject = PatchSubject | RasterSubject

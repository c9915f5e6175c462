"""What is to be predicted: a patch of the study, or a person's raster."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window

from lcviz.data.sen12ms import Raster
from lcviz.rasters import pixel_area
from lcviz.rasters.guard import Finding
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
    def height(self) -> int:
        """Rows."""
        return self.raster.geobox.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.raster.geobox.shape[1]

    @property
    def transform(self) -> Affine:
        """(column, row) -> (x, y)."""
        return self.raster.geobox.transform

    @property
    def crs(self) -> CRS | None:
        """Coordinate reference system of x and y."""
        return self.raster.geobox.crs

    def pixel_area(self, window: Window) -> float | None:
        """Ground that the pixel in the middle of a window covers, m²; None if not known."""
        return _pixel_area(self, window)


@dataclass(frozen=True, eq=False)
class RasterSubject:
    """A GeoTIFF on the server's disk, and what its numbers are taken for."""

    path: Path
    folder: Path | None
    """The file must lie in it."""
    stamp: str
    """Changes when the file does."""
    shape: tuple[int, int]
    transform: Affine
    crs: CRS | None
    finding: Finding
    picture: npt.NDArray[np.uint8]
    """True colour of every n-th pixel (rows, columns, 3)."""
    about: str
    """Size, bands and place in words."""
    units: Units = field(kw_only=True)
    """As the guard is certain of, or as the person said."""
    labels: None = None

    @property
    def key(self) -> str:
        """Tells it from any other subject, and from itself read otherwise."""
        return f"{self.path} {self.stamp} {self.units}"

    @property
    def name(self) -> str:
        """For people and for names of files."""
        return self.path.name

    @property
    def conversion(self) -> str:
        """How values become the models' DN."""
        bands = " ".join(map(str, self.units.band_order))
        return f"DN = value x {self.units.scale:g} + {self.units.offset:g}; bands {bands}"

    @property
    def height(self) -> int:
        """Rows."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.shape[1]

    def pixel_area(self, window: Window) -> float | None:
        """Ground that the pixel in the middle of a window covers, m²; None if not known."""
        return _pixel_area(self, window)


Subject = PatchSubject | RasterSubject


def _pixel_area(subject: Subject, window: Window) -> float | None:
    return pixel_area.pixel_area(
        subject.transform,
        subject.crs,
        window.col_off + window.width / 2,
        window.row_off + window.height / 2,
    )

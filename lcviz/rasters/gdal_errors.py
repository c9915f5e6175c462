"""What reading or writing with rasterio may raise when GDAL fails."""

from typing import Final

# Private, in rasterio 1.4: some of its functions let GDAL's own errors through, which are neither
# RasterioError nor OSError and have no public name. tests/rasters/test_hostile.py holds such files.
from rasterio._err import CPLE_BaseError
from rasterio.errors import CRSError, RasterioError

GDAL_ERRORS: Final = (RasterioError, CPLE_BaseError, CRSError)

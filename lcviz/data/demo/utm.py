"""Universal Transverse Mercator on WGS 84, in numpy: where the generator's scenes lie.

The generator has to run where GDAL is not installed. Kruger's series to the sixth power of the
third flattening agrees with PROJ to a micrometre within a zone.

Source: Karney 2011, "Transverse Mercator with an accuracy of a few nanometers", Journal of Geodesy
85, 475-485, equations 12 to 36.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_EQUATOR: Final = 6378137.0
_FLATTENING: Final = 1 / 298.257223563
_ECCENTRICITY: Final = np.sqrt(_FLATTENING * (2 - _FLATTENING))
_SCALE: Final = 0.9996
_FALSE_EASTING, _FALSE_NORTHING = 500_000.0, 10_000_000.0

_N: Final = _FLATTENING / (2 - _FLATTENING)
_RADIUS: Final = _EQUATOR / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)
# Karney's equations 35 and 36: rows are the harmonics, columns the powers of n from the first.
_FORWARD: Final = np.array(
    [
        (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
        (0, 13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
        (0, 0, 61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
        (0, 0, 0, 49561 / 161280, -179 / 168, 6601661 / 7257600),
        (0, 0, 0, 0, 34729 / 80640, -3418889 / 1995840),
        (0, 0, 0, 0, 0, 212378941 / 319334400),
    ]
) @ (_N ** np.arange(1, 7))
_INVERSE: Final = np.array(
    [
        (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
        (0, 1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
        (0, 0, 17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
        (0, 0, 0, 4397 / 161280, -11 / 504, -830251 / 7257600),
        (0, 0, 0, 0, 4583 / 161280, -108847 / 3991680),
        (0, 0, 0, 0, 0, 20648693 / 638668800),
    ]
) @ (_N ** np.arange(1, 7))
_ORDERS: Final = 2 * np.arange(1, 7)


def to_utm(epsg: int, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Degrees -> easting and northing, metres, in the zone of an EPSG code 326zz or 327zz."""
    lam = np.radians(longitude - _meridian(epsg))
    tau = np.tan(np.radians(latitude))
    tau = _conformal(tau)
    xi = np.arctan2(tau, np.cos(lam))
    eta = np.arcsinh(np.sin(lam) / np.hypot(tau, np.cos(lam)))
    wave = xi + 1j * eta
    wave = wave + (_FORWARD * np.sin(_ORDERS * wave[..., None])).sum(-1)
    east = _FALSE_EASTING + _SCALE * _RADIUS * wave.imag
    return east, _false_northing(epsg) + _SCALE * _RADIUS * wave.real


def from_utm(epsg: int, easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Easting and northing, metres -> longitude and latitude, degrees."""
    wave = (
        (northing - _false_northing(epsg)) + 1j * (easting - _FALSE_EASTING)
    ) / (_SCALE * _RADIUS)  # fmt: skip
    wave = wave - (_INVERSE * np.sin(_ORDERS * wave[..., None])).sum(-1)
    xi, eta = wave.real, wave.imag
    target = np.sin(xi) / np.hypot(np.sinh(eta), np.cos(xi))
    longitude = _meridian(epsg) + np.degrees(np.arctan2(np.sinh(eta), np.cos(xi)))
    tau = target / np.sqrt(1 - _ECCENTRICITY**2)
    for _ in range(4):  # Newton's method, as Karney has it; two steps suffice.
        reached = _conformal(tau)
        slope = (1 / (1 - _ECCENTRICITY**2) + tau**2) / np.hypot(1, tau)
        tau = tau + (target - reached) / np.hypot(1, reached) * slope
    return longitude, np.degrees(np.arctan(tau))


def _conformal(tau: Floats) -> Floats:
    """Tangent of the conformal latitude, from that of the latitude (equations 7 to 9)."""
    sigma = np.sinh(_ECCENTRICITY * np.arctanh(_ECCENTRICITY * tau / np.hypot(1, tau)))
    found: Floats = tau * np.hypot(1, sigma) - sigma * np.hypot(1, tau)
    return found


def _meridian(epsg: int) -> float:
    return 6.0 * (epsg % 100) - 183


def _false_northing(epsg: int) -> float:
    return _FALSE_NORTHING if epsg // 100 == 327 else 0.0

"""Reflectance of pure surfaces, and what the atmosphere makes of it at the sensor.

Surface reflectances x 10,000 in the 13 bands of a SEN12MS file; the shapes follow the common
spectral libraries (vegetation's red edge, water absorption, iron in red soils, snow's drop in the
short-wave infrared), the levels were set against real patches and the published quartiles.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Columns: B1 B2 B3 B4 B5 B6 B7 B8 B8A B9 B10 B11 B12
SPECTRA: Final[Mapping[str, tuple[int, ...]]] = {
    "rainforest": (140, 170, 450, 230, 700, 2350, 3050, 3100, 3450, 3500, 3400, 1750, 680),
    "broadleaf": (140, 180, 440, 230, 700, 2300, 2850, 2950, 3250, 3300, 3200, 1650, 700),
    "eucalypt": (220, 280, 480, 420, 850, 1650, 2000, 2100, 2300, 2400, 2400, 1750, 950),
    "conifer": (120, 160, 300, 210, 520, 1400, 1700, 1780, 1900, 1950, 1900, 950, 430),
    "bare wood": (350, 420, 600, 720, 950, 1200, 1350, 1450, 1600, 1700, 1700, 2000, 1350),
    "shade": (20, 20, 30, 20, 40, 90, 110, 110, 120, 120, 100, 60, 30),
    "green grass": (250, 330, 700, 420, 1000, 2600, 3250, 3400, 3600, 3650, 3550, 2150, 1000),
    "dry grass": (480, 650, 1000, 1360, 1650, 2050, 2250, 2400, 2650, 2750, 2750, 3250, 2150),
    "shrub": (270, 340, 560, 480, 830, 1550, 1820, 1920, 2120, 2220, 2220, 2000, 1050),
    "moss": (230, 320, 570, 620, 950, 1450, 1700, 1800, 1950, 2050, 2050, 2000, 1200),
    "red soil": (350, 450, 850, 1650, 1950, 2100, 2250, 2350, 2550, 2650, 2650, 3350, 2750),
    "dark red soil": (300, 380, 680, 1250, 1500, 1650, 1800, 1850, 2000, 2100, 2100, 2450, 2000),
    "ochre soil": (420, 560, 1050, 1950, 2250, 2400, 2550, 2650, 2850, 2950, 2950, 3800, 3150),
    "loess": (750, 950, 1350, 1800, 2000, 2150, 2250, 2350, 2500, 2600, 2600, 3000, 2600),
    "brown soil": (450, 540, 760, 1000, 1150, 1400, 1520, 1620, 1780, 1880, 1880, 2300, 1900),
    "grey soil": (500, 600, 780, 980, 1120, 1230, 1320, 1420, 1560, 1640, 1640, 2050, 1750),
    "sand": (950, 1250, 1950, 2900, 3300, 3500, 3700, 3800, 4050, 4100, 4100, 5200, 4700),
    "red sand": (500, 650, 1250, 2550, 2950, 3100, 3250, 3350, 3600, 3700, 3700, 4700, 4000),
    "pale gravel": (900, 1150, 1600, 2150, 2450, 2600, 2750, 2850, 3050, 3150, 3150, 3900, 3500),
    "rock": (800, 920, 1120, 1320, 1420, 1500, 1560, 1620, 1700, 1750, 1750, 2050, 1800),
    "dark rock": (550, 620, 740, 860, 930, 980, 1020, 1060, 1120, 1150, 1150, 1400, 1250),
    "clay roof": (650, 800, 1150, 1850, 2050, 2150, 2250, 2350, 2500, 2550, 2550, 2800, 2400),
    "grey roof": (1050, 1150, 1300, 1400, 1480, 1540, 1600, 1650, 1720, 1750, 1750, 1850, 1650),
    "tin roof": (1250, 1450, 1650, 1850, 1950, 2000, 2050, 2100, 2200, 2250, 2250, 2400, 2150),
    "white roof": (2600, 2900, 3200, 3400, 3500, 3550, 3600, 3600, 3650, 3650, 3650, 3500, 3100),
    "asphalt": (780, 850, 950, 1030, 1090, 1130, 1170, 1210, 1270, 1300, 1300, 1480, 1330),
    "snow": (9300, 9300, 9200, 9000, 8900, 8700, 8500, 8300, 8000, 7000, 7000, 900, 650),
    "clear water": (300, 260, 170, 60, 45, 40, 35, 30, 25, 20, 20, 10, 5),
    "shallow water": (650, 750, 850, 480, 330, 160, 130, 100, 80, 60, 50, 25, 15),
    "silty water": (480, 580, 900, 780, 640, 330, 300, 240, 210, 300, 200, 60, 35),
}

# Light scattered into the sensor by clear air and usual aerosol, DN, and how it grows with haze.
_PATH: Final = np.array((790, 572, 335, 170, 145, 115, 95, 75, 62, 28, 6, 14, 8), dtype=float)
_HAZE: Final = np.array((290, 260, 205, 165, 140, 130, 120, 110, 95, 35, 0, 28, 14), dtype=float)
# Two-way transmission: ozone and aerosol in the visible, water vapour in B8, B9 and B10.
_TRANSMISSION: Final = np.array(
    (0.72, 0.79, 0.85, 0.89, 0.90, 0.90, 0.93, 0.87, 0.94, 0.25, 0.004, 0.94, 0.92)
)


def spectrum(name: str) -> Floats:
    """Surface reflectance x 10,000, float64 (13,)."""
    return np.array(SPECTRA[name], dtype=np.float64)


def to_sensor(surface: Floats, haze: float) -> Floats:
    """Top-of-atmosphere digital numbers of surface reflectances.

    Args:
        surface: reflectance x 10,000, float64 (13, ...).
        haze: aerosol load; 1 is usual.

    Returns:
        float64 (13, ...): path radiance plus transmitted surface, a single-scattering model.
    """
    shape = (13,) + (1,) * (surface.ndim - 1)
    path = _PATH + (haze - 0.5) * _HAZE
    loss = np.exp(-0.06 * (haze - 1) * _PATH / _PATH[1])
    return path.reshape(shape) + (_TRANSMISSION * loss).reshape(shape) * surface

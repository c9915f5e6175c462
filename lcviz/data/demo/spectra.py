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
    "rainforest": (140, 170, 440, 220, 700, 2700, 3550, 3600, 4000, 4050, 4000, 1850, 690),
    "broadleaf": (140, 180, 410, 220, 690, 2850, 3850, 3950, 4350, 4400, 4300, 1800, 640),
    "eucalypt": (220, 280, 480, 420, 850, 1850, 2250, 2350, 2600, 2700, 2700, 1850, 980),
    "conifer": (110, 150, 290, 200, 520, 1650, 2150, 2230, 2500, 2550, 2500, 1080, 430),
    "bare wood": (350, 420, 600, 720, 950, 1200, 1350, 1450, 1600, 1700, 1700, 2000, 1350),
    "shade": (20, 20, 30, 20, 40, 90, 110, 110, 120, 120, 100, 60, 30),
    "lush grass": (180, 230, 540, 250, 960, 3750, 5000, 5200, 5450, 5450, 5350, 1880, 680),
    "green grass": (240, 320, 680, 430, 1120, 2750, 3400, 3500, 3800, 3850, 3800, 2300, 1080),
    "dry grass": (480, 650, 1000, 1360, 1650, 2050, 2250, 2400, 2650, 2750, 2750, 3250, 2150),
    "shrub": (270, 340, 560, 480, 830, 1550, 1820, 1920, 2120, 2220, 2220, 2000, 1050),
    "heath": (200, 260, 400, 430, 760, 1350, 1600, 1700, 1900, 2000, 2000, 1650, 900),
    "sage": (420, 540, 780, 900, 1200, 1600, 1780, 1880, 2060, 2150, 2150, 2500, 1700),
    "thicket": (180, 230, 480, 330, 830, 2000, 2500, 2600, 2850, 2900, 2900, 1950, 950),
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
    "concrete": (1300, 1500, 1750, 1950, 2100, 2250, 2350, 2420, 2500, 2520, 2520, 2700, 2300),
    "clay roof": (520, 640, 900, 1500, 1720, 1830, 1920, 2020, 2160, 2200, 2200, 2450, 2080),
    "grey roof": (880, 960, 1080, 1180, 1260, 1320, 1380, 1430, 1500, 1530, 1530, 1680, 1500),
    "tin roof": (1250, 1450, 1650, 1850, 2020, 2150, 2250, 2320, 2400, 2430, 2430, 2500, 2050),
    "dark roof": (520, 560, 620, 680, 720, 760, 800, 830, 880, 900, 900, 1000, 900),
    "blue roof": (1700, 1900, 1650, 1150, 1150, 1250, 1350, 1500, 1700, 1800, 1800, 1900, 1600),
    "white roof": (3000, 3400, 3700, 3900, 4000, 4050, 4100, 4100, 4150, 4150, 4150, 3700, 3200),
    "asphalt": (560, 620, 700, 770, 830, 880, 930, 970, 1030, 1060, 1060, 1220, 1090),
    "snow": (9300, 9300, 9200, 9000, 8900, 8700, 8500, 8300, 8000, 7000, 7000, 900, 650),
    "firn": (6300, 6500, 6500, 6300, 6000, 5700, 5400, 5100, 4700, 4200, 4200, 450, 320),
    "clear water": (260, 190, 100, 28, 30, 28, 28, 26, 22, 20, 20, 8, 4),
    "blue water": (700, 720, 520, 180, 110, 80, 70, 60, 50, 40, 40, 15, 8),
    "green water": (420, 520, 900, 480, 1150, 820, 850, 700, 540, 450, 400, 110, 60),
    "shallow water": (650, 750, 850, 480, 330, 160, 130, 100, 80, 60, 50, 25, 15),
    "muddy water": (640, 860, 1180, 1080, 1060, 840, 880, 780, 720, 600, 480, 165, 125),
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


def to_sensor(surface: Floats, haze: float | Floats) -> Floats:
    """Top-of-atmosphere digital numbers of surface reflectances.

    Args:
        surface: reflectance x 10,000, float64 (13, ...).
        haze: aerosol load; 1 is usual. One number, or one for each place.

    Returns:
        float64 (13, ...): path radiance plus transmitted surface, a single-scattering model.
    """
    shape = (13,) + (1,) * (surface.ndim - 1)
    load = np.asarray(haze)
    path = _PATH.reshape(shape) + (load - 0.5) * _HAZE.reshape(shape)
    loss = np.exp(-0.06 * (load - 1) * (_PATH / _PATH[1]).reshape(shape))
    return path + _TRANSMISSION.reshape(shape) * loss * surface

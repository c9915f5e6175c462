"""Another light on the same ground, and another grain: what a network is not to live on.

A network that has seen few places can tell them apart by their shade or by how rough they are. With
random haze, brightness and gains of the bands the shade says less, with random smoothing and
sharpening the roughness.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from lcviz.taxonomy import BANDS, S2_WAVELENGTHS

Floats = npt.NDArray[np.float64]

_GROUPS: Final = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
"""Visible light with the red edge's foot, near infrared, short-wave infrared: they vary together
with leaves and with water."""
_HAZE: Final = 150.0
"""Standard deviation of the haze in the blue band, DN."""
_HAZE_POWER: Final = -2.0
"""Light scattered by haze falls with about this power of the wavelength: between molecules' -4 and
dust's -1 (Chavez 1988, Remote Sensing of Environment 24, 459-479)."""
_HAZE_SHAPE: Final = (np.array(S2_WAVELENGTHS) / S2_WAVELENGTHS[0]) ** _HAZE_POWER
GRAIN: Final = 9
"""Side of the squares whose mean is kept when an image is smoothed or sharpened, pixels."""
_BRIGHTNESS, _GROUP_GAIN, _BAND_GAIN, _BAND_OFFSET = 0.12, 0.10, 0.04, 15.0


def draw(rng: np.random.Generator, crops: int, strength: float) -> tuple[Floats, Floats]:
    """Gains and offsets (DN) of some crops: (crops, 10) each, 1 and 0 at a strength of 0."""
    bands = len(BANDS)
    groups = rng.normal(0, _GROUP_GAIN, (crops, 3))[:, _GROUPS]
    brightness = rng.normal(0, _BRIGHTNESS, (crops, 1))
    gain = np.exp(strength * (brightness + groups + rng.normal(0, _BAND_GAIN, (crops, bands))))
    haze = rng.normal(0, _HAZE, (crops, 1)) * _HAZE_SHAPE
    return gain, strength * (haze + rng.normal(0, _BAND_OFFSET, (crops, bands)))


def relit(values: npt.NDArray[np.uint16], gain: Floats, offset: Floats) -> npt.NDArray[np.uint16]:
    """DN (10, rows, columns) under another light; no data (0) stays so, and nothing else is 0."""
    seen = values * gain[:, None, None] + offset[:, None, None]
    return np.where(values == 0, 0, np.clip(np.rint(seen), 1, 65535)).astype(np.uint16)


def draw_contrast(rng: np.random.Generator, crops: int, strength: float) -> Floats:
    """How many times the grain of some crops, (crops,): below 1 smooths, above sharpens."""
    return np.exp(rng.normal(0, strength, crops))


def regrained(values: npt.NDArray[np.uint16], contrast: float) -> npt.NDArray[np.uint16]:
    """DN (10, rows, columns) whose deviations from their surroundings' mean are `contrast` times as
    large; no data (0) stays so, does not count in the mean, and nothing else is 0."""
    size = (1, GRAIN, GRAIN)
    seen = values.astype(np.float32)
    share = uniform_filter((values > 0).astype(np.float32), size, mode="mirror")
    mean = uniform_filter(seen, size, mode="mirror") / np.maximum(share, 1e-6)
    seen = mean + np.float32(contrast) * (seen - mean)
    return np.where(values == 0, 0, np.clip(np.rint(seen), 1, 65535)).astype(np.uint16)

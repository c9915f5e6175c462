"""How sure a prediction is, and how far models agree on it, as pictures with fixed scales."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from plotly.colors import sample_colorscale, unlabel_rgb

from lcviz.taxonomy import CLASSES


@dataclass(frozen=True)
class PictureScale:
    """What the colours of a picture mean; the same for every patch, raster and model."""

    title: str
    meaning: str
    low: float
    high: float
    ticks: Mapping[str, float]
    """Text -> value, from low to high."""
    colours: str
    """Name of a colour scale of Plotly's that can be told apart with any colour vision."""

    def stops(self, count: int = 11) -> list[str]:
        """Colours from low to high, as `rgb(r, g, b)`."""
        return [str(c) for c in sample_colorscale(self.colours, list(np.linspace(0, 1, count)))]


CONFIDENCE: Final = PictureScale(
    "Confidence",
    "Probability of the most probable class",
    1 / len(CLASSES),
    1.0,
    MappingProxyType({"12.5%": 1 / len(CLASSES), "50%": 0.5, "100%": 1.0}),
    "Cividis",
)
ENTROPY: Final = PictureScale(
    "Entropy",
    "Of the class probabilities: 0 is sure, 3 bits is all eight alike",
    0.0,
    3.0,
    MappingProxyType({"0 bit": 0.0, "1": 1.0, "2": 2.0, "3 bits": 3.0}),
    "Inferno",
)
DISAGREEMENT: Final = PictureScale(
    "Disagreement",
    "Share of the models that say another class than most do",
    0.0,
    1.0,
    MappingProxyType({"0%": 0.0, "50%": 0.5, "100%": 1.0}),
    "Inferno",
)


def scale_picture(values: npt.NDArray[np.float32], scale: PictureScale) -> npt.NDArray[np.uint8]:
    """Values in the colours of a scale, transparent where there is none.

    Args:
        values: (rows, columns), float32, NaN without data; drawn at the scale's ends beyond them.
        scale: what the colours mean.

    Returns:
        (rows, columns, 4), uint8, red, green, blue, alpha.
    """
    table = np.zeros((256, 4), dtype=np.uint8)
    colours = [unlabel_rgb(colour) for colour in scale.stops(256)]
    table[:, :3] = np.rint(np.array(colours))
    table[:, 3] = 255
    known = np.isfinite(values)
    share = (np.where(known, values, scale.low) - scale.low) / (scale.high - scale.low)
    picture = table[np.rint(share.clip(0, 1) * 255).astype(np.uint8)]
    picture[~known] = 0
    return picture

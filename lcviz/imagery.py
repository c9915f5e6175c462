"""Arrays -> pictures: true colour, SAR false colour, labels, agreement.

Every picture but `stretched` uses fixed limits, never those of the patch at hand, so that two
pictures can be compared: what is brighter in a picture is brighter on the ground.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.taxonomy import BANDS, CLASS_COLOURS, NO_LABEL

NO_DATA_GREY: Final = 128

# Chosen by eye on real patches of forest, fields, towns, snow, haze and open water. What clear air
# scatters into the sensor is a little more than this over deep water, which so stays blue.
_HAZE: Final = np.array([180.0, 400.0, 660.0], dtype=np.float32)
"""DN drawn black in red, green and blue: Level-1C is not corrected for the atmosphere."""
_INFRARED_HAZE: Final = np.array([80.0, 180.0, 400.0], dtype=np.float32)
"""Likewise in near infrared, red and green."""
_WHITE: Final = 9000.0
"""DN drawn white: fresh snow and thick cloud."""
_KNEE: Final = 250.0
"""DN around which the tone curve turns from linear to logarithmic."""
_SATURATION: Final = 1.3
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Brightness of red, green and blue: ITU-R BT.601."""

SAR_RANGES_DB: Final = ((-20.0, 0.0), (-27.0, -7.0), (0.0, 16.0))
"""Decibels drawn as 0 and 255 in red (VV), green (VH) and blue (VV - VH)."""

WORLDCOVER_COLOURS: Final = (
    "#006400",
    "#7CB342",
    "#FFFF4C",
    "#FFBB22",
    "#FA0000",
    "#F0F0F0",
    "#B4B4B4",
    "#0064C8",
)
"""Colours of ESA WorldCover 2021, and a lighter green for open forests, which it does not have.
Familiar, but dense forest and built-up can hardly be told apart with some kinds of colour vision;
with `taxonomy.CLASS_COLOURS` they can."""

AGREEMENT_COLOURS: Final = ("#A5DCE3", "#5B2A86")
"""Agree, disagree: far apart in lightness for any colour vision, and no class's colours."""


def true_colour(
    s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """Sentinel-2 as the eye would see it, with one fixed tone curve.

    Per channel, with x = DN less the scattered light of a clear sky:
    asinh(x / 250) / asinh(9000 / 250), so that a dark forest keeps its texture and snow does not
    burn out (asinh stretch of Lupton et al. 2004, PASP 116, 133, here on each channel). What the
    curve takes from the colours, a saturation of 1.3 gives back.

    Args:
        s2: (10, rows, columns), uint16, DN, bands as in `taxonomy.BANDS`.
        valid: (rows, columns); drawn grey where False.

    Returns:
        (rows, columns, 3), uint8, red, green, blue.
    """
    tone = _tone(s2, ("red", "green", "blue"), _HAZE)
    grey = (tone @ _LUMA)[..., np.newaxis]
    return _picture(grey + _SATURATION * (tone - grey), valid)


def stretched(
    visible: npt.NDArray[np.number], valid: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """True colour with the contrast of the scene at hand: legible in haze, over snow, at dusk.

    In each channel the 2nd percentile of the pixels with data is drawn black and the 98th white,
    linear between, as desktop GIS do by default.

    Args:
        visible: (3, rows, columns), red, green, blue, in any unit.
        valid: (rows, columns); drawn grey where False, and not counted.

    Returns:
        (rows, columns, 3), uint8.
    """
    values = np.asarray(visible, dtype=np.float32)
    known = np.asarray(np.isfinite(values).all(axis=0))
    if valid is not None:
        known = known & valid
    if not known.any():
        return _picture(np.zeros((*known.shape, 3), dtype=np.float32), known)
    low, high = np.percentile(values[:, known], [2, 98], axis=1).astype(np.float32)
    reach = np.maximum(high - low, np.float32(1e-6))
    tone = (np.moveaxis(np.where(known, values, 0), 0, -1) - low) / reach
    return _picture(tone, known)


def infrared(
    s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """Colour infrared: near infrared as red, red as green, green as blue.

    Living plants are red, water black, bare ground and roofs grey to cyan. The tone curve is that
    of `true_colour`.

    Args:
        s2: (10, rows, columns), uint16, DN, bands as in `taxonomy.BANDS`.
        valid: (rows, columns); drawn grey where False.

    Returns:
        (rows, columns, 3), uint8.
    """
    return _picture(_tone(s2, ("nir1", "red", "green"), _INFRARED_HAZE), valid)


def _tone(
    s2: npt.NDArray[np.uint16], names: Sequence[str], haze: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Three bands, (rows, columns, 3), on the tone curve: about 0 to 1."""
    dn = np.moveaxis(s2[[BANDS.index(name) for name in names]], 0, -1).astype(np.float32) - haze
    tone: npt.NDArray[np.float32] = np.arcsinh(np.maximum(dn, 0) / _KNEE)
    return tone / np.float32(np.arcsinh(_WHITE / _KNEE))


def sar_false_colour(
    s1: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """Sentinel-1 as red = VV, green = VH, blue = VV - VH, each over a fixed range in dB.

    Args:
        s1: (2, rows, columns), float32, VV and VH in dB.
        valid: (rows, columns); drawn grey where False, as is whatever is not finite.

    Returns:
        (rows, columns, 3), uint8.
    """
    finite = np.asarray(np.isfinite(s1).all(axis=0))
    vv, vh = np.where(finite, s1, 0)
    low, high = np.array(SAR_RANGES_DB, dtype=np.float32).T
    tone = (np.stack([vv, vh, vv - vh], axis=-1) - low) / (high - low)
    return _picture(tone, finite if valid is None else valid & finite)


def _picture(
    tone: npt.NDArray[np.floating], valid: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.uint8]:
    picture = np.rint(np.clip(tone, 0, 1) * 255).astype(np.uint8)
    if valid is not None:
        picture[~valid] = NO_DATA_GREY
    return picture


def label_picture(
    classes: npt.NDArray[np.uint8], palette: Sequence[str] = CLASS_COLOURS
) -> npt.NDArray[np.uint8]:
    """Classes in their colours, transparent where there is no label.

    Args:
        classes: (rows, columns), uint8, class index, 255 = no label.
        palette: One `#RRGGBB` for each class.

    Returns:
        (rows, columns, 4), uint8, red, green, blue, alpha.

    Raises:
        ValueError: A value is neither a class nor 255.
    """
    table = np.zeros((256, 4), dtype=np.uint8)
    table[: len(palette)] = [(*bytes.fromhex(colour.removeprefix("#")), 255) for colour in palette]
    unknown = (classes >= len(palette)) & (classes != NO_LABEL)
    if unknown.any():
        raise ValueError(
            f"{classes[unknown][0]} is no class index; "
            f"expected 0 to {len(palette) - 1}, or {NO_LABEL} for no label"
        )
    return table[classes]


def agreement_picture(
    labels: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Where a prediction agrees with the labels, transparent where either has no class.

    Args:
        labels: (rows, columns), uint8, class index, 255 = no label.
        prediction: Same shape.

    Returns:
        (rows, columns, 4), uint8, in `AGREEMENT_COLOURS`.
    """
    agreement = np.where(labels == prediction, 0, 1).astype(np.uint8)
    agreement[(labels == NO_LABEL) | (prediction == NO_LABEL)] = NO_LABEL
    return label_picture(agreement, AGREEMENT_COLOURS)

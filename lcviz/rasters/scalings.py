"""What the stored numbers of products are, and what is made of them by mistake."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Scaling:
    """What one step of a stored value is, and what was added: DN = value x scale - offset."""

    key: str
    scale: float
    offset: float
    """DN."""
    words: str
    prior: float
    usable: bool = True
    """Whether it is what a product has."""


SCALINGS: Final = (
    Scaling("dn", 1, 0, "DN (reflectance x 10,000), without offset", 0.25),
    Scaling("dn-1000", 1, 1000, "DN (reflectance x 10,000), with an offset of 1000 DN", 0.25),
    Scaling("reflectance", 1e4, 0, "reflectance of 0 to 1, without offset", 0.25),
    Scaling("reflectance-0.1", 1e4, 1000, "reflectance of 0 to 1, with an offset of 0.1", 0.25),
    Scaling(
        "dn-twice", 1, -1000, "DN of which 1,000 was taken off that was not there", 0.01, False
    ),
    Scaling(
        "reflectance-twice",
        1e4,
        -1000,
        "reflectance of which 0.1 was taken off that was not there",
        0.01,
        False,
    ),
    Scaling("half", 2, 0, "half of DN", 0.01, False),
    Scaling("twice", 0.5, 0, "twice the DN", 0.01, False),
    Scaling("half-reflectance", 2e4, 0, "half of reflectance", 0.01, False),
    Scaling("twice-reflectance", 5e3, 0, "twice the reflectance", 0.01, False),
    Scaling("thousandths", 10, 0, "reflectance x 1,000", 0.01, False),
    Scaling("per-cent", 100, 0, "reflectance in per cent", 0.01, False),
    Scaling("bytes", 1e4 / 255, 0, "reflectance x 255, as in a picture of 8 bits", 0.01, False),
    Scaling("sixteen-bits", 1e4 / 65_535, 0, "reflectance x 65,535", 0.01, False),
)

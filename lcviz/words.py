"""Words that every room needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


def is_text(name: str) -> bool:
    """Whether a name is UTF-8, as pages, JSON and tables hold it; on a disk it need not be."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def percent(share: float) -> str:
    """A share from 0 to 1 as the app says it everywhere: `62.4%`."""
    return f"{share:.1%}"


def points(difference: float) -> str:
    """A difference of two shares, in points of a per cent: `+19.4 points`."""
    return f"{100 * difference:+.1f} points"


@dataclass(frozen=True)
class Unit:
    """How the values of a measure are written, the same wherever they stand."""

    scale: float
    """What a value is multiplied with."""
    decimals: int
    sign: str
    """After a value; empty where it has no unit."""
    of_difference: str
    """The unit of the difference of two values."""
    d3: str
    """The same for Plotly's axes."""

    @property
    def hover(self) -> str:
        """As d3's format, as exact as in text."""
        return f".{self.decimals}{self.d3[-1]}"

    def number(self, value: float) -> str:
        """Without the unit: `62.4`."""
        return f"{self.scale * value:.{self.decimals}f}"

    def change(self, difference: float) -> str:
        """A difference without its unit, always with its sign: `+19.4`."""
        return f"{self.scale * difference:+.{self.decimals}f}"

    def value(self, value: float) -> str:
        """`62.4%`, or `0.43`."""
        return self.number(value) + self.sign

    def difference(self, difference: float) -> str:
        """`+19.4 points`, or `+0.19`."""
        return f"{self.change(difference)} {self.of_difference}".rstrip()

    def label(self, name: str, *, difference: bool = False) -> str:
        """What is measured with its unit: `Overall accuracy, %`."""
        unit = self.of_difference if difference else self.sign
        return f"{name}, {unit}" if unit else name


SHARE: Final = Unit(100, 1, "%", "points", ".0%")
"""Of shares: per cent."""
PLAIN: Final = Unit(1, 2, "", "", ".1f")
"""Of what is no share, as Cohen's kappa, which can lie below zero."""

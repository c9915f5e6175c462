"""Estimates with their intervals as one SVG, the same on the page and in a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_ROW: Final = 26
_LEFT: Final = 250
_WIDTH: Final = 760
_RIGHT: Final = 150
_COLOUR: Final = "#0072B2"
_TICKS: Final = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Dot:
    """One row: a share of 1 with its interval, or None where there is no estimate."""

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    mark: float | None = None
    """Shown as a hollow diamond: a promise, or the mapped share."""


def size_of(dots: Sequence[Dot], mark: str = "") -> tuple[int, int]:
    """Width and height of what `interval_dots` draws."""
    return _WIDTH, 46 + _ROW * len(dots) + (18 if mark else 0)


def interval_dots(dots: Sequence[Dot], title: str, mark: str = "", ink: str = "#1B2420") -> str:
    """SVG of estimates in per cent, a row each.

    Args:
        dots: rows, from above.
        title: what is estimated; the axis says %.
        mark: what the hollow diamonds are.
        ink: colour of text and lines.
    """
    width, height = size_of(dots, mark)
    bottom = 30 + _ROW * len(dots)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13" '
        f'fill="{ink}">',
        f'<text x="0" y="15" font-weight="600">{escape(title)}, %</text>',
    ]
    for tick in _TICKS:
        x = _x(tick / 100)
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="24" y2="{bottom}" stroke="{ink}" opacity=".15"/>'
            f'<text x="{x}" y="{bottom + 14}" text-anchor="middle" opacity=".75">{tick}</text>'
        )
    for i, dot in enumerate(dots):
        y = 40 + _ROW * i
        parts.append(f'<text x="0" y="{y + 4}">{escape(_short(dot.name))}</text>')
        if dot.mark is not None:
            m = _x(dot.mark)
            parts.append(
                f'<path d="M{m} {y - 6}L{m + 6} {y}L{m} {y + 6}L{m - 6} {y}Z" fill="none" '
                'stroke="#D55E00" stroke-width="2"/>'
            )
        if dot.estimate is None or dot.low is None or dot.high is None:
            said = f"no estimate, n = {dot.n}"
        else:
            parts.append(
                f'<line x1="{_x(dot.low)}" x2="{_x(dot.high)}" y1="{y}" y2="{y}" '
                f'stroke="{_COLOUR}" stroke-width="3" stroke-linecap="round"/>'
                f'<circle cx="{_x(dot.estimate)}" cy="{y}" r="5" fill="{_COLOUR}"/>'
            )
            said = f"{100 * dot.estimate:.0f}%, n = {dot.n:,}"
        parts.append(
            f'<text x="{_WIDTH - _RIGHT + 18}" y="{y + 4}" opacity=".85">{escape(said)}</text>'
        )
    if mark:
        y = bottom + 28
        parts.append(
            f'<path d="M6 {y - 10}L12 {y - 4}L6 {y + 2}L0 {y - 4}Z" fill="none" stroke="#D55E00" '
            f'stroke-width="2"/><text x="20" y="{y}">{escape(mark)}</text>'
        )
    return "".join((*parts, "</svg>"))


def _x(share: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * share, 1)


def _short(name: str) -> str:
    return name if len(name) <= 36 else f"{name[:35]}…"

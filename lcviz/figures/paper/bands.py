"""Print figure of the bands' distributions, one panel a band (the paper's Figure 3)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lcviz.figures.paper.sheet import LINES, legend_below, printed, sheet
from lcviz.figures.style import GROUP_COLOURS
from lcviz.figures.widths import PAGE_MM
from lcviz.taxonomy import AXES, BANDS, S2_BAND_NAMES

_TAIL = 0.01
_PERCENT_PER_100_DN = 1e4


@printed
def bands_figure(densities: pd.DataFrame, axis: str) -> Figure:
    """Kernel densities of the ten bands, a curve a group, each band over its own range.

    Args:
        densities: band, group, dn and density (per DN) of one axis, as
            `study.statistics.read_densities` gives them.
        axis: `continent` or `season`.
    """
    groups = [group for group in AXES[axis] if (densities.group == group).any()]
    figure = sheet(PAGE_MM, 84)
    panels = figure.subplots(2, 5).ravel()
    lines: dict[str, Line2D] = {}
    for band, axes in enumerate(panels):
        of_band = densities[densities.band == BANDS[band]]
        lows, highs = [], []
        for place, group in enumerate(groups):
            rows = of_band[of_band.group == group]
            if rows.empty:
                continue
            (lines[group],) = axes.plot(
                rows.dn,
                rows.density * _PERCENT_PER_100_DN,
                color=GROUP_COLOURS[group],
                linestyle=LINES[place],
            )
            low, high = _range(rows.dn.to_numpy(), rows.density.to_numpy())
            lows.append(low)
            highs.append(high)
        if lows:
            axes.set_xlim(min(lows), max(highs))
        axes.set_ylim(bottom=0)
        axes.set_title(f"{BANDS[band]} ({S2_BAND_NAMES[band]})")
        axes.locator_params(axis="x", nbins=4)
    # The middle panel of the lower row speaks for all: a common label would lie upon the legend.
    panels[7].set_xlabel("Digital number (top-of-atmosphere reflectance x 10,000)")
    figure.supylabel("Pixels per 100 DN (%)", fontsize=7)
    legend_below(figure, list(lines.values()), list(lines), len(lines))
    return figure


def _range(dn: np.ndarray, density: np.ndarray) -> tuple[float, float]:
    """The DN between which all but a fiftieth of a curve lies."""
    steps = np.diff(dn, prepend=dn[0])
    within = np.cumsum(density * steps)
    if not within[-1]:
        return float(dn[0]), float(dn[-1])
    low, high = np.searchsorted(within / within[-1], (_TAIL, 1 - _TAIL))
    return float(dn[low]), float(dn[min(high, len(dn) - 1)])

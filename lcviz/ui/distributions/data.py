"""What the distributions page computes once for a study: kept until its histograms change.

Nobody may change what is returned: all visitors share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lcviz.data.histograms import Counts, count_pixels, trimmed
from lcviz.distributions.curves import (
    DN_STEP,
    Curves,
    Floats,
    bin_width,
    binned,
    dn_range,
    smoothed,
    thinned,
)
from lcviz.distributions.distances import (
    DISTANCES,
    SMALLEST_BANDWIDTH,
    distance_table,
    scott_bandwidth,
)
from lcviz.distributions.scene_reference import SceneReference, noise_floor, scene_reference
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.study.statistics import read_histograms, read_scene_histogram
from lcviz.taxonomy import AXES
from lcviz.ui.shared_study import HISTOGRAMS, kept

_VIEW_TAIL, _IMAGE_TAIL, _LIMIT_TAIL = 0.02, 0.01, 0.001
_GRID_POINTS = 2000
_POINTS = {True: 600, False: 320}
"""Of a curve that is drawn, by whether it is alone: more would only be sent, not seen."""
_BINS = {True: 200, False: 60}
_DENSITY = "Pixels per 100 DN, %"


@dataclass(frozen=True, eq=False)
class Distributions:
    """The counts of a study: of its groups, and of all of it."""

    by_axis: Mapping[str, Mapping[str, Counts]]
    """Axis -> group -> (10, DNs)."""
    whole: Counts
    """(10, DNs), the scenes that lie on no continent included."""
    view: tuple[int, int]
    """The range of DN that is shown unless another one is picked."""
    limit: int
    """The largest DN that can be picked."""
    grid: npt.NDArray[np.int64]
    """Whole DN (m,), 0 to `limit`, at which densities are computed."""


@dataclass(frozen=True)
class CurveChoices:
    """What is drawn."""

    axis: str
    groups: list[str]
    """Those shown, in taxonomy order."""
    bands: list[int]
    """Indexes of the bands shown."""
    values: str
    """"density" or "counts"."""
    factor: float
    """How many times Scott's bandwidth."""
    low: int
    high: int
    """First and last DN of all curves."""
    same_scale: bool
    ranges: Mapping[int, tuple[int, int]] | None = None
    """Band -> first and last DN shown; None where one range was picked for all."""
    by_group: bool = False
    """Whether each group has a panel, of one band, instead of each band."""


@kept(HISTOGRAMS, entries=4)
def distributions_of(study: Study) -> Distributions:
    """The counts of a study.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `read_histograms` does.
    """
    found = read_histograms(study)
    whole = found.counts.sum(axis=0)
    low, high = dn_range(whole, _VIEW_TAIL)
    limit = dn_range(whole, _LIMIT_TAIL)[1]
    step = max(1, limit // _GRID_POINTS)
    return Distributions(
        by_axis={axis: found.by(axis) for axis in AXES},
        whole=whole,
        view=(low, high),
        limit=limit,
        grid=np.arange(0, limit + 1, step),
    )


def with_own_ranges(
    found: Distributions, picked: CurveChoices, image: Counts | None
) -> CurveChoices:
    """Give each band the range that holds nearly all of the study's pixels, and of an image's."""
    ranges = {}
    for band in picked.bands:
        parts = [dn_range(found.whole[[band]], _VIEW_TAIL)]
        if image is not None and image[band].any():
            parts.append(dn_range(image[[band]], _IMAGE_TAIL))
        low, high = min(low for low, _ in parts), max(high for _, high in parts)
        ranges[band] = (low, max(min(high, found.limit), low + DN_STEP))
    low, high = min(low for low, _ in ranges.values()), max(high for _, high in ranges.values())
    return replace(picked, low=low, high=high, ranges=ranges)


def curves_of(study: Study, found: Distributions, picked: CurveChoices) -> Curves:
    """The curves of the picked groups over the picked range."""
    groups = {group: found.by_axis[picked.axis][group] for group in picked.groups}
    if picked.values == "counts":
        width = _width(picked)
        bins = {g: binned(counts, picked.low, picked.high, width) for g, counts in groups.items()}
        dn = next(iter(bins.values()))[0]
        label = f"Pixels per {width:,} DN"
        return Curves(dn, {g: of[1] for g, of in bins.items()}, label, steps=True)
    places = _places(found, picked)
    values = {g: _densities(study, picked.axis, g, picked.factor)[:, places] for g in groups}
    return Curves(found.grid[places].astype(np.float64), values, _DENSITY, steps=False)


def bandwidths_of(study: Study, picked: CurveChoices) -> tuple[float, float]:
    """The smallest and the largest bandwidth among the picked groups' picked bands, DN."""
    scotts = [_scotts(study, picked.axis, g)[picked.bands] for g in picked.groups]
    used = np.maximum(picked.factor * np.stack(scotts), SMALLEST_BANDWIDTH)
    return float(used.min()), float(used.max())


def image_curves(found: Distributions, picked: CurveChoices, counts: Counts, group: str) -> Floats:
    """The curves of an image, (10, m), over what `curves_of` gives; counts scaled to a group's."""
    if picked.values == "counts":
        pixels = found.by_axis[picked.axis][group].sum(-1) / np.maximum(counts.sum(-1), 1)
        return binned(counts, picked.low, picked.high, _width(picked))[1] * pixels[:, None]
    return smoothed(counts, picked.factor, found.grid[_places(found, picked)])


@kept(HISTOGRAMS, entries=24)
def distances_of(study: Study, axis: str, measure: str) -> Floats:
    """Distances between all groups, (groups, groups, 10)."""
    return distance_table(distributions_of(study).by_axis[axis], DISTANCES[measure])


@kept(HISTOGRAMS, entries=24, spinner="Comparing the scenes with the group ...")
def scene_reference_of(study: Study, axis: str, group: str) -> SceneReference:
    """The study's single scenes beside one of its groups.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `read_scene_histogram` does.
    """
    scenes = _scenes_by_group(study, axis)
    foreign = [scene for name, of in scenes.items() if name != group for scene in of]
    of_group = distributions_of(study).by_axis[axis][group]
    return scene_reference(of_group, scenes[group], foreign)


@kept(HISTOGRAMS, entries=24, spinner="Dealing the scenes at random ...")
def noise_floor_of(study: Study, axis: str, measure: str) -> Floats:
    """Distances with the scenes dealt at random, as `scene_reference.noise_floor` gives them.

    Raises:
        ArtefactMissingError, ArtefactDamagedError: as `read_scene_histogram` does.
    """
    return noise_floor(_scenes_by_group(study, axis), DISTANCES[measure])


def patch_counts(study: Study, patch_id: str) -> Counts:
    """Counts of one patch, (10, DNs).

    Raises:
        DatasetNotFoundError, PatchDamagedError, ConfigurationError: as `patch_pixels` does.
    """
    image = patch_pixels(study, patch_id)
    return trimmed(count_pixels(image.values, image.valid))


def _places(found: Distributions, picked: CurveChoices) -> npt.NDArray[np.int64]:
    return thinned(found.grid, picked.low, picked.high, _POINTS[len(picked.bands) == 1])


def _width(picked: CurveChoices) -> int:
    return bin_width(picked.low, picked.high, _BINS[len(picked.bands) == 1])


@kept(HISTOGRAMS, entries=256)
def _densities(study: Study, axis: str, group: str, factor: float) -> Floats:
    found = distributions_of(study)
    return smoothed(found.by_axis[axis][group], factor, found.grid)


@kept(HISTOGRAMS, entries=64)
def _scotts(study: Study, axis: str, group: str) -> Floats:
    counts = distributions_of(study).by_axis[axis][group]
    return np.array([scott_bandwidth(band) for band in counts])


def _scenes_by_group(study: Study, axis: str) -> dict[str, list[Counts]]:
    scenes = study.scenes()
    return {
        group: [
            read_scene_histogram(study, scene) for scene in scenes.scene_id[scenes[axis] == group]
        ]
        for group in AXES[axis]
    }

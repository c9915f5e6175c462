"""What single scenes are like beside a group: what an image's share outside is to be held against.

Pixels of one scene are alike, so that a whole scene lies farther out of a group than 1% of its
pixels, even out of its own group. So an image is compared with the group's own scenes, each beside
the others; and whether the share tells own scenes from foreign ones at all is measured, as the area
under the ROC curve (0.5: it tells nothing, 1: all), with the interval of DeLong, DeLong &
Clarke-Pearson (1988, Biometrics 44, 837-845).

The same scenes give the noise floor of distances between groups: how far two groups of these sizes
lie apart when the scenes are dealt to them at random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from lcviz.data.histograms import Counts
from lcviz.distributions.curves import without
from lcviz.distributions.distances import Distance, distance_table, outside_share

Floats = npt.NDArray[np.float64]

FEWEST_SCENES: Final = 10
"""Of a group, to say where an image stands among them."""
PERMUTATIONS: Final = 39


@dataclass(frozen=True, eq=False)
class SceneReference:
    """Shares outside a group's central 99%, scene by scene, 0 to 1."""

    own: Floats
    """Of the group's scenes, each beside the others, (scenes, 10)."""
    foreign: Floats
    """Of all other scenes beside the group, (scenes, 10)."""

    def auc(self, bands: Sequence[int]) -> tuple[float, float, float]:
        """Probability that a foreign scene lies farther out than one of the group's own.

        By the mean over these bands, ties counting half; with its 95% interval, all NaN with fewer
        than two scenes of either.
        """
        own, foreign = (of[:, list(bands)].mean(1) for of in (self.own, self.foreign))
        if min(len(own), len(foreign)) < 2:
            return np.nan, np.nan, np.nan
        beyond = (foreign[:, None] > own) + 0.5 * (foreign[:, None] == own)
        value = float(beyond.mean())
        variance = beyond.mean(0).var(ddof=1) / len(own) + beyond.mean(1).var(ddof=1) / len(foreign)
        reach = float(norm.ppf(0.975) * np.sqrt(variance))
        return value, max(value - reach, 0.0), min(value + reach, 1.0)


def scene_reference(
    group: Counts, own: Sequence[Counts], foreign: Sequence[Counts]
) -> SceneReference:
    """Compare single scenes with a group.

    Args:
        group: the group's pixels, (10, DNs).
        own: of its scenes, each (10, DNs); left out where there is no other.
        foreign: of all other scenes.
    """
    beside = [(scene, without(group, scene)) for scene in own]
    return SceneReference(
        np.array([outside_share(s, rest) for s, rest in beside if rest.sum(-1).all()]).reshape(
            -1, len(group)
        ),
        np.array([outside_share(scene, group) for scene in foreign]).reshape(-1, len(group)),
    )


def in_words(found: SceneReference, shares: Floats, bands: Sequence[int], group: str) -> str:
    """Where an image stands among a group's scenes, and what that can tell (Markdown).

    Args:
        found: of the group.
        shares: of the image outside the group, (10,).
        bands: which count.
        group: its name.
    """
    own = found.own[:, list(bands)].mean(1)
    if len(own) < FEWEST_SCENES:
        return f"{group} has {len(own)} other scenes: too few to say whether that is much."
    share = float(shares[list(bands)].mean())
    farther = int((own >= share).sum())
    said = (
        f"Of {group}'s own {len(own)} scenes, each beside the others, {farther} lie as far out or "
        f"farther (median {np.median(own):.1%})."
    )
    auc, low, high = found.auc(bands)
    if np.isnan(auc):
        return said
    numbers = (
        f"AUC {auc:.2f}, 95%: {low:.2f} to {high:.2f}; 0.5 is a coin, n = {len(found.foreign)}"
    )
    if low <= 0.5:
        return (
            f"{said} **This does not tell whether it belongs to the group**: scenes from elsewhere "
            f"do not lie farther out ({numbers})."
        )
    place = (
        "**Farther out than 19 in 20 of the group's own**"
        if farther <= len(own) / 20
        else "**Not farther out than the group's own**"
    )
    return f"{said} {place}; scenes from elsewhere lie farther out more often ({numbers})."


def noise_floor(scenes: Mapping[str, Sequence[Counts]], measure: Distance, seed: int = 0) -> Floats:
    """Distances between groups of these sizes when their scenes are dealt at random.

    Args:
        scenes: group -> pixels of its scenes, each (10, DNs).
        measure: of the distance.
        seed: of the dealing.

    Returns:
        Mean over the pairs of groups, by dealing and band, (`PERMUTATIONS`, 10); no row with fewer
        than two groups.
    """
    dealt = [scene for of in scenes.values() for scene in of]
    sizes = [len(of) for of in scenes.values() if len(of)]
    if len(sizes) < 2:
        return np.zeros((0, 10))
    width = max(scene.shape[1] for scene in dealt)
    random = np.random.default_rng(seed)
    found = []
    for _ in range(PERMUTATIONS):
        order = random.permutation(len(dealt))
        groups = {}
        for group, part in enumerate(np.split(order, np.cumsum(sizes)[:-1])):
            groups[str(group)] = total = np.zeros((len(dealt[0]), width), dtype=np.int64)
            for number in part:
                total[:, : dealt[number].shape[1]] += dealt[number]
        table = distance_table(groups, measure)
        found.append(table[np.triu_indices(len(sizes), 1)].mean(axis=0))
    return np.array(found)


def floor_in_words(
    distances: Floats, floor: Floats, bands: Sequence[int], measure: Distance
) -> str:
    """Whether groups are farther apart than scenes dealt at random (Markdown); empty if not known.

    Args:
        distances: between all groups, (groups, groups, 10).
        floor: as `noise_floor` gives it.
        bands: which count.
        measure: of the distances.
    """
    if not len(floor):
        return ""
    picked = list(bands)
    mean = float(distances[np.triu_indices(len(distances), 1)][:, picked].mean())
    dealt = floor[:, picked].mean(1)

    def number(value: float) -> str:
        return f"{value:,.0f} {measure.unit}" if measure.unit else f"{value:.2f}"

    said = (
        f"Mean over all pairs {number(mean)}; with the scenes dealt at random to groups of these "
        f"sizes {number(dealt.mean())} ± {number(dealt.std(ddof=1))} ({len(dealt)} times): "
    )
    p = (1 + int((dealt >= mean).sum())) / (1 + len(dealt))
    shown = "more than chance gives" if p <= 0.05 else "not shown to be more than chance gives"
    return f"{said}**{shown}** (p {p:.2f})."

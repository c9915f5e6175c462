"""How often the interval of a refit's gain holds it: `python benchmarks/refit.py`.

Simulated places: a network's maps are rectified mixtures of what the ground is like, its last
layer was fitted elsewhere, and the place differs from there by nothing, a little or a lot. Of each
place a simple random sample is labelled, the layer refitted and its gain cross-validated, as the
page and the command do; the true gain of that layer is counted on the whole place.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from joblib import Parallel, delayed
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.assessment.improvement import Evidence, improve
from lcviz.assessment.refitting import fit_head

Floats = npt.NDArray[np.float64]
LATENT, MAPS, CLASSES = 4, 16, 5
PIXELS = 10_000
PLACES = {"as elsewhere": 0.0, "somewhat other": 0.35, "very other": 1.0}
"""How far classes of the place lie from where they lie elsewhere, in standard deviations."""


@dataclass(frozen=True)
class Place:
    """All pixels of a simulated place."""

    maps: Floats
    """(pixels, MAPS)."""
    label: npt.NDArray[np.int64]
    """(pixels,)."""
    head: Floats
    """The layer that was fitted elsewhere, (CLASSES, MAPS)."""


def make_place(random: np.random.Generator, apart: float, pixels: int = PIXELS) -> Place:
    """A place whose classes lie `apart` from where the layer learnt them."""
    middles = 1.1 * random.normal(size=(CLASSES, LATENT))
    shares = random.dirichlet(np.full(CLASSES, 1.0), 2)
    mixture = random.normal(size=(LATENT, MAPS - 1)) / np.sqrt(LATENT)
    moved = middles + apart * random.normal(size=middles.shape)

    def pixels_of(middles: Floats, share: Floats, n: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        label = random.choice(CLASSES, n, p=share)
        ground = middles[label] + random.normal(size=(n, LATENT))
        maps = np.maximum(ground @ mixture + 0.3, 0)
        return np.hstack([maps, np.ones((n, 1))]), label

    maps, label = pixels_of(middles, shares[0], 1000)
    allowed = np.eye(CLASSES, dtype=bool)[label]
    *_, head = fit_head(maps, allowed, np.ones(len(maps)), np.zeros((CLASSES, MAPS)), [0.01])
    return Place(*pixels_of(moved, shares[1 if apart else 0], pixels), head)


def accuracy(place: Place, layer: Floats) -> float:
    """Share of the place's pixels at which a layer is right."""
    return float(((place.maps @ layer.T).argmax(axis=1) == place.label).mean())


def one_sample(apart: float, n: int, seed: int) -> tuple[float, float, float, float]:
    """True gain, estimate, and the interval's ends, of one sample of one place."""
    random = np.random.default_rng([seed, n])
    place = make_place(random, apart)
    drawn = random.choice(len(place.label), n, replace=False)
    stratum, sizes = np.full(n, "map", object), {"map": float(len(place.label))}
    evidence = Evidence(
        place.maps[drawn], place.label[drawn], np.arange(CLASSES), stratum, sizes, np.arange(n)
    )
    found = improve(evidence, place.head, seed)
    gain = found.gain
    assert gain.estimate is not None and gain.low is not None and gain.high is not None
    true = accuracy(place, found.head) - accuracy(place, place.head)
    return true, gain.estimate, gain.low, gain.high


def row(name: str, n: int, found: Floats) -> str:
    """Of the table: what `one_sample` found, (simulations, 4)."""
    true, estimate, low, high = found.T
    held = (low - 1e-9 <= true) & (true <= high + 1e-9)
    helps = low > 0
    return (
        f"| {name} | {n} | {true.mean():+.1%} | {(estimate - true).mean():+.1%} | "
        f"{(high - low).mean() / 2:.1%} | {held.mean():.1%} | {(true < low).mean():.1%} | "
        f"{helps.mean():.1%} | {(helps & (true <= 0)).mean():.1%} |"
    )


def main(
    simulations: Annotated[int, typer.Option(help="samples of each kind")] = 300,
    labels: Annotated[list[int] | None, typer.Option(help="of a sample; may be repeated")] = None,
    jobs: Annotated[int, typer.Option(help="processes")] = 1,
) -> None:
    """Simulate, print a table, and put it into RESULTS.md."""
    lines, sizes = [], labels or [100, 200, 400]
    for n in sizes:
        for name, apart in PLACES.items():
            work = (delayed(one_sample)(apart, n, seed) for seed in range(simulations))
            lines.append(row(name, n, np.array(Parallel(jobs)(work))))
            print(lines[-1], flush=True)
    write_section(
        "refit",
        [
            "## Interval of a refit's gain",
            "",
            f"`python benchmarks/refit.py --simulations {simulations} "
            f"{' '.join(f'--labels {n}' for n in sizes)}` on {processor()}: "
            f"{simulations} simulated places of each kind, each with a simple random sample of n "
            "labels. The gain is that of the layer fitted to all n, counted on the whole place.",
            "",
            "| place | n | true gain | estimate less true | half width | holds it | "
            "true is lower | said to help | but does not |",
            "|---|---|---|---|---|---|---|---|---|",
            *lines,
        ],
    )


if __name__ == "__main__":
    typer.run(main)

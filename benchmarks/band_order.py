"""How well the recogniser tells orders of bands: `python benchmarks/band_order.py REAL SEN12MS`.

Fits the figures of `lcviz/data/facts/band_relations.json` to half of the real images in two folders
and to the spectra of `lcviz.data.demo`, and measures on the other half. `--write` keeps them.

REAL holds eurosat/, slovenia/ and bigearthnet/; SEN12MS patches of SEN12MS. Neither is shipped.
"""

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import rasterio
import typer
from report import write_section
from sklearn.mixture import GaussianMixture

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.data.demo.spectra import SPECTRA, to_sensor
from lcviz.rasters.arrangements import slips
from lcviz.rasters.guard_order import STRANGE
from lcviz.rasters.guard_words import SURE
from lcviz.rasters.layouts import BY_KEY, L1C_BANDS, L2A_BANDS, LAYOUTS, STANDARD, in_words
from lcviz.rasters.recogniser import places_of, recognise
from lcviz.rasters.recogniser_model import stretch
from lcviz.rasters.recogniser_sharpness import sharpness
from lcviz.taxonomy import S2_BAND_NAMES

Floats = npt.NDArray[np.float64]
FACTS = Path(__file__).parents[1] / "lcviz/data/facts/band_relations.json"
EUROSAT = next(layout for layout in LAYOUTS if layout.key == "eurosat").bands
COMPONENTS = 14


class Image(NamedTuple):
    """One real image."""

    name: str
    dataset: str
    level: str
    values: Floats
    """DN (bands, rows, columns), bands by wavelength."""
    learnt: bool
    """Whether the figures are fitted to it."""


def real_images(real: Path, sen12ms: Path) -> Iterator[Image]:
    """Every real image, half of each kind to learn from."""
    order = [EUROSAT.index(band) for band in L1C_BANDS]
    for path in sorted((real / "eurosat").glob("*.tif")):
        number = int(path.stem.rpartition("_")[2])
        yield Image(path.stem, "eurosat", "L1C", _read(path)[order], number < 10)
    for place, path in enumerate(sorted(sen12ms.rglob("*_s2_*.tif"))):
        yield Image(path.stem, "sen12ms", "L1C", _read(path), place % 2 == 0)
    for place, path in enumerate(sorted((real / "slovenia").glob("slovenia_s2_*.tif"))):
        yield Image(path.stem, "slovenia", "L1C", _read(path), place < 2)
    for place, folder in enumerate(sorted((real / "bigearthnet").glob("*/*/"))):
        bands = []
        for name in L2A_BANDS:
            (path,) = folder.glob(f"*_B{name[1:].zfill(2)}.tif")
            band = _read(path)[0]
            bands.append(np.kron(band, np.ones((120 // len(band),) * 2)))
        yield Image(folder.name, "bigearthnet", "L2A", np.array(bands), place < 2)


def _read(path: Path) -> Floats:
    with rasterio.open(path) as file:
        return file.read().astype(np.float64)


def at_ground(dn: Floats) -> Floats:
    """Level-2A, about, from pixels of Level-1C (13, pixels): the air's light taken off."""
    zero = np.zeros(13)
    hazes = np.linspace(0, 3, 31)
    dark = np.percentile(dn, 0.5, axis=1)
    lit = [haze for haze in hazes if (to_sensor(zero, haze)[:9] < dark[:9]).all()]
    haze = max(lit, default=0.0)
    path = to_sensor(zero, haze)
    ground = (dn - 0.9 * path[:, None]) / (to_sensor(zero + 1, haze) - path)[:, None]
    ground[9] = ground[8]
    return np.maximum(ground, -50)


def library(count: int, level: str, random: np.random.Generator) -> Floats:
    """Pixels (13, count) of mixed pure spectra and clouds, so that no landscape is unheard of."""
    pure = np.array(list(SPECTRA.values()), dtype=float).T
    first, second = random.integers(0, pure.shape[1], (2, count))
    share = random.beta(0.4, 0.4, count)
    ground = pure[:, first] * share + pure[:, second] * (1 - share)
    ground *= np.exp(random.normal(0, 0.3, count)) * np.exp(random.normal(0, 0.05, (13, count)))
    cloudy = random.random(count) < 0.12
    shape = np.array([1, 0.98, 0.95, 0.96, 0.98, 0.99, 1, 1, 1, 1, 1, 0.6, 0.5])[:, None]
    cloud = shape * np.exp(random.uniform(np.log(1500), np.log(8000), count))
    cloud *= np.exp(random.normal(0, 0.05, (13, count)))
    cloud[11:] *= np.exp(np.where(random.random(count) < 0.5, random.uniform(-2.2, 0, count), 0))
    ground = np.where(cloudy, cloud, ground)
    if level == "L2A":
        return ground
    hazes = random.gamma(2, 0.7, count)
    path = np.stack([to_sensor(np.zeros(13), haze) for haze in hazes], axis=1)
    through = np.stack([to_sensor(np.ones(13), haze) for haze in hazes], axis=1) - path
    seen = path + through * ground
    seen[9:11] *= np.exp(random.normal(0, 0.3, (2, count)))
    high = cloudy | (random.random(count) < 0.1)
    seen[10] = np.where(high, np.exp(random.uniform(np.log(15), np.log(2500), count)), seen[10])
    seen[9] = np.where(cloudy, cloud[9] * random.uniform(0.25, 0.8, count), seen[9])
    return seen


def fit(images: list[Image]) -> dict[str, Any]:
    """The figures."""
    random = np.random.default_rng(0)
    levels = {}
    for level, bands in (("L1C", L1C_BANDS), ("L2A", L2A_BANDS)):
        parts = []
        for image in images:
            pixels = image.values.reshape(len(image.values), -1)
            count = 1500 if image.level == "L2A" else 500 if image.dataset == "sen12ms" else 250
            pixels = pixels[:, random.choice(pixels.shape[1], min(count, pixels.shape[1]), False)]
            if image.level == level:
                parts.append(pixels)
            elif level == "L2A":
                parts.append(np.delete(at_ground(pixels), 10, axis=0))
        seen = np.concatenate(parts, axis=1)
        drawn = library(seen.shape[1] * 2 // 3, level, random)
        drawn = np.delete(drawn, 10, axis=0) if level == "L2A" else drawn
        pixels = stretch(np.concatenate([seen, drawn], axis=1)).T
        mixture = GaussianMixture(COMPONENTS, reg_covar=4e-3, random_state=0, max_iter=300)
        mixture.fit(pixels)
        lower = np.tril_indices(len(bands))
        levels[level] = {
            "bands": bands,
            "weights": mixture.weights_.round(5).tolist(),
            "means": mixture.means_.round(4).tolist(),
            "covariances": mixture.covariances_[:, lower[0], lower[1]].round(5).tolist(),
        }
    return levels


class Trial(NamedTuple):
    """One file of unnamed bands that somebody could bring."""

    image: str
    kind: str
    truth: tuple[str | None, ...]
    values: Floats
    """(bands, rows, columns)"""


def trials(images: list[Image]) -> Iterator[Trial]:
    """Every image in every known order that it has the bands for, and in some that are slips."""
    for image in images:
        bands = L1C_BANDS if image.level == "L1C" else L2A_BANDS
        orders = [
            (USUAL if layout.key in STANDARD.values() else OTHER, layout.bands)
            if layout.usable
            else (LACKING, layout.bands)
            for layout in LAYOUTS
        ]
        orders += [(SLIP, slip) for key in STANDARD.values() for slip in slips(BY_KEY[key].bands)]
        for kind, order in orders:
            if set(order) <= set(bands):
                places = [bands.index(str(band)) for band in order]
                yield Trial(image.name, kind, order, image.values[places])


USUAL, OTHER = "The usual order of so many bands", "Another known order"
LACKING, SLIP = "A known order that lacks one of the ten", "Turned round, or two bands exchanged"


class Told(NamedTuple):
    """What the recogniser says of a trial."""

    trial: Trial
    right: bool
    """Whether the ten bands are where it says that they likeliest are."""
    sure: float
    silent: bool
    """Whether the guard would ask nothing."""
    said: str


def tell(trial: Trial) -> Told:
    """Ask the recogniser."""
    whole = np.ones(trial.values.shape[1:], dtype=np.bool_)
    sharp = sharpness([(trial.values, whole)])
    found = recognise(trial.values.reshape(len(trial.values), -1), sharp)
    best, sure = found.by_order()[0]
    usual = BY_KEY[STANDARD[len(trial.truth)]].bands if len(trial.truth) in STANDARD else ()
    clear = sure >= SURE and found.odd < STRANGE
    return Told(
        trial,
        _ten(best.bands) == _ten(trial.truth),
        sure,
        clear and bool(usual) and _ten(best.bands) == _ten(usual),
        in_words(best.bands),
    )


def _ten(bands: tuple[str | None, ...]) -> tuple[int | None, ...]:
    """Where the ten bands are."""
    at = places_of(bands)
    return tuple(at.get(name) for name in S2_BAND_NAMES)


def report(told: list[Told], command: str) -> list[str]:
    """The tables."""
    images = len({one.trial.image for one in told})
    lines = [
        "## Order of bands",
        "",
        f"`{command}`: {len(told):,} files of unnamed bands, made of {images} real images that "
        "taught the recogniser nothing (EuroSAT, SEN12MS, Slovenia, BigEarthNet). Orders that lack "
        "a band are right where they are said to lack it.",
        "",
        "| Order of the bands | files | taken for the usual order without a question | the "
        "likeliest order is right |",
        "|---|---|---|---|",
    ]
    for kind in (USUAL, OTHER, LACKING, SLIP):
        those = [one for one in told if one.trial.kind == kind]
        silent = sum(one.silent for one in those)
        right = np.mean([one.right for one in those])
        lines.append(f"| {kind} | {len(those)} | {silent} | {right:.1%} |")
    lines += [
        "",
        "| How sure it said it was | files | mean of that | right | images with a wrong one |",
        "|---|---|---|---|---|",
    ]
    for low, high in itertools.pairwise((0, 0.5, 0.8, 0.95, 0.99, 1.01)):
        those = [one for one in told if low <= one.sure < high]
        if those:
            right = np.mean([one.right for one in those])
            said = np.mean([one.sure for one in those])
            of = len({one.trial.image for one in those})
            wrong = len({one.trial.image for one in those if not one.right})
            lines.append(
                f"| {low:.0%} to {min(high, 1):.0%} | {len(those)} | {said:.1%} | {right:.1%} "
                f"| {wrong} of {of} |"
            )
    return lines


def main(
    real: Annotated[Path, typer.Argument(help="Folder of eurosat/, slovenia/ and bigearthnet/.")],
    sen12ms: Annotated[Path, typer.Argument(help="Folder of SEN12MS patches.")],
    write: Annotated[bool, typer.Option("--write", help="Keep the figures.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Take every n-th image of EuroSAT.")] = 4,
) -> None:
    """Fit, measure on what was not learnt, and put the tables into RESULTS.md."""
    images = list(real_images(real, sen12ms))
    if write:
        levels = fit([image for image in images if image.learnt])
        text = json.dumps({"source": SOURCE, "levels": levels}, separators=(",", ":"))
        FACTS.write_text(text + "\n", encoding="utf-8")
    held = [image for image in images if not image.learnt]
    eurosat = [image for image in held if image.dataset == "eurosat"][::every]
    held = eurosat + [image for image in held if image.dataset != "eurosat"]
    told = [tell(trial) for trial in trials(held)]
    option = f" --every {every}"
    write_section(
        "band order", report(told, f"python benchmarks/band_order.py REAL SEN12MS{option}")
    )
    for one in told:
        if one.silent and not one.right:
            print(f"silent and wrong: {one.trial.image} {in_words(one.trial.truth)}: {one.said}")
        elif not one.right and one.sure >= 0.99:
            print(f"sure and wrong: {one.trial.image} {in_words(one.trial.truth)}: {one.said}")


SOURCE = (
    "Fitted by benchmarks/band_order.py to half of the images of EuroSAT (MIT), SEN12MS "
    "(CC BY 4.0), eo-learn's Slovenian example (MIT) and BigEarthNet (CDLA-Permissive) at hand, "
    "and to the spectra of lcviz.data.demo. "
    "Contains modified Copernicus Sentinel data. Figures only, no pixels."
)

if __name__ == "__main__":
    typer.run(main)

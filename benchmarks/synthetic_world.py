"""How the demo's synthetic land compares with real land: `python benchmarks/synthetic_world.py`.

Without options it compares patches of the generator with `lcviz/data/facts/real_land.csv` (band
quantiles and textures of real land, class by class) and puts the table into RESULTS.md. With
`--chips FOLDER` (a folder of EuroSAT's 13-band tifs) it adds how well a random forest that saw
synthetic pixels alone names those chips: what the world allows, whatever network learns it. With
`--measure FOLDER` besides, and `--slovenia FOLDER`, it writes the facts anew, from every second
chip, so that the others stay unseen by whoever tunes the generator.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from report import write_section
from scipy.ndimage import uniform_filter

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.data.demo import DemoPatch, DemoSettings, generate_patch, patch_numbers, sites
from lcviz.taxonomy import BANDS, CONTINENTS, NO_LABEL, S2_BAND_INDEXES, consolidate_land_use

FACTS = Path(__file__).parents[1] / "lcviz" / "data" / "facts" / "real_land.csv"
STEPS = (1, 2, 4, 8)
COLUMNS = ("source", "kind", "images", "band", "q10", "median", "q90", *(f"t{s}" for s in STEPS))
# EuroSAT stores B8A last. Its classes against the eight; Highway and River mix several.
EUROSAT_BANDS = (2, 3, 4, 5, 6, 7, 8, 13, 11, 12)
EUROSAT = {
    "SeaLake": (7,),
    "Forest": (0, 1),
    "Industrial": (4,),
    "Residential": (4,),
    "AnnualCrop": (2,),
    "Pasture": (2,),
    "PermanentCrop": (1, 2, 3),
    "HerbaceousVegetation": (2, 3),
}
SLOVENIA = {"cultivated": (1, 2), "forest": (2, 0), "grass": (3, 2), "shrub": (4, 3)}
"""Code in the Slovenian register, and the class it is compared with."""
Array = npt.NDArray[Any]


def texture(band: Array, inside: Array, step: int) -> float:
    """Root mean square difference of pixels `step` apart, over the square root of two.

    Args:
        band: (rows, columns).
        inside: (rows, columns), bool; both pixels of a pair must lie inside.

    Returns:
        The standard deviation where pixels so far apart know nothing of each other; NaN where
        fewer than 200 pairs are left.
    """
    values = band.astype(np.float64)
    down = (values[step:] - values[:-step])[inside[step:] & inside[:-step]]
    along = (values[:, step:] - values[:, :-step])[inside[:, step:] & inside[:, :-step]]
    pairs = np.concatenate([down, along])
    return float(np.sqrt((pairs**2).mean() / 2)) if pairs.size >= 200 else float("nan")


def describe(images: Sequence[tuple[Array, Array]]) -> list[tuple[float, ...]]:
    """Per band: 10th percentile, median, 90th percentile over all pixels, median texture."""
    pixels = np.concatenate([bands[:, inside] for bands, inside in images], axis=1)
    quantiles = np.percentile(pixels, (10, 50, 90), axis=1)
    rows = []
    for band in range(len(BANDS)):
        rough = [[texture(bands[band], inside, s) for s in STEPS] for bands, inside in images]
        known = np.array(rough)[~np.isnan(rough).any(axis=1)]
        middle = np.median(known, axis=0) if len(known) else np.full(len(STEPS), np.nan)
        rows.append((*quantiles[:, band], *middle))
    return rows


def chips(folder: Path, kind: str) -> list[Path]:
    """The chips of one class, by number."""
    return sorted(folder.rglob(f"{kind}_*.tif"), key=lambda path: int(path.stem.split("_")[1]))


def read_chip(path: Path) -> Array:
    """The ten bands of a EuroSAT chip, (10, rows, columns)."""
    import rasterio  # noqa: PLC0415

    with rasterio.open(path) as dataset:
        return dataset.read(EUROSAT_BANDS)


def measure(eurosat: Path, slovenia: Path | None) -> None:
    """Write the facts about real land."""
    import rasterio  # noqa: PLC0415

    kinds: list[tuple[str, str, list[tuple[Array, Array]]]] = []
    for kind in EUROSAT:
        read = [read_chip(path) for path in chips(eurosat, kind)[::2]]
        kinds.append(("EuroSAT", kind, [(c, np.ones(c.shape[1:], bool)) for c in read]))
    if slovenia is not None:
        with rasterio.open(slovenia / "slovenia_lulc_reference.tif") as dataset:
            register = dataset.read(1)
        # The first date lies partly under snow.
        dates = [slovenia / f"slovenia_s2_{date}.tif" for date in (2, 3, 4)]
        seen = [rasterio.open(path).read(S2_BAND_INDEXES) for path in dates]
        for kind, (code, _) in SLOVENIA.items():
            kinds.append(("Slovenia", kind, [(bands, register == code) for bands in seen]))
    with FACTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for source, kind, images in kinds:
            for band, row in zip(BANDS, describe(images), strict=True):
                numbers = ["" if np.isnan(v) else round(v) for v in row]
                writer.writerow((source, kind, len(images), band, *numbers))


def patches(seed: int, scenes: int, each: int) -> Iterator[DemoPatch]:
    """Synthetic patches, scene by scene."""
    settings = DemoSettings(seed=seed, scenes=scenes, patches=each)
    for site in sites(settings):
        for number in patch_numbers(settings, site):
            yield generate_patch(settings, site, number)


def compare(made: Sequence[DemoPatch]) -> list[str]:
    """A table of real land and the synthetic class it is called."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    classes = {"EuroSAT": {k: v[0] for k, v in EUROSAT.items()}}
    classes["Slovenia"] = {kind: index for kind, (_, index) in SLOVENIA.items()}
    ten = [index - 1 for index in S2_BAND_INDEXES]
    own = {}
    for index in sorted({i for kinds in classes.values() for i in kinds.values()}):
        images = [(p.s2[ten], p.truth == index) for p in made if (p.truth == index).sum() > 500]
        own[index] = describe(images)
    shown = ("blue", "red", "re1", "nir1", "swir1", "swir2")
    lines = [
        f"| land | {' | '.join(shown)} | red texture | near infrared texture |",
        "|---|" + "---|" * (len(shown) + 2),
    ]
    for source, kinds in classes.items():
        for kind, index in kinds.items():
            real = {
                row["band"]: row for row in facts if (row["source"], row["kind"]) == (source, kind)
            }
            if not real:
                continue
            row = [_range([real[b][c] for c in ("q10", "median", "q90")]) for b in shown]
            rough = [" ".join(real[b][f"t{s}"] or "-" for s in STEPS) for b in ("red", "nir1")]
            lines.append(f"| {source}, {kind} | {' | '.join((*row, *rough))} |")
            mine = [own[index][BANDS.index(band)] for band in shown]
            textures = [own[index][BANDS.index(band)][3:] for band in ("red", "nir1")]
            cells = [_range(r[:3]) for r in mine]
            cells += [" ".join(f"{t:.0f}" for t in t4) for t4 in textures]
            lines.append(f"| synthetic, the same class | {' | '.join(cells)} |")
    return lines


def _range(values: Sequence[Any]) -> str:
    low, middle, high = (float(v) for v in values)
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def features(bands: Array) -> Array:
    """Ten bands, four indexes, and means and deviations around; (rows, columns, 30)."""
    b = bands.astype(np.float32)
    red, green, near, short = b[2], b[1], b[6], b[8]
    pairs = ((near, red), (green, near), (short, near), (green, short))
    layers = [*b, *((x - y) / (x + y + 1) for x, y in pairs)]
    for window in (5, 11):
        for band in (b[0], red, near, short):
            mean = uniform_filter(band, window, mode="reflect")
            square = uniform_filter(band * band, window, mode="reflect")
            layers += [mean, np.sqrt(np.maximum(square - mean * mean, 0))]
    return np.stack(layers, axis=-1)


def score(made: Sequence[DemoPatch], folder: Path) -> list[str]:
    """Share of chips whose commonest class is right, learnt from synthetic pixels alone."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    random, ten = np.random.default_rng(0), [index - 1 for index in S2_BAND_INDEXES]
    x, truth, modis = [], [], []
    for patch in made:
        few = random.choice(patch.truth.size, 600, replace=False)
        x.append(features(patch.s2[ten]).reshape(patch.truth.size, -1)[few])
        truth.append(patch.truth.ravel()[few])
        modis.append(consolidate_land_use(patch.lc[2]).ravel()[few])
    pixels = np.concatenate(x)
    continent = np.repeat([patch.site.continent for patch in made], 600)
    everywhere = np.ones(len(pixels), bool)
    lessons = [("truth at 10 m", np.concatenate(truth), everywhere)]
    lessons += [("MODIS-like labels", np.concatenate(modis), everywhere)]
    lessons += [(f"the same, {c}", np.concatenate(modis), continent == c) for c in CONTINENTS]
    real = {
        kind: [features(read_chip(p))[::2, ::2].reshape(-1, pixels.shape[1]) for p in found]
        for kind in EUROSAT
        if (found := chips(folder, kind))
    }
    lines = [
        f"| learnt from | chips of the facts | other chips | of these {' | '.join(real)} |",
        "|---|---|---|" + "---|" * len(real),
    ]
    for name, labels, chosen in lessons:
        known = chosen & (labels != NO_LABEL)
        forest = RandomForestClassifier(
            60, class_weight="balanced", min_samples_leaf=2, max_samples=0.5, random_state=0
        ).fit(pixels[known], labels[known])
        right = {}
        for kind, seen in real.items():
            called = [np.bincount(forest.predict(c).astype(int)).argmax() for c in seen]
            right[kind] = np.isin(called, EUROSAT[kind])
        means = [np.mean([r[half::2].mean() for r in right.values()]) for half in (0, 1)]
        cells = " | ".join(f"{r[1::2].sum()} of {len(r[1::2])}" for r in right.values())
        lines.append(f"| {name} | {means[0]:.2f} | {means[1]:.2f} | {cells} |")
    return lines


def main(
    scenes: Annotated[int, typer.Option(help="synthetic scenes")] = 240,
    each: Annotated[int, typer.Option(help="patches of each")] = 1,
    seed: Annotated[int, typer.Option()] = 11,
    chips_in: Annotated[Path | None, typer.Option("--chips", help="EuroSAT chips to name")] = None,
    measure_in: Annotated[Path | None, typer.Option("--measure", help="EuroSAT chips")] = None,
    slovenia: Annotated[Path | None, typer.Option(help="four dates and their labels")] = None,
) -> None:
    """Compare the synthetic world with real land, and put the tables into RESULTS.md."""
    if measure_in is not None:
        measure(measure_in, slovenia)
    made = list(patches(seed, scenes, each))
    lines = [
        "## The synthetic world",
        "",
        f"`python benchmarks/synthetic_world.py --scenes {scenes} --each {each} --seed {seed}` "
        f"compared with `lcviz/data/facts/real_land.csv`, on {len(made)} patches. Digital numbers: "
        "median (10 to 90 % of the pixels); texture: root mean square difference of pixels 1, 2, 4 "
        "and 8 apart, over the square root of two, median of the images. Real land is Europe's; "
        "the synthetic class is that of all continents and seasons, so it is to spread wider.",
        "",
        *compare(made),
    ]
    if chips_in is not None:
        lines += [
            "",
            "A random forest (balanced classes) that saw 600 pixels of each synthetic patch and no "
            "real one: share of EuroSAT chips whose commonest class is right, mean over their "
            "classes; for the half of the chips that the facts are from, and for the others.",
            "",
            *score(made, chips_in),
        ]
    write_section("synthetic-world", lines)


if __name__ == "__main__":
    typer.run(main)

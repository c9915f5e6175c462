"""Models that never saw a real place, on real land: `python benchmarks/real_chips.py EUROSAT`.

EUROSAT is any folder of EuroSAT's GeoTIFFs with 13 bands (Helber et al. 2019, IEEE JSTARS 12,
2217-2226), `Forest_1.tif` and so on, in whatever folders. A chip is right when the class that most
of its pixels get is one that may be said of its kind of land. With `--labels` an image with land
use at 10 m is compared pixel by pixel as well. Chips and labels are read and not kept.

The figures go into RESULTS.md and, for the app and the model cards, into the study.
"""

import hashlib
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
import rasterio
import typer
from report import processor, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.errors import LcvizError
from lcviz.forecast.context import ForecastContext, load_context
from lcviz.forecast.image import Image
from lcviz.forecast.live import forecast_image
from lcviz.georeference import open_dataset
from lcviz.network.blemishes import PERIODS, lattices, rim_error
from lcviz.network.predictor import Predictor, load_network
from lcviz.study import Study
from lcviz.study.real_chips import (
    Choice,
    ModelOnChips,
    PlaceWithLabels,
    RealChips,
    wilson,
    write_real_chips,
)
from lcviz.taxonomy import BANDS, CLASSES, NO_LABEL

MAY_BE: Final = {
    "SeaLake": (7,),
    "Forest": (0, 1),
    "Industrial": (4,),
    "Residential": (4,),
    "AnnualCrop": (2,),
    "Pasture": (2,),
    "PermanentCrop": (1, 2, 3),
    "HerbaceousVegetation": (2, 3),
}
"""Highway and River are mixed, and left out."""
EUROSAT_BANDS: Final = (1, 2, 3, 4, 5, 6, 7, 12, 10, 11)
"""Places of B2 B3 B4 B5 B6 B7 B8 B8A B11 B12 in a chip: B8A is its last band."""
SENTINEL_BANDS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 11, 12)
"""The same in a file with the 13 bands in their usual order."""
LAND_USE: Final = {1: (2,), 2: (0, 1), 3: (2,), 4: (3,), 8: (4,)}
"""Cultivated, forest, grass, shrub and built-up land of Slovenia's register, 10 m."""


class Chip(NamedTuple):
    """A labelled square of real land."""

    kind: str
    name: str
    dn: np.ndarray
    """uint16 (10, rows, columns)."""


def find_chips(folder: Path, most: int) -> tuple[list[Chip], list[str]]:
    """At most so many chips of each kind, spread over the folder's, and what was passed over."""
    files: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(folder.rglob("*.tif"), key=lambda f: (len(f.name), f.name)):
        named = re.fullmatch(r"([A-Za-z]+)_[0-9]+\.tif", file.name)
        if named and named[1] in MAY_BE:
            files[named[1]].append(file)
    chips, odd = [], []
    for kind in MAY_BE:
        found = files[kind]
        step = max(1, -(-len(found) // most))
        for file in found[::step]:
            try:
                with open_dataset(file) as dataset:
                    values = dataset.read()
            except rasterio.errors.RasterioError as error:
                odd.append(f"{file.name}: {error}")
                continue
            if len(values) != 13 or values.dtype != np.uint16 or min(values.shape[1:]) < 64:
                odd.append(f"{file.name}: {values.shape} {values.dtype}, not 13 bands of uint16")
                continue
            chips.append(Chip(kind, file.stem, values[list(EUROSAT_BANDS)]))
    return chips, odd


def predictors(study: Study) -> dict[str, tuple[str, Predictor]]:
    """Experiment -> digest of its weights, and a predictor."""
    found = {}
    for name in study.experiments() + study.experiments_without():
        card = study.model(name)
        network = load_network(study.weights(name))
        digest = hashlib.sha256(study.weights_file(name).read_bytes()).hexdigest()[:16]
        found[name] = digest, Predictor(network, card.band_mean, card.band_std, mode="fast")
    return found


def shares_right(chips: list[Chip], predictor: Predictor) -> tuple[np.ndarray, np.ndarray, dict]:
    """Of each chip: whether it is right, and its share of right pixels; and the lattices."""
    right, shares, maps = [], [], []
    for chip in chips:
        valid = (chip.dn > 0).any(0)
        found = predictor.probabilities(chip.dn[None], valid[None])[0]
        classes = found.argmax(0)[valid]
        counts = np.bincount(classes, minlength=len(CLASSES))
        right.append(int(counts.argmax()) in MAY_BE[chip.kind])
        shares.append(counts[list(MAY_BE[chip.kind])].sum() / max(counts.sum(), 1))
        maps.append(np.nan_to_num(found[:, :64, :64]))
    return np.array(right), np.array(shares), lattices(np.stack(maps))


def choose(chip: Chip, context: ForecastContext, rivals: list[str]) -> str | None:
    """Which of some models has the best forecast for a chip; None where none has one."""
    image = Image(
        name=chip.name,
        values=chip.dn[None],
        valid=(chip.dn > 0).any(0)[None],
        names=(chip.name,),
        windows=None,
        shape=None,
        total_windows=1,
        scene_ids=(),
    )
    best = forecast_image(context, image, rivals).models[0]
    return None if best.forecast is None else best.experiment


def forecast_choice(
    study: Study,
    chips: list[Chip],
    right: Mapping[str, np.ndarray],
    shares: Mapping[str, np.ndarray],
    most: int,
) -> Choice | str:
    """How well the forecast chooses, or why it could not be asked."""
    try:
        context = load_context(study)
        rivals = [name for name in context.models if name in right]
        seen: dict[str, int] = defaultdict(int)
        chosen: dict[int, str] = {}
        for place, chip in enumerate(chips):
            seen[chip.kind] += 1
            if seen[chip.kind] > most:
                continue
            name = choose(chip, context, rivals)
            if name is not None:
                chosen[place] = name
    except (LcvizError, ValueError) as error:
        return f"The forecast was not asked: {error}"
    if not chosen:
        return "The forecast was not asked: it has none for these chips."
    return Choice(
        chips=len(chosen),
        chosen_right=sum(bool(right[name][place]) for place, name in chosen.items()),
        any_right=sum(any(right[name][place] for name in rivals) for place in chosen),
        best_chosen=sum(
            bool(shares[name][place] >= max(shares[rival][place] for rival in rivals))
            for place, name in chosen.items()
        ),
        right_by_model={n: sum(bool(right[n][place]) for place in chosen) for n in rivals},
    )


def on_labels(folder: Path, name: str, predictor: Predictor) -> list[PlaceWithLabels]:
    """A model on each image of a folder with `*_lulc_reference.tif` and `*_s2_*.tif`."""
    (reference,) = folder.glob("*_lulc_reference.tif")
    with open_dataset(reference) as dataset:
        codes = dataset.read(1)
    found = []
    for file in sorted(folder.glob("*_s2_*.tif")):
        with open_dataset(file) as dataset:
            dn = dataset.read()[list(SENTINEL_BANDS)]
        classes = predictor.classes(dn[None], (dn > 0).any(0)[None])[0]
        # Right or not is what the rims are measured by: where any class may stand, it is that one.
        labels = np.full(codes.shape, NO_LABEL, np.uint8)
        for code, may_be in LAND_USE.items():
            here = codes == code
            labels[here] = np.where(np.isin(classes[here], may_be), classes[here], may_be[0])
        rim = rim_error([classes], [labels])
        known = (labels != NO_LABEL) & (classes != NO_LABEL)
        right = int((classes == labels)[known].sum())
        found.append(PlaceWithLabels(name, file.stem, int(known.sum()), right, *rim))
    return found


def share(right: int, tried: int) -> str:
    """A share with its interval."""
    low, high = wilson(right, tried)
    return f"{right / tried:.2f} [{low:.2f}, {high:.2f}]"


def report(measured: RealChips, choice: Choice | str | None, on: str) -> list[str]:
    """The section of RESULTS.md."""
    kinds = list(measured.chips)
    lines = [
        "## Real chips",
        "",
        f"`python benchmarks/real_chips.py` {on}: {sum(measured.chips.values())} chips of "
        f"{measured.source}, share right with its 95 % interval (Wilson). The models were trained "
        "on synthetic land alone. The mean is over the kinds of land.",
        "",
        f"| model | mean | {' | '.join(f'{k} ({n})' for k, n in measured.chips.items())} |",
        "|---|---|" + "---|" * len(kinds),
    ]
    means = {}
    for name, model in measured.models.items():
        means[name] = statistics.mean(model.right[k] / measured.chips[k] for k in kinds)
        cells = [share(model.right[k], measured.chips[k]) for k in kinds]
        lines.append(f"| {name} | {means[name]:.2f} | {' | '.join(cells)} |")
    lines += ["", f"Median of the models: {statistics.median(means.values()):.2f}."]
    lines += [
        "",
        "| lattice: amplitude (ratio) at | " + " | ".join(f"{p} pixels" for p in PERIODS) + " |",
        "|---|" + "---|" * len(PERIODS),
    ]
    for name, model in measured.models.items():
        cells = [f"{a:.4f} ({r:.1f})" for a, r in (model.lattice[str(p)] for p in PERIODS)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if isinstance(choice, Choice):
        single = choice.right_by_model
        best = max(single, key=single.__getitem__)
        lines += [
            "",
            f"The forecast's choice, on {choice.chips} chips: right on "
            f"{share(choice.chosen_right, choice.chips)}; a model taken at random on "
            f"{statistics.mean(single.values()) / choice.chips:.2f}, the one that does best on "
            f"these very chips ({best}) on {share(single[best], choice.chips)}, at least one of "
            f"them on {share(choice.any_right, choice.chips)}. No model had more pixels right than "
            f"the chosen one on {share(choice.best_chosen, choice.chips)}.",
        ]
    elif choice:
        lines += ["", choice]
    if measured.places:
        lines += [
            "",
            "Labels of 10 m, one place, so that no interval can be given:",
            "",
            "| model | image | pixels | right | error within 8 pixels of the edge | inside |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {p.experiment} | {p.image} | {p.pixels:,} | {p.right / p.pixels:.2f} "
            f"| {p.rim_error:.2f} | {p.inside_error:.2f} |"
            for p in measured.places
        ]
    return lines


def main(
    folder: Annotated[Path, typer.Argument(metavar="EUROSAT", help="Folder of the chips.")],
    study: Annotated[Path, typer.Option(help="Study whose models are tried.")] = Path(
        "studies/demo"
    ),
    labels: Annotated[Path | None, typer.Option(help="Folder with land use at 10 m.")] = None,
    most: Annotated[int, typer.Option(help="Chips of each kind.")] = 100,
    forecast: Annotated[int, typer.Option(help="Of these, chips the forecast is asked of.")] = 5,
) -> None:
    """Try all models of a study on real chips."""
    opened = Study.open(study)
    chips, odd = find_chips(folder, most)
    for line in odd:
        print(f"left out: {line}")
    counted = {kind: sum(chip.kind == kind for chip in chips) for kind in MAY_BE}
    counted = {kind: n for kind, n in counted.items() if n}
    if not counted:
        raise SystemExit(f"{folder} holds no chip named as EuroSAT's are, such as Forest_1.tif")
    models, places = {}, []
    right: dict[str, np.ndarray] = {}
    shares: dict[str, np.ndarray] = {}
    for name, (digest, predictor) in predictors(opened).items():
        right[name], shares[name], lattice = shares_right(chips, predictor)
        by_kind = {
            kind: int(right[name][[chip.kind == kind for chip in chips]].sum()) for kind in counted
        }
        seen = {str(period): (found.amplitude, found.ratio) for period, found in lattice.items()}
        models[name] = ModelOnChips(digest, by_kind, seen)
        if labels is not None:
            places += on_labels(labels, name, predictor)
        print(f"{name}: {right[name].mean():.2f}", flush=True)
    choice = forecast_choice(opened, chips, right, shares, forecast) if forecast else None
    measured = RealChips(
        made=datetime.now(UTC).date().isoformat(),
        source="EuroSAT, Sentinel-2 L1C, Europe, 64 x 64 pixels",
        may_be={kind: MAY_BE[kind] for kind in counted},
        chips=counted,
        models=models,
        choice=choice if isinstance(choice, Choice) else None,
        places=tuple(places),
    )
    write_real_chips(opened, measured)
    write_section("real_chips", report(measured, choice, f"on {processor()}"))


assert len(EUROSAT_BANDS) == len(SENTINEL_BANDS) == len(BANDS)
if __name__ == "__main__":
    typer.run(main)

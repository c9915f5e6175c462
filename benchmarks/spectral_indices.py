"""Does agreement with spectral indices help? `python benchmarks/spectral_indices.py`

Qin & Liu (arXiv:2310.10490) judge a model without labels by how far its map agrees with one made of
spectral indices. Here such a map is made by rules, beside every map that the study keeps, and the
share of pixels that agree is tried as one more indicator: alone, and beside agreement among models.
Everything else is as the stage `transfer` does it: continents (seasons) are left out one at a time
with all their pairs, and a set of indicators is held against calibrated agreement.
"""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
import typer
from report import write_section

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

VEGETATION, BARE, SNOW, WATER = range(4)
GROUP_OF_CLASS = np.array(
    [VEGETATION, VEGETATION, VEGETATION, VEGETATION, BARE, SNOW, BARE, WATER], dtype=np.uint8
)
"""What the indices can tell apart: built-up land and bare ground look alike to them."""


def index_map(values: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Classes by spectral indices, (rows, columns), of DN (10, rows, columns).

    Snow where NDSI >= 0.4 and near infrared >= 1100 DN (Hall, Riggs & Salomonson 1995); else water
    where NDWI > 0 (McFeeters 1996); else vegetation where NDVI >= 0.2 and NDVI > NDBI (Zha, Gao &
    Ni 2003); else bare or built.
    """
    from lcviz.taxonomy import BANDS  # noqa: PLC0415

    green, red, nir, swir = (
        values[BANDS.index(band)].astype(np.float64) for band in ("green", "red", "nir1", "swir1")
    )

    def index(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.divide(a - b, a + b, out=np.zeros_like(a), where=a + b > 0)

    ndvi, ndwi, ndbi, ndsi = (
        index(nir, red),
        index(green, nir),
        index(swir, nir),
        index(green, swir),
    )
    return np.select(
        [(ndsi >= 0.4) & (nir >= 1100), ndwi > 0, (ndvi >= 0.2) & (ndvi > ndbi)],
        [SNOW, WATER, VEGETATION],
        BARE,
    ).astype(np.uint8)


def agreements(study_path: Path) -> pd.DataFrame:
    """Share of the valid pixels on which a kept map and the indices agree, by model and scene."""
    from lcviz.study import Study  # noqa: PLC0415
    from lcviz.study.pixels import patch_pixels  # noqa: PLC0415
    from lcviz.study.predictions import read_prediction  # noqa: PLC0415

    study = Study.open(study_path)
    patches = study.patches(["patch_id", "scene_id", "status", "browsable"])
    rows = []
    for row in patches[patches.browsable & (patches.status == "ok")].itertuples():
        raster = patch_pixels(study, row.patch_id)
        by_index = index_map(raster.values)
        for name in study.experiments():
            predicted = read_prediction(study, name, row.patch_id)
            if predicted is None:
                continue
            valid = raster.valid & (predicted < len(GROUP_OF_CLASS))
            alike = GROUP_OF_CLASS[predicted[valid]] == by_index[valid]
            rows.append((name, row.scene_id, int(alike.sum()), int(valid.sum())))
    table = pd.DataFrame(rows, columns=["experiment", "scene_id", "alike", "pixels"])
    summed = table.groupby(["experiment", "scene_id"])[["alike", "pixels"]].sum()
    return (summed.alike / summed.pixels).rename("spectral").reset_index()


def main(study: Annotated[Path, typer.Option()] = ROOT / "studies" / "demo") -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    from lcviz.forecast.receipts import gain, rivals  # noqa: PLC0415
    from lcviz.forecast.regression import AGREEMENT, FUSION  # noqa: PLC0415
    from lcviz.forecast.validation import leave_groups_out  # noqa: PLC0415
    from lcviz.intervals import spearman_interval  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415
    from lcviz.study.forecasts import read_indicators  # noqa: PLC0415

    opened = Study.open(study)
    pairs = read_indicators(opened).merge(agreements(study), on=["experiment", "scene_id"])
    sets = {
        "agreement with indices, calibrated": (("spectral",),),
        "both": (("agreement", "spectral"),),
        "what the stage chooses from, and both": (*FUSION, ("agreement", "spectral")),
    }
    lines = [
        "## Agreement with spectral indices as an indicator",
        "",
        f"{opened.info.name}, {pairs.scene_id.nunique()} scenes. Gain: by how many points the mean "
        "absolute error lies below that of calibrated agreement among models, groups left out one "
        "at a time; 95 % intervals. rho: Spearman's, of the agreement with the indices and "
        "accuracy, away from home.",
        "",
        "| across | pairs | rho | " + " | ".join(f"gain: {name}" for name in sets) + " |",
        "| --- | --- | --- |" + " --- |" * len(sets),
    ]
    for axis in ("continent", "season"):
        part = pairs[(pairs.axis == axis) & (pairs.kind == "network")].reset_index(drop=True)
        part = part.join(rivals(part))
        away = part[(part.split == "test") & part.accuracy.notna()]
        part = part.join(leave_groups_out(part, "network", axis, AGREEMENT, "calibrated"))
        cells = [axis + "s", f"{len(away)}", interval(spearman_interval(away, "spectral"), 1, 2)]
        for number, choices in enumerate(sets.values()):
            found = leave_groups_out(part, "network", axis, choices, f"tried_{number}")
            part = part.join(found)
            cells.append(interval(gain(part, f"tried_{number}", "calibrated"), 100, 1))
        lines.append(f"| {' | '.join(cells)} |")
    write_section("spectral indices", lines)


def interval(found: tuple[float, float, float], times: float, digits: int) -> str:
    """`+0.1 (-2.8 to 2.9)`."""
    value, low, high = (round(times * part, digits) + 0.0 for part in found)  # No "-0.0".
    return f"{value:+.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    typer.run(main)

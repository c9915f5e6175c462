"""What the whole of SEN12MS costs: `python benchmarks/full_study.py`.

Reads the tables of the other benchmarks in RESULTS.md, so it is run after them. A figure that was
not measured on a GPU is marked as an estimate, and says where it comes from.
"""

import re
import sys
from pathlib import Path

import typer
from report import RESULTS, write_section

sys.path.insert(0, str(Path(__file__).parents[1]))

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.packed import BYTES_PER_PATCH
from lcviz.data.patchfile import SENSORS

PATCHES, EPOCHS, VALIDATION_SHARE = 180_662, 10, 0.2
READINGS = 2
"""Each patch belongs to a continent and to a season: an epoch of all models takes it twice."""
ESTIMATE = {"training": 720.0, "prediction": 12_500.0}
"""Patches/s of compiled or eager bfloat16 on a GPU of 4.3 TB/s and 790 TFLOP/s, from bytes moved:
training in bfloat16 without fused layers; prediction at its floor, which is never reached."""

GPU_ROWS = {
    "training": "training: ours, bfloat16, compiled, batch 4",
    "prediction": "prediction: from DN to classes",
}
"""Rows of the network's benchmark on a GPU."""


def measured(section: str, row: str, column: int) -> float | None:
    """A figure of another benchmark's table, None if it is not there."""
    text = RESULTS.read_text()
    found = re.search(rf"<!-- {section} -->(.*)<!-- /{section} -->", text, re.DOTALL)
    lines = [] if found is None else [x for x in found[1].splitlines() if x.startswith(f"| {row}")]
    return float(lines[0].split("|")[column + 1].replace(",", "")) if lines else None


def gpu(task: str) -> tuple[float, str]:
    """(patches/s on a GPU, how it is known)."""
    rate = measured("network", GPU_ROWS[task], 1)
    return (ESTIMATE[task], "estimate") if rate is None else (rate, "measured")


def main() -> None:
    """Work out the table and put it into RESULTS.md."""
    assert int(sen12ms_scenes().patches.sum()) == PATCHES
    packed = measured("loading", "lcviz, from the packed cache", 2)
    tiff = measured("loading", "lcviz, from GeoTIFF", 2)
    step = measured("network", "Training step, 4 x 256 x 256: ours, bfloat16", 3)
    if packed is None or tiff is None or step is None:
        raise SystemExit("Run benchmarks/loading.py and benchmarks/network.py first")
    training, how_training = gpu("training")
    prediction, how_prediction = gpu("prediction")
    trained = PATCHES * READINGS * (1 - VALIDATION_SHARE) * EPOCHS
    validated = PATCHES * READINGS * VALIDATION_SHARE * EPOCHS
    train_hours = (trained / training + validated / prediction) / 3600
    # The ten models score every patch but those they were trained on.
    scored = PATCHES * (10 - READINGS * (1 - VALIDATION_SHARE))
    sizes = {sensor: PATCHES * known.size / 1e9 for sensor, known in SENSORS.items()}
    imagery = sizes["s2"] + sizes["lc"]
    cache = PATCHES * BYTES_PER_PATCH / 1e9
    read = (trained + validated) * BYTES_PER_PATCH / 1e12
    write_section(
        "full_study",
        [
            "## The full study",
            "",
            f"`python benchmarks/full_study.py`: {PATCHES:,} patches, ten models, {EPOCHS} epochs "
            "each (the most that the authors trained), one process reading, one GPU computing. "
            f"Training at {training:,.0f} patches/s ({how_training}), prediction at "
            f"{prediction:,.0f} ({how_prediction}). An estimate is of a GPU with 4.3 TB/s and 790 "
            "TFLOP/s in bfloat16, from bytes moved, not measured; that of prediction is a floor in "
            "time, which no network reaches.",
            "",
            "| stage | hours | read, GB | written, GB | from |",
            "|---|---|---|---|---|",
            f"| statistics, one core (the least: its reading) | {PATCHES / tiff / 3600:.2f} "
            f"| {imagery:,.0f} | 0.1 | loading |",
            f"| pack, one core (the least: its reading) | {PATCHES / tiff / 3600:.2f} "
            f"| {imagery:,.0f} | {cache:,.0f} | loading |",
            f"| train, from the packed cache (most of it from memory, if it fits) "
            f"| {train_hours:.1f} | {read * 1e3:,.0f} | 0.2 | {how_training} |",
            f"| evaluate, ten models, one read: the GPU's part | {scored / prediction / 3600:.2f} "
            f"| {imagery:,.0f} | 0.1 | {how_prediction} |",
            "",
            f"Reading for training takes {(trained + validated) / packed / 3600:.1f} hours of one "
            f"core from the packed cache, {(trained + validated) / tiff / 3600:.1f} from GeoTIFF: "
            f"one process can feed {packed:,.0f} patches/s. Without a GPU, on one core of this "
            f"machine in bfloat16, training would take {trained * step / 4 / 3600 / 24:,.0f} days.",
        ],
    )


if __name__ == "__main__":
    typer.run(main)

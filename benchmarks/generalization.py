"""How fast the generalisation page computes: `python benchmarks/generalization.py`.

Results are of the full size, ten models on 252 scenes, random but seeded. Measured is what the page
does anew at every click. The baseline for the intervals is scipy's bootstrap, cell by cell.
"""

import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from playwright.sync_api import sync_playwright
from report import processor, write_section
from scipy.stats import bootstrap
from server import running_app

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from full_size_study import full_size_results

from lcviz.data.catalog import sen12ms_scenes
from lcviz.figures.generalization import home_and_away, transfer_figure
from lcviz.generalization.class_mix import costly_confusions, gap_parts
from lcviz.generalization.headline import headline, sentences
from lcviz.generalization.tables import RESAMPLES, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.study.records import StudyInfo
from lcviz.taxonomy import AXES

_CELL_PLACE = """([x, y]) => {
    const chart = document.querySelector(".st-key-transfer-matrix .js-plotly-plot");
    chart.scrollIntoView({block: "center"});
    const {left, top} = chart.getBoundingClientRect();
    const {xaxis, yaxis} = chart._fullLayout;
    return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)];
}"""
_OUTLINED = """([x, y]) => {
    const chart = document.querySelector(".st-key-transfer-matrix .js-plotly-plot");
    const bars = chart && chart.querySelectorAll(".barlayer .point path");
    return bars && [...bars].some((bar) => {
        const {base, x: columns} = chart._fullData[1], {i} = bar.__data__;
        return bar.style.opacity === "1" && columns[i] === x && Math.round(base[i] + 0.49) === y;
    });
}"""

_SCENES_SHOWN = """(tested) => [...document.querySelectorAll(".st-key-figure-scenes .ytick text")]
    .some((label) => label.textContent.includes(tested))"""


def median_ms(work: Callable[[], Any], rounds: int) -> float:
    """Median of the rounds, after one to warm up, in milliseconds."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds[1:])


def click_ms(study: Path, rounds: int) -> dict[str, float]:
    """Median times from a click on a cell until Chromium shows it outlined, and its scenes.

    Empty without a Chromium on the PATH.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        return {}
    with running_app(study) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.address}/generalization?train=Asia&test=Africa")
        page.wait_for_selector(".st-key-figure-class-mix .js-plotly-plot")
        outlined, scenes = [], []
        for i in range(rounds + 1):
            page.wait_for_timeout(1500)
            column = 2 + i % 4
            place = page.evaluate(_CELL_PLACE, [column, 0])
            page.mouse.move(*place)
            page.wait_for_timeout(300)
            start = time.perf_counter()
            page.mouse.click(*place)
            page.wait_for_function(_OUTLINED, arg=[column, 0], polling="raf")
            outlined.append(time.perf_counter() - start)
            tested = AXES["continent"][column]
            page.wait_for_function(_SCENES_SHOWN, arg=f"Tested on {tested}", polling="raf")
            scenes.append(time.perf_counter() - start)
        browser.close()
    return {
        f"From a click on a cell to {what}, in Chromium": 1000 * statistics.median(times[1:])
        for what, times in (("its outline", outlined), ("the figure of its scenes", scenes))
    }


def main(rounds: Annotated[int, typer.Option(help="measured rounds")] = 15) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    with tempfile.TemporaryDirectory() as folder:
        study = Study.create(
            folder, StudyInfo(name="full", kind="sen12ms", data=None, seed=0, data_digest="")
        )
        study.write_scenes(sen12ms_scenes().assign(overlap_group=None))
        study.write_results(full_size_results())
        measure = MEASURES["macro-f1"]
        results = study.results()
        scores = score_scenes(results, "continent", measure)
        matrix = transfer_matrix(scores, "continent")
        cells = scores.groupby(["train_group", "test_group"])
        pair = [
            np.stack(list(cells.get_group(("Europe", g)).confusion)) for g in ("Europe", "Asia")
        ]

        def whole() -> None:
            scored = score_scenes(study.results(), "continent", measure)
            table = transfer_matrix(scored, "continent")
            sentences(headline(table), table)
            gap_parts(*pair)
            costly_confusions(pair[1])

        def by_scipy() -> None:
            for _, rows in cells:
                if len(rows) > 1:
                    bootstrap((rows.value,), np.mean, n_resamples=RESAMPLES, method="percentile")

        steps = {
            "Read results.parquet": study.results,
            "Score every scene": lambda: score_scenes(results, "continent", measure),
            f"Table with intervals ({RESAMPLES:,} resamples)": lambda: (
                transfer_matrix(scores, "continent").interval
            ),
            "The same intervals by scipy.stats.bootstrap, cell by cell": by_scipy,
            "Headline and sentences": lambda: sentences(headline(matrix), matrix),
            "Class mix and costly confusions": lambda: (
                gap_parts(*pair),
                costly_confusions(pair[1]),
            ),
            "All numbers of the page, reading included": whole,
            "Figures (matrix; home and away)": lambda: (
                transfer_figure(matrix, "x").to_json(),
                home_and_away(matrix, "x", 0.81).to_json(),
            ),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scipy's, of cells with equal values
            times = {name: median_ms(work, rounds) for name, work in steps.items()}
        times |= click_ms(study.path, rounds)
    lines = [
        "## Generalisation",
        "",
        f"`python benchmarks/generalization.py --rounds {rounds}`: {len(results):,} scores of ten "
        f"models on 252 scenes, macro F1 across continents, on {processor()}. Medians.",
        "",
        "| | ms |",
        "|---|---|",
        *(f"| {name} | {ms:.1f} |" for name, ms in times.items()),
    ]
    write_section("generalization", lines)


if __name__ == "__main__":
    typer.run(main)

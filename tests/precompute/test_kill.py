"""A stage that is killed outright: the study stays readable, and the next run finishes the work."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from lcviz.study import Study
from precompute.index import index
from precompute.statistics import statistics

ROOT = Path(__file__).parents[2]


def test_a_killed_pass_is_finished_by_the_next(
    tmp_path: Path, write_patch: Callable[..., Any]
) -> None:
    data = tmp_path / "data"
    for scene in (1, 6, 8, 9, 26, 39):
        for number in range(12):
            write_patch(data, f"ROIs1158_spring_{scene}_p{number}", ("s2", "lc"))

    def make(name: str) -> Study:
        return index(data, tmp_path / name, browsable=2, seed=0, name="n", workers=0)

    clean, killed = make("clean"), make("killed")
    statistics(clean, workers=0)

    command = [sys.executable, "-m", "precompute", "statistics", "--study", str(killed.path)]
    with subprocess.Popen(
        [*command, "--workers", "0"], cwd=ROOT, stdout=subprocess.DEVNULL
    ) as process:
        partial = killed.path / "partial" / "statistics"
        deadline = time.monotonic() + 60
        while not list(partial.glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert 0 < len(list(partial.glob("*.json"))) < 6
    assert killed.stamp("statistics") is None
    assert killed.patches().labelled.isna().all()

    statistics(killed, workers=0)
    pd.testing.assert_frame_equal(killed.patches(), clean.patches())

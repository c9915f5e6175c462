"""Receipts on real land: what is kept, and which chips count."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from places import ROOT

from lcviz.errors import ArtefactDamagedError
from lcviz.georeference import open_dataset
from lcviz.study import Study
from lcviz.study.real_chips import (
    FILE,
    Choice,
    ModelOnChips,
    PlaceWithLabels,
    RealChips,
    read_real_chips,
    wilson,
    write_real_chips,
)
from lcviz.study.records import StudyInfo

MEASURED = RealChips(
    made="2026-01-01",
    source="chips",
    may_be={"Forest": (0, 1), "SeaLake": (7,)},
    chips={"Forest": 10, "SeaLake": 10},
    models={
        "continent-asia": ModelOnChips("ab", {"Forest": 10, "SeaLake": 0}, {"2": (0.01, 130.0)})
    },
    choice=Choice(8, 6, 8, 4, {"continent-asia": 5}),
    places=(PlaceWithLabels("continent-asia", "place", 100, 60, 0.5, 0.3),),
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.create(tmp_path, StudyInfo("n", "demo", None, 0, "d"))


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import real_chips  # noqa: PLC0415

    yield real_chips
    sys.modules.pop("real_chips", None)


def test_what_was_measured_can_be_read_again(study: Study) -> None:
    assert read_real_chips(study) is None
    write_real_chips(study, MEASURED)
    assert read_real_chips(study) == MEASURED
    (study.path / FILE).write_text("{}")
    with pytest.raises(ArtefactDamagedError, match=r"real_chips\.json"):
        read_real_chips(study)


def test_the_interval_is_wilsons() -> None:
    # By hand: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), n = 10, p = 0.9.
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == 1


def test_chips_are_found_by_name_and_their_last_band_is_b8a(tmp_path: Path, benchmark) -> None:
    def write(name: str, bands: int = 13, side: int = 64) -> None:
        (tmp_path / "deep").mkdir(exist_ok=True)
        shape = {"count": bands, "height": side, "width": side, "dtype": "uint16"}
        with open_dataset(tmp_path / "deep" / name, "w", driver="GTiff", **shape) as file:
            values = 100 * np.arange(1, bands + 1, dtype=np.uint16)
            file.write(np.broadcast_to(values[:, None, None], (bands, side, side)))

    for name in ("Forest_1.tif", "Forest_2.tif", "Forest_3.tif", "SeaLake_7.tif", "River_1.tif"):
        write(name)
    write("Pasture_1.tif", bands=3)
    (tmp_path / "deep" / "Industrial_1.tif").write_bytes(b"no image")
    chips, odd = benchmark.find_chips(tmp_path, most=2)
    assert [chip.name for chip in chips] == ["SeaLake_7", "Forest_1", "Forest_3"]
    assert [line.partition(":")[0] for line in odd] == ["Industrial_1.tif", "Pasture_1.tif"]
    # B2 B3 B4 B5 B6 B7 B8, then B8A from the end, B11, B12.
    assert chips[0].dn[:, 0, 0].tolist() == [
        *(200, 300, 400, 500, 600, 700, 800),
        *(1300, 1100, 1200),
    ]


def test_the_report_says_of_how_many_and_how_sure(benchmark) -> None:
    patterns = {str(period): (0.01, 9.0) for period in (2, 4, 8)}
    model = replace(MEASURED.models["continent-asia"], lattice=patterns)
    measured = replace(MEASURED, models={"continent-asia": model})
    text = "\n".join(benchmark.report(measured, measured.choice, "on a machine"))
    assert "| continent-asia | 0.50 | 1.00 [0.72, 1.00] | 0.00 [0.00, 0.28] |" in text
    assert "on 8 chips: right on 0.75 [0.41, 0.93]" in text
    assert "| continent-asia | place | 100 | 0.60 | 0.50 | 0.30 |" in text
    assert "not asked: why" in "\n".join(benchmark.report(measured, "not asked: why", "here"))

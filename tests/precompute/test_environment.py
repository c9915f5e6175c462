"""What is wrong around a dataset is told from damage, and forgotten once it is right again."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lcviz.study import Study
from precompute.stages.index import index
from precompute.stages.statistics import statistics

PATCHES = ("ROIs1158_spring_1_p30", "ROIs1868_summer_100_p500")


@pytest.fixture
def data(tmp_path, write_patch) -> Path:
    for patch in PATCHES:
        write_patch(tmp_path / "data", patch)
    return tmp_path / "data"


def only_as_permitted() -> None:
    """Take from this process, and what it starts, root's right to read what nobody may."""
    if os.geteuid() == 0:
        drop, overrides, search = 24, 1, 2  # PR_CAPBSET_DROP of Linux, and two capabilities
        for capability in (overrides, search):
            assert ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0) == 0


def run(
    *arguments: object, preexec_fn: Callable[[], None] | None = None, **environment: str
) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "precompute", *map(str, arguments), "--workers", "0"],
        env={**os.environ, **environment},
        preexec_fn=preexec_fn,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, " ".join(done.stdout.split())


def make(data: Path) -> Study:
    study = data.parent / "study"
    return index(data, study, browsable=1, seed=0, name=None, workers=0)


def statuses(study: Study) -> set[str]:
    return set(study.patches().status)


def test_damage_that_a_broken_proj_made_is_gone_with_it(data, tmp_path):
    status, said = run(
        "index", "--data", data, "--study", tmp_path / "study", PROJ_DATA=str(tmp_path)
    )
    assert status == 1
    assert said.startswith("warning: PROJ, which knows coordinate systems, does not work here.")
    assert "Unset PROJ_DATA" in said
    assert "fetch it again" not in said
    study = make(data)
    assert statuses(study) == {"ok"}
    status, said = run("statistics", "--study", study.path, PROJ_DATA=str(tmp_path))
    assert "fetch it again" not in said
    statistics(study, workers=0)
    assert statuses(study) == {"ok"}


def test_a_file_without_permission_is_tried_again(data, tmp_path):
    file = next(data.rglob("*_s2_*.tif"))
    file.chmod(0)
    told = ("index", "--data", data, "--study", tmp_path / "study")
    run(*told, preexec_fn=only_as_permitted)
    study = Study.open(tmp_path / "study")
    assert statuses(study) == {"ok"}
    assert len(study.patches()) == 1
    file.chmod(0o644)
    run(*told, preexec_fn=only_as_permitted)
    study = Study.open(tmp_path / "study")
    assert statuses(study) == {"ok"}
    assert len(study.patches()) == 2


def test_a_link_that_leads_nowhere_for_a_while_leaves_no_trace(data, tmp_path):
    file = next(data.rglob("*_s2_*.tif"))
    there = file.rename(tmp_path / "elsewhere.tif")
    file.symlink_to(tmp_path / "nowhere.tif")
    assert statuses(make(data)) == {"ok", "no imagery"}
    (tmp_path / "nowhere.tif").symlink_to(there)
    assert statuses(make(data)) == {"ok"}


def test_names_that_are_no_utf_8_are_passed_over_and_told(data, tmp_path):
    odd = os.fsdecode(b"\xe9")
    (data / odd).mkdir()
    (data / "ROIs1158_spring" / "s2_1" / odd).touch()
    for encoding in ("utf-8", "ascii"):
        status, said = run(
            *("index", "--data", data, "--study", tmp_path / encoding), PYTHONIOENCODING=encoding
        )
        assert (status, "2 scenes, 2 patches; 2 ok" in said) == (0, True), said
        assert said.count("passed over: ") == 2
    assert run("check", "--data", data, PYTHONIOENCODING="ascii")[0] == 0


@pytest.mark.parametrize("which", ["data", "study"])
def test_a_place_that_is_no_utf_8_is_refused_in_words(data, tmp_path, which):
    odd = tmp_path / os.fsdecode(b"\xe9")
    if which == "data":
        data.rename(odd)
    arguments = (odd, tmp_path / "s") if which == "data" else (data, odd)
    status, said = run("index", "--data", arguments[0], "--study", arguments[1])
    assert (status, "is no UTF-8" in said) == (1, True), said


def test_a_reader_that_goes_away_stops_no_stage(data, tmp_path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "precompute", "index", "--data", str(data)),
            *("--study", str(tmp_path / "study"), "--workers", "0"),
        ],
        stdout=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.wait() == 0
    assert statuses(Study.open(tmp_path / "study")) == {"ok"}

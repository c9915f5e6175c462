"""A pass that is killed, cut off or starved: nothing half is taken for whole, the next run goes on.

Each test hurts the real command while it is at work, and then compares what a second run makes of
it with a study that was never hurt.
"""

import itertools
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from places import ROOT
from vanishing import vanishing

from lcviz.study import Study
from lcviz.study.statistics import read_histograms, read_quality
from precompute.stages.index import index
from precompute.stages.pack import pack
from precompute.stages.quicklooks import quicklooks
from precompute.stages.statistics import statistics

SCENES = (1, 6, 8, 9, 26, 39, 40, 44, 63, 75, 83, 85)
PATCHES = 120
"""Of a scene: so many that no pass ends before it is hurt."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, write_patch: Callable[..., Any]) -> Path:
    """Twelve scenes; all patches of a scene are one file under several names."""
    root = tmp_path_factory.mktemp("harm") / "data"
    for scene in SCENES:
        files = write_patch(root, f"ROIs1158_spring_{scene}_p0", ("s2", "lc"))
        for file in files.values():
            for number in range(1, PATCHES):
                os.link(file, file.with_name(file.name.replace("_p0.", f"_p{number}.")))
    return root


def indexed(data: Path, folder: Path) -> Study:
    return index(data, folder / "study", browsable=2, seed=0, name="n", workers=0)


@pytest.fixture(scope="module")
def clean(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = indexed(data, tmp_path_factory.mktemp("clean"))
    statistics(study, workers=0)
    return study


@pytest.fixture
def study(data: Path, tmp_path: Path) -> Study:
    return indexed(data, tmp_path)


def start(study: Study, *options: str, **settings: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "precompute", "statistics", "--study", str(study.path)]
    return subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **settings,
    )


def done(study: Study) -> int:
    return len(list((study.path / "partial" / "statistics").glob("*.json")))


def wait_for_the_first_scene(study: Study) -> None:
    deadline = time.monotonic() + 120
    while not done(study) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert done(study), "no scene was done in two minutes"


def what_it_said(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    assert "Traceback" not in said
    return " ".join(said.split())


def assert_unfinished(study: Study) -> None:
    assert 0 < done(study) < len(SCENES)
    assert (study.stamp("statistics") or {"inputs": None})["inputs"] is None
    assert not study.patches().status.str.startswith("damaged").any()


def assert_same(study: Study, clean: Study) -> None:
    assert (study.stamp("statistics") or {})["inputs"] is not None
    pd.testing.assert_frame_equal(study.patches(), clean.patches())
    pd.testing.assert_frame_equal(read_quality(study), read_quality(clean))
    np.testing.assert_array_equal(read_histograms(study).counts, read_histograms(clean).counts)


def worker_processes(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def assert_all_end(processes: list[psutil.Process]) -> None:
    assert processes
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def test_a_killed_pass_is_finished_by_the_next(study: Study, clean: Study) -> None:
    with start(study, "--workers", "2") as process:
        wait_for_the_first_scene(study)
        workers = worker_processes(process)
        process.kill()
    assert_all_end(workers)
    assert_unfinished(study)
    assert study.patches().labelled.isna().all()
    statistics(study, workers=0)
    assert_same(study, clean)


def test_ctrl_c_stops_at_once_and_leaves_no_process(study: Study, clean: Study) -> None:
    # As a terminal does: the signal goes to all processes of the group.
    # A test that runs in the background may have been told to ignore it, and pass that on.
    heeded: dict[str, Any] = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with start(study, "--workers", "2", start_new_session=True, **heeded) as process:
        wait_for_the_first_scene(study)
        workers = worker_processes(process)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert "stopped; the same command goes on from here" in what_it_said(process)
        assert process.returncode == 130
        assert time.monotonic() - pressed < 15
    assert_all_end(workers)
    assert_unfinished(study)
    with start(study, "--workers", "2") as process:
        what_it_said(process)
    assert_same(study, clean)


def test_a_worker_that_is_killed_changes_nothing(study: Study, clean: Study) -> None:
    with start(study, "--workers", "2") as process:
        wait_for_the_first_scene(study)
        worker_processes(process)[0].kill()
        assert f"{len(SCENES) * PATCHES} patches measured, 0 damaged" in what_it_said(process)
        assert process.returncode == 0
    assert_same(study, clean)


@pytest.fixture(params=[str(ROOT)])
def scheduler(request: pytest.FixtureRequest) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Address and process of a scheduler with one worker, started elsewhere by someone else."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    module = [sys.executable, "-m", "distributed.cli.dask_"]
    options = ["--no-dashboard", "--host", "127.0.0.1"]
    settings: dict[str, Any] = {"stderr": subprocess.DEVNULL, "cwd": "/"}
    boss = subprocess.Popen(
        [*module[:2], f"{module[2]}scheduler", "--port", address.rpartition(":")[2], *options],
        **settings,
    )
    worker = subprocess.Popen(
        [*module[:2], f"{module[2]}worker", address, "--nthreads", "1", "--no-nanny", *options],
        env=os.environ | {"PYTHONPATH": request.param},
        **settings,
    )
    yield address, boss
    for process in (worker, boss):
        process.kill()
        process.wait()


def test_a_scheduler_that_disappears_is_said_and_nothing_is_lost(
    study: Study, clean: Study, scheduler: tuple[str, subprocess.Popen[bytes]]
) -> None:
    address, boss = scheduler
    with start(study, "--scheduler", address) as process:
        wait_for_the_first_scene(study)
        boss.kill()
        said = what_it_said(process)
    assert f"error: The scheduler {address} is gone. What was done is kept" in said
    assert process.returncode == 1
    assert_unfinished(study)
    statistics(study, workers=0)
    assert_same(study, clean)


def test_any_scheduler_will_do(
    study: Study, clean: Study, scheduler: tuple[str, subprocess.Popen[bytes]]
) -> None:
    with start(study, "--scheduler", scheduler[0]) as process:
        assert "0 damaged" in what_it_said(process)
        assert process.returncode == 0
    assert_same(study, clean)


@pytest.mark.parametrize("scheduler", ["/nowhere"], indirect=True)
def test_workers_without_lcviz_are_told_how_to_get_it(
    study: Study, scheduler: tuple[str, subprocess.Popen[bytes]]
) -> None:
    with start(study, "--scheduler", scheduler[0]) as process:
        said = what_it_said(process)
    assert f"error: The workers of {scheduler[0]} cannot import precompute. Start them" in said
    assert process.returncode == 1


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_disk_that_fills_is_said_and_nothing_half_is_kept(
    study: Study, clean: Study, workers: str
) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    with start(study, "--workers", workers, preexec_fn=small_disk) as process:
        said = what_it_said(process)
    assert process.returncode == 1
    assert "error: [Errno 27] File too large" in said
    assert "Check the disk, then run again." in said
    assert study.stamp("statistics") is None
    assert study.patches().labelled.isna().all()
    if workers == "0":  # Of two, the other is killed while it may be writing.
        assert not list(study.path.rglob("*.tmp-*"))
    statistics(study, workers=0)
    assert_same(study, clean)


def test_a_dataset_that_vanishes_and_returns(study: Study, clean: Study, data: Path) -> None:
    away = data.with_name("away")
    with start(study, "--workers", "2") as process:
        wait_for_the_first_scene(study)
        data.rename(away)
        try:
            said = what_it_said(process)
            assert process.returncode == 0
            assert_unfinished(study)
            assert "not done; the same command tries again:" in said
            assert "cannot be opened: No such file or directory" in said
            with start(study, "--workers", "2") as again:
                assert "data does not exist" in what_it_said(again)
                assert again.returncode == 1
        finally:
            away.rename(data)
    statistics(study, workers=0)
    assert_same(study, clean)


@pytest.mark.parametrize("stage", ["pack", "quicklooks"])
def test_what_a_vanished_dataset_leaves_is_never_taken_for_whole(
    stage: str, tmp_path: Path, write_patch: Callable[..., Any]
) -> None:
    def run(study: Study) -> dict[str, bytes]:
        if stage == "pack":
            pack(study, out=study.path / "packed", workers=0)
        else:
            quicklooks(study, workers=0)
        folder = study.path / ("packed" if stage == "pack" else "quicklooks")
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*")}

    data = tmp_path / "data"
    for scene, number in itertools.product((1, 6, 8), (0, 2)):
        write_patch(data, f"ROIs1158_spring_{scene}_p{number}", ("s2", "lc"))
    whole, hurt = (indexed(data, tmp_path / name) for name in ("whole", "hurt"))
    for study in (whole, hurt):
        statistics(study, workers=0)
    expected = run(whole)
    with vanishing(data, after=6):  # Within the second scene, one of whose patches was read.
        run(hurt)
    stamp = hurt.stamp(stage)
    assert stamp is not None and stamp["inputs"] is None
    assert len(stamp["failures"]) == 2
    assert run(hurt) == expected
    assert (hurt.stamp(stage) or {})["inputs"] == (whole.stamp(stage) or {})["inputs"]

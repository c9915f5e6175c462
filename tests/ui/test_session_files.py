"""The files of a session: kept while it may come back, deleted with it."""

import time
from io import BytesIO
from pathlib import Path

from filelock import FileLock

from lcviz.ui.jobs.queue import Job
from lcviz.ui.jobs.session_files import PREFIX, SessionFiles, sweep


def gone(files: SessionFiles) -> bool:
    deadline = time.monotonic() + 10
    while files.folder.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return files.closed and not files.folder.exists()


def test_files_are_deleted_when_their_session_lets_go(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path)
    assert files.folder.is_dir() and not files.closed
    files.let_go(0)
    assert gone(files)


def test_a_session_that_comes_back_in_time_finds_its_files(tmp_path: Path) -> None:
    files, other = SessionFiles(tmp_path), SessionFiles(tmp_path)
    files.let_go(0.2)
    other.let_go(0.2)
    files.hold()
    assert gone(other)
    assert files.folder.is_dir() and not files.closed
    files.let_go(0)
    assert gone(files)


def test_files_that_nobody_has_any_more_are_deleted(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path)
    folder = files.folder
    del files
    assert not folder.exists()


def test_other_files_stand_beside_the_upload_one_for_each_use(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path)
    upload = files.keep_upload(("image.tif", BytesIO(b"image")))
    first = files.keep_other("points", "../a.csv", BytesIO(b"a"))
    second = files.keep_other("points", "b.csv", BytesIO(b"b"))
    table = files.keep_other("map", "classes.csv", BytesIO(b"c"))
    assert first.name == "a.csv" and not first.exists()
    assert [f.read_bytes() for f in (upload, second, table)] == [b"image", b"b", b"c"]
    assert all(f.is_relative_to(files.folder) for f in (second, table))


def test_results_are_those_of_jobs_that_are_done(tmp_path: Path) -> None:
    files = SessionFiles(tmp_path)
    for key, value in (("good", 1), ("better", 2)):
        job = Job()
        job.future.set_result(value)
        files.start(key, lambda _, job=job: job)
    bad = Job()
    bad.future.set_exception(ValueError())
    files.start("bad", lambda _: bad)
    files.start("running", lambda _: Job())
    assert files.results() == [("better", 2), ("good", 1)]


def test_only_the_folders_of_servers_that_no_longer_run_are_swept(tmp_path: Path) -> None:
    dead, alive, starting, other = (
        tmp_path / name for name in (f"{PREFIX}dead", f"{PREFIX}alive", f"{PREFIX}new", "other")
    )
    for folder in (dead, alive, starting, other):
        folder.mkdir()
        (folder / "upload.tif").touch()
        if folder != starting:
            (folder / "lock").touch()
    with FileLock(alive / "lock"):
        sweep(tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {alive.name, starting.name, "other"}
    assert {file.name for file in alive.iterdir()} >= {"upload.tif"}
    sweep(tmp_path)
    assert not alive.exists()

"""The files of a session: kept while it may come back, deleted with it."""

import time
from pathlib import Path

from filelock import FileLock

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

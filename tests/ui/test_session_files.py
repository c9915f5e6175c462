"""The files of a session: kept while it may come back, deleted with it."""

import time
from pathlib import Path

from lcviz.ui.jobs.session_files import SessionFiles


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

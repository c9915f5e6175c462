import shutil
from pathlib import Path

import pytest
from archive_files import tree, write_archive, write_dataset
from archive_servers import Manners, ftp_server, http_server
from filelock import FileLock
from typer.testing import CliRunner

from lcviz.data.archives import ARCHIVES, Archive
from lcviz.data.fetching.selection import Selection
from lcviz.data.fetching.steady import Patience
from lcviz.data.sen12ms import find_scenes
from lcviz.errors import ConfigurationError
from precompute.__main__ import app
from precompute.stages.fetch import Means, fetch

AT_ONCE = Patience(2, 0.01)
SPRING = ("ROIs1158_spring_1_p30", "ROIs1158_spring_1_p31", "ROIs1158_spring_9_p0")
WINTER = ("ROIs2017_winter_8_p3",)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("dataset"), SPRING + WINTER)


@pytest.fixture(scope="module")
def server(dataset, tmp_path_factory):
    """A folder of all archives of two seasons; the other two are not there."""
    folder = tmp_path_factory.mktemp("server")
    for archive in ARCHIVES:
        if archive.folder in ("ROIs1158_spring", "ROIs2017_winter"):
            write_archive(dataset, archive, folder)
    return folder


@pytest.fixture(autouse=True)
def roomy_disk(monkeypatch):
    """Room is reckoned by the published archives' sizes, whatever the small ones here hold."""
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**13, 0, 10**13)
    )


@pytest.fixture
def no_md5(monkeypatch):
    """The archives made here are taken for the published ones."""
    monkeypatch.setattr("lcviz.data.fetching.unpacking.Unpacked.md5_differs", False)


def of(dataset, *parts):
    return {n: c for n, c in tree(dataset).items() if any(part in n for part in parts)}


def run(*words):
    return CliRunner().invoke(app, ["fetch", *map(str, words)], catch_exceptions=False)


def test_by_ftp_with_only_what_was_asked_for(dataset, server, tmp_path, no_md5):
    with ftp_server(server) as place:
        result = run(
            *("--data", tmp_path, "--from", place, "--scenes", "spring_1", "winter_8"),
            *("--sensors", "s2", "lc"),
        )
    assert result.exit_code == 0, result.output
    assert tree(tmp_path) == of(dataset, "/s2_1/", "/lc_1/", "/s2_8/", "/lc_8/")
    said = " ".join(result.output.split())
    assert "to read from 4 archives" in said
    # The catalogue knows how many patches these scenes have.
    assert "to write to" in said
    assert "measured on one archive" in said
    assert "m1474000" not in said
    unexpected = []
    assert len(find_scenes(tmp_path, unexpected)) == 2
    assert unexpected == []


def test_by_http_a_second_run_reads_nothing_and_a_lost_file_comes_back(
    dataset, server, tmp_path, no_md5
):
    selection = Selection(seasons=("Spring",), sensors=("lc",))
    with http_server(server) as (place, manners):
        means = Means(place, patience=AT_ONCE)
        assert fetch(tmp_path, selection, means) == 0
        assert tree(tmp_path) == of(dataset, "spring_lc_")
        asked = len(manners.requests)
        assert fetch(tmp_path, selection, means) == 0
        assert len(manners.requests) == asked
        next(tmp_path.rglob("*.tif")).unlink()
        assert fetch(tmp_path, selection, means) == 0
    assert tree(tmp_path) == of(dataset, "spring_lc_")


def test_one_archive_that_is_not_there_does_not_stop_the_others(
    dataset, server, tmp_path, no_md5, capsys
):
    with http_server(server) as (place, _):
        selection = Selection(seasons=("Spring", "Summer"), sensors=("lc",))
        assert fetch(tmp_path, selection, Means(place, patience=AT_ONCE)) == 1
    assert tree(tmp_path) == of(dataset, "spring_lc_")
    said = " ".join(capsys.readouterr().out.split())
    assert "ROIs1868_summer_lc.tar.gz: http://127.0.0.1" in said
    assert "the server says 404" in said


def test_an_archive_with_another_checksum_is_told(dataset, server, tmp_path, capsys):
    selection = Selection(seasons=("Winter",), sensors=("lc",))
    assert fetch(tmp_path, selection, Means(str(server))) == 1
    assert "published is 0fa0420ef7bcfe4387c7e6fe226dc728" in " ".join(
        capsys.readouterr().out.split()
    )
    assert tree(tmp_path) == of(dataset, "winter_lc_")


def test_archives_of_another_dataset_are_unpacked_whole(tmp_path, dataset):
    other = Archive("ROIs0000_spring", "lc")
    write_dataset(tmp_path / "own", ("ROIs0000_spring_3_p1", "ROIs0000_spring_4_p1"))
    packed = write_archive(tmp_path / "own", other, tmp_path / "archives")
    data = tmp_path / "data"
    assert fetch(data, Selection(), Means(str(packed))) == 0
    assert tree(data) == of(tmp_path / "own", "/lc_")
    packed.unlink()
    (tmp_path / "archives" / other.name).write_bytes(b"")
    assert fetch(data, Selection(), Means(str(packed))) == 0, "read to its end once, not again"
    with pytest.raises(ConfigurationError, match="None of the archives"):
        fetch(data, Selection(seasons=("Fall",)), Means(str(packed)))


def test_a_dry_run_writes_nothing(server, tmp_path):
    result = run("--data", tmp_path / "data", "--from", server, "--season", "winter", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "to read from 3 archives" in result.output
    assert not (tmp_path / "data").exists()


def test_no_room_is_said_before_anything_is_read(server, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 8, 10**9))
    result = run("--data", tmp_path / "data", "--from", server, "--season", "winter")
    assert result.exit_code == 1
    assert "has room for 1.0 GB, needed are" in " ".join(result.output.split())
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "words", [("--sensors", "s9"), ("--most", "much"), ("--season", "monsoon"), ("--most", "1kB")]
)
def test_what_cannot_be_asked_for(words, server, tmp_path):
    result = run("--data", tmp_path, "--from", server, *words)
    assert result.exit_code == 1
    assert "error:" in result.output


def test_kept_archives_go_on_where_a_run_was_cut(server, tmp_path):
    archive = ARCHIVES[2]
    content = (server / archive.name).read_bytes()
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / f"{archive.name}.part").write_bytes(content[:100_000])
    selection = Selection(seasons=("Spring",), sensors=("s2",))
    with http_server(server, Manners()) as (place, manners):
        means = Means(place, patience=AT_ONCE, keep=kept)
        # Not the published archive: it is not kept, and nothing is unpacked.
        assert fetch(tmp_path / "data", selection, means) == 1
        assert list(kept.iterdir()) == []
        assert ("/" + archive.name, "bytes=100000-") in manners.requests
    made = Archive("ROIs0000_spring", "lc")
    write_dataset(tmp_path / "own", ("ROIs0000_spring_3_p1",))
    packed = write_archive(tmp_path / "own", made, tmp_path / "web")
    (kept / f"{made.name}.part").write_bytes(packed.read_bytes()[:1000])
    with http_server(packed.parent) as (place, manners):
        means = Means(f"{place}/{made.name}", patience=AT_ONCE, keep=kept)
        assert fetch(tmp_path / "data", Selection(), means) == 0
        assert manners.requests[-1][1] == "bytes=1000-"
    assert (kept / made.name).read_bytes() == packed.read_bytes()
    assert tree(tmp_path / "data") == of(tmp_path / "own", "/lc_")


def test_rsync_brings_whole_archives_and_its_password_is_no_argument(tmp_path, monkeypatch):
    """The program is a stand-in that copies; what it is asked is what rsync takes."""
    made = Archive("ROIs0000_spring", "lc")
    write_dataset(tmp_path / "own", ("ROIs0000_spring_3_p1",))
    packed = write_archive(tmp_path / "own", made, tmp_path / "served")
    program = tmp_path / "bin" / "rsync"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$RSYNC_PASSWORD" = sec ] || { echo "auth failed" >&2; exit 5; }\n'
        f'case "$*" in *sec*) exit 9;; esac\nfor target; do :; done\ncp "{packed}" "$target"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    place = f"rsync://me@127.0.0.1/module/{made.name}"
    kept = tmp_path / "kept"
    data = tmp_path / "data"
    assert fetch(data, Selection(), Means(place, password="wrong", keep=kept)) == 1
    assert tree(data) == {}
    assert fetch(data, Selection(), Means(place, password="sec", keep=kept)) == 0
    assert tree(data) == of(tmp_path / "own", "/lc_")
    assert [file.name for file in kept.iterdir()] == [made.name]


def test_without_rsync_the_message_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    means = Means("rsync://m@127.0.0.1/m1474000", patience=AT_ONCE, keep=Path(tmp_path / "kept"))
    selection = Selection(seasons=("Winter",), sensors=("lc",))
    assert fetch(tmp_path / "data", selection, means) == 1
    assert "needs rsync, which is not installed here" in " ".join(capsys.readouterr().out.split())
    assert fetch(tmp_path / "data", selection, Means(means.place)) == 1
    assert "name a folder for them with --keep" in " ".join(capsys.readouterr().out.split())


def test_two_runs_do_not_write_to_one_folder(server, tmp_path):
    (tmp_path / ".fetch").mkdir()
    with FileLock(tmp_path / ".fetch" / "lock"):
        result = run("--data", tmp_path, "--from", server, "--season", "winter", "--sensors", "lc")
    assert result.exit_code == 1
    assert "Another fetch into" in result.output
    assert tree(tmp_path) == {}

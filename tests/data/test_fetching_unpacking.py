import gzip
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from archive_files import member, tree, write_archive, write_dataset, write_tar
from archive_servers import Manners, http_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lcviz.data.archives import ARCHIVES, Archive, archive_named
from lcviz.data.fetching.sources import find_archives
from lcviz.data.fetching.steady import Patience, SteadyStream
from lcviz.data.fetching.unpacking import unpack
from lcviz.errors import FetchError

LC = ARCHIVES[0]
ALL = {1: 2, 7: 1}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def archive(dataset, tmp_path_factory):
    return write_archive(dataset, LC, tmp_path_factory.mktemp("archives"))


def labels(dataset):
    return {name: content for name, content in tree(dataset).items() if "/lc_" in name}


def take(path, data, wanted=None, **options):
    kind = archive_named(path.name)
    (address,) = find_archives(str(path)).values()
    with closing(SteadyStream(address, Patience(2, 0.01, 0.01))) as stream:
        return unpack(kind, stream, data, wanted, **options)


@pytest.mark.parametrize("top", ["", "./", "ROIs1158_spring_lc/", "a/b/c/"])
def test_files_arrive_where_they_belong_whatever_the_folders_in_the_archive(dataset, tmp_path, top):
    packed = write_archive(dataset, LC, tmp_path / "archives", top)
    outcome = take(packed, tmp_path / "data")
    assert tree(tmp_path / "data") == labels(dataset)
    assert (outcome.written, outcome.is_whole, outcome.refused_count) == (3, True, 0)
    assert outcome.md5_differs  # It is not the one that was published.


def test_a_plain_tar_and_one_that_calls_itself_compressed_are_read_alike(dataset, tmp_path):
    plain = write_archive(dataset, Archive("ROIs1158_spring", "lc", suffix=".tar"), tmp_path)
    take(plain, tmp_path / "one")
    take(plain.rename(tmp_path / LC.name), tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two") == labels(dataset)


def test_only_the_wanted_scenes_touch_the_disk_and_reading_ends_with_the_last(archive, tmp_path):
    outcome = take(archive, tmp_path, {1: 2})
    assert {name.split("/")[1] for name in tree(tmp_path)} == {"lc_1"}
    assert (outcome.written, outcome.is_whole, outcome.md5) == (2, False, None)


def test_what_is_there_stays_and_what_is_hurt_is_replaced(archive, dataset, tmp_path):
    take(archive, tmp_path, ALL)
    first, second, third = sorted(tmp_path.rglob("*.tif"))
    before = first.stat().st_mtime_ns
    second.write_bytes(second.read_bytes()[:-1])
    third.unlink()
    (third.parent / f".{third.name}.part").write_bytes(b"left by a run that was killed")
    outcome = take(archive, tmp_path, ALL)
    assert (outcome.written, outcome.there) == (2, 1)
    assert first.stat().st_mtime_ns == before
    assert tree(tmp_path) == labels(dataset)


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_that_is_cut_short_is_told_and_leaves_only_whole_files(
    archive, dataset, tmp_path, keep, compressed
):
    content = archive.read_bytes() if compressed else gzip.decompress(archive.read_bytes())
    short = tmp_path / LC.name
    short.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(FetchError, match=r"ends in the middle|cannot be unpacked"):
        take(short, tmp_path / "data", {1: 2, 7: 5})
    assert tree(tmp_path / "data").items() <= labels(dataset).items()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_that_flips_ever_gives_another_file(archive, dataset, tmp_path, data):
    content = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    hurt = tmp_path / LC.name
    hurt.write_bytes(content)
    target = Path(tempfile_in(tmp_path))
    try:
        outcome = take(hurt, target)
    except FetchError:
        pass  # What was put in place before is whole by its size; the copy is checked by its MD5.
    else:
        assert outcome.md5_differs
    assert tree(target).keys() <= labels(dataset).keys()
    for content in tree(target).values():
        assert len(content) == LC.file_size


def tempfile_in(folder):
    return tempfile.mkdtemp(dir=folder)


NAME = "ROIs1158_spring_lc_1_p30.tif"
HOSTILE = {
    "up": member(f"../../{NAME}", b"x"),
    "up within": member(f"ROIs1158_spring/../../lc_1/{NAME}", b"x"),
    "absolute": member(f"/tmp/{NAME}", b"x"),
    "another name": member("ROIs1158_spring/lc_1/run.sh", b"x"),
    "hidden": member("ROIs1158_spring/lc_1/.bashrc", b"x"),
    "another sensor": member("ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p30.tif", b"x"),
    "another season": member("ROIs1970_fall/lc_1/ROIs1970_fall_lc_1_p30.tif", b"x"),
    "a symbolic link": member(NAME, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": member(NAME, type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "a device": member(NAME, type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    "a pipe": member(NAME, type=tarfile.FIFOTYPE),
    "a folder above": member("../elsewhere", type=tarfile.DIRTYPE),
    "three times too large": member(NAME, bytes(3 * LC.file_size)),
    "a long name": member("ROIs1158_spring/" + "../" * 90 + NAME, b"x"),
    "a strange number": member("ROIs1158_spring_lc_1_p00030.tif", b"x"),
    "a letter that is none": member("ROIs1158_spring_lc_1_p3٣.tif", b"x"),
    "a line's end": member(f"{NAME}\n", b"x"),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_hostile_member_is_passed_over_and_told(kind, form, dataset, tmp_path):
    good = labels(dataset)
    name, content = next(iter(good.items()))
    with tarfile.open(tmp_path / LC.name, "w:gz", format=form, compresslevel=1) as tar:
        for info, data in (HOSTILE[kind], member(name.replace("p30", "p31"), content)):
            tar.addfile(info, io.BytesIO(data))
    data = tmp_path / "data"
    outcome = take(tmp_path / LC.name, data)
    assert outcome.refused_count == 1
    assert list(tree(data)) == [name.replace("p30", "p31")]
    assert sorted(each.name for each in tmp_path.iterdir()) == [LC.name, "data"]
    assert not any(each.is_symlink() for each in data.rglob("*"))


def test_a_file_that_is_none_of_its_kind_is_not_put_in_place(tmp_path):
    packed = write_tar(tmp_path / LC.name, [member(f"ROIs1158_spring/lc_1/{NAME}", b"no tiff")])
    outcome = take(packed, tmp_path / "data")
    assert [name for name, _ in outcome.damaged] == [NAME]
    assert "is no TIFF file" in outcome.damaged[0][1]
    assert tree(tmp_path / "data") == {}


def test_the_same_name_twice_is_put_in_place_once(dataset, tmp_path):
    name, content = next(iter(labels(dataset).items()))
    packed = write_tar(tmp_path / LC.name, [member(name, content), member(name, content[::-1])])
    outcome = take(packed, tmp_path / "data")
    assert (outcome.written, outcome.refused_count) == (1, 1)
    assert tree(tmp_path / "data") == {name: content}


def header(**fields):
    info = tarfile.TarInfo(NAME)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def pax(text):
    return header(type=tarfile.XHDTYPE, size=len(text)) + text.ljust(512, b"\0")


@pytest.mark.parametrize(
    "content",
    [
        header(size=1 << 40),
        header(size=(1 << 62)),
        header(type=tarfile.XHDTYPE, size=1 << 40),
        header(type=tarfile.GNUTYPE_LONGNAME, size=1 << 33),
        header(type=tarfile.XGLTYPE, size=1 << 33),
        header(type=tarfile.GNUTYPE_SPARSE, size=512),
        pax(b"18 size=999999999\n") + header(size=1),
        pax(b"11 size=-5\n") + header(size=1),
        pax(b"1 size=5\n") + header(size=1),
        pax(b"9999999999999999999 path=x\n"),
        header(type=tarfile.XGLTYPE, size=0) * 100_000,
        b"\xff" * 4096,
        b"<!DOCTYPE html><html>log in here" + b" " * 1000,
        b"",
        b"\x1f\x8b",
        b"\0" * 1024 + b"rest" * 300,
    ],
    ids=lambda content: f"{len(content)} bytes",
)
@pytest.mark.parametrize("compressed", [True, False])
def test_headers_that_lie_end_the_reading_with_one_message(tmp_path, content, compressed):
    packed = tmp_path / LC.name
    packed.write_bytes(gzip.compress(content, 1) if compressed else content)
    with pytest.raises(FetchError):
        take(packed, tmp_path / "data")
    assert tree(tmp_path / "data") == {}


def test_a_bomb_ends_at_what_was_asked_for(tmp_path):
    packed = tmp_path / LC.name
    zeros = bytes(LC.file_size)
    name = "ROIs1158_spring/lc_1/ROIs1158_spring_lc_1_p{}.tif"
    write_tar(packed, [member(name.format(n), zeros) for n in range(30)])
    assert packed.stat().st_size < 20_000
    with pytest.raises(FetchError, match="more than the 1,000,000 bytes asked for"):
        take(packed, tmp_path / "data", at_most=1_000_000)
    assert tree(tmp_path / "data").keys() <= {name.format(n) for n in range(3)}


def test_a_server_that_says_too_little_is_told(archive, tmp_path):
    with http_server(archive.parent, Manners(announced=0.5)) as (place, _):
        (address,) = find_archives(f"{place}/{LC.name}").values()
        with pytest.raises(FetchError, match=r"cannot be unpacked|ends in the middle"):
            unpack(LC, SteadyStream(address, Patience(2, 0.01)), tmp_path, ALL)


_RUN = """
import sys
from pathlib import Path
from lcviz.data.archives import ARCHIVES
from lcviz.data.fetching.sources import find_archives
from lcviz.data.fetching.steady import SteadyStream
from lcviz.data.fetching.unpacking import unpack
(archive, address), = find_archives(sys.argv[1]).items()
print("begun", flush=True)
unpack(archive, SteadyStream(address), Path(sys.argv[2]), None)
"""


def test_a_run_killed_at_random_leaves_only_whole_files_and_the_next_finishes(tmp_path):
    s2 = ARCHIVES[2]
    dataset = write_dataset(
        tmp_path / "dataset", tuple(f"ROIs1158_spring_1_p{n}" for n in range(12))
    )
    packed = write_archive(dataset, s2, tmp_path / "archives")
    wanted = {name: content for name, content in tree(dataset).items() if "/s2_" in name}
    data = tmp_path / "data"
    chance = random.Random(5)
    for _ in range(2):
        command = [sys.executable, "-c", _RUN, str(packed), str(data)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
        ) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL)
        found = {n: c for n, c in tree(data).items() if not n.endswith(".part")}
        assert found.items() <= wanted.items()
    take(packed, data)
    assert tree(data) == wanted

import hashlib
import threading
from dataclasses import replace

import pytest
from archive_servers import Manners, ftp_server, http_server

from lcviz.data.archives import ARCHIVES, archive_named
from lcviz.data.fetching.sources import find_archives
from lcviz.data.fetching.steady import Patience, SteadyStream, StoppedError
from lcviz.errors import ConfigurationError, FetchError

AT_ONCE = Patience(attempts=4, first_wait_s=0.01, longest_wait_s=0.02)
CONTENT = hashlib.shake_256(b"archive").digest(300_000)
NAME = ARCHIVES[0].name


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    (folder / NAME).write_bytes(CONTENT)
    return folder


def read(place, **options):
    address = find_archives(place)[ARCHIVES[0]]
    stream = SteadyStream(address, AT_ONCE, **options)
    parts = []
    while data := stream.read(50_000):
        parts.append(data)
    return b"".join(parts), stream


@pytest.mark.parametrize(
    ("manners", "resumed"),
    [
        (Manners(), False),
        (Manners(cut_after=70_000), True),
        (Manners(announced=1.5), True),
        (Manners(ranges=False), False),
    ],
    ids=["well", "cuts, and knows ranges", "says too much", "knows no ranges"],
)
def test_http_archives_arrive_whole(folder, manners, resumed):
    with http_server(folder, manners) as (place, _):
        content, stream = read(place)
    assert content == CONTENT
    assert stream.is_whole
    assert stream.total in (len(CONTENT), None)
    assert stream.md5 == hashlib.md5(CONTENT).hexdigest()
    assert any(asked for _, asked in manners.requests) == resumed
    assert manners.sent == len(CONTENT), "nothing is read twice"


def test_a_server_that_sends_all_when_asked_for_a_part_is_read_again_from_the_start(folder):
    manners = Manners(ranges=False, cut_after=200_000)
    with http_server(folder, manners) as (place, _):
        address = find_archives(place)[ARCHIVES[0]]
        stream = SteadyStream(address, AT_ONCE)
        first = stream.read(150_000)
        stream.close()  # The connection is gone; the server sends all of it again.
        manners.cut_after = None
        rest = b""
        while data := stream.read():
            rest += data
    assert first + rest == CONTENT
    assert manners.requests[1][1] == f"bytes={len(first)}-"


def test_an_archive_that_changes_while_it_is_read_is_not_joined_to_another(folder, tmp_path):
    file = tmp_path / NAME
    file.write_bytes(CONTENT)
    with http_server(tmp_path, Manners(ranges=False)) as (place, _):
        stream = SteadyStream(find_archives(place)[ARCHIVES[0]], AT_ONCE)
        stream.read(100_000)
        stream.close()
        file.write_bytes(CONTENT[::-1])
        with pytest.raises(FetchError, match="changed while it was read"):
            stream.read()


@pytest.mark.parametrize(
    ("manners", "said"),
    [
        (Manners(announced=1.5, ranges=False), "cannot be read on after 300,000 of 450,000 bytes"),
        (Manners(ranges=False, cut_after=100_000), "after 100,000 of 300,000 bytes"),
        (Manners(cut_after=100_000, first_byte_off=-10), "the server began at byte 99990"),
        (Manners(cut_after=0), "after 0 of 300,000 bytes"),
        (Manners(status=503), "Service Unavailable"),
        (Manners(status=404), "the server says 404"),
        (Manners(status=302), "the server says 302"),
        (Manners(status=429), "tried 4 times"),
        (Manners(secret="Basic b3RoZXI="), "the server says 401"),
    ],
)
def test_a_server_that_does_not_deliver_is_told_after_some_attempts(folder, manners, said):
    with http_server(folder, manners) as (place, _), pytest.raises(FetchError, match=said):
        read(place)


def test_user_and_password_are_sent_and_never_said(folder):
    manners = Manners(secret="Basic bWU6c2Vj")
    with http_server(folder, manners) as (place, _):
        with_user = place.replace("://", "://me:sec@")
        assert read(with_user)[0] == CONTENT
        address = find_archives(place, "me", "sec")[ARCHIVES[0]]
        assert SteadyStream(address, AT_ONCE).read(10) == CONTENT[:10]
        assert "sec" not in f"{address} {address!r}"


@pytest.mark.parametrize("options", [{}, {"cut_after": 100_000}], ids=["well", "cuts"])
def test_ftp_archives_arrive_whole(folder, options):
    with ftp_server(folder, **options) as place:
        content, stream = read(place)
    assert content == CONTENT
    assert stream.total == len(CONTENT)


def test_an_ftp_server_that_cannot_begin_in_the_middle(folder):
    with ftp_server(folder, restarts=False) as place:
        stream = SteadyStream(find_archives(place)[ARCHIVES[0]], AT_ONCE)
        content = stream.read(100_000)
        stream.close()
        while data := stream.read():
            content += data
    assert content == CONTENT


def test_an_ftp_server_that_lets_no_one_in_or_lacks_the_archive(folder, tmp_path):
    with ftp_server(folder) as place:
        with pytest.raises(FetchError, match="lets no one in"):
            read(place.replace("m1474000@", "wrong@"))
        missing = find_archives(place)[ARCHIVES[1]]
        with pytest.raises(FetchError, match="the server says 550"):
            SteadyStream(missing, AT_ONCE).read()


def test_no_server_at_all():
    with pytest.raises(FetchError, match="tried 4 times"):
        read("http://127.0.0.1:9")


def test_reading_stops_when_told_to(folder):
    stop = threading.Event()
    with http_server(folder) as (place, _), pytest.raises(StoppedError):
        stream = SteadyStream(find_archives(place)[ARCHIVES[0]], AT_ONCE, stop)
        stream.read(10)
        stop.set()
        stream.read(10)


def test_places(folder, tmp_path):
    assert set(find_archives(str(folder))) == {ARCHIVES[0]}
    assert set(find_archives((folder / NAME).as_uri())) == {ARCHIVES[0]}
    everywhere = find_archives("https://mirror.example/sen12ms/")
    assert tuple(everywhere) == ARCHIVES
    assert str(everywhere[ARCHIVES[0]]) == f"https://mirror.example/sen12ms/{NAME}"
    asked = find_archives("https://mirror.example/download?files={name}&v=1")
    assert str(asked[ARCHIVES[0]]) == f"https://mirror.example/download?files={NAME}&v=1"
    alone = find_archives(f"https://mirror.example/{ARCHIVES[4].name}?token=1")
    assert tuple(alone) == (ARCHIVES[4],)
    plain = archive_named("ROIs1158_spring_lc.tar")
    assert plain == replace(ARCHIVES[0], md5=None, suffix=".tar")
    for wrong in (str(tmp_path), str(tmp_path / "none"), "gopher://x/", "https:///x"):
        with pytest.raises(ConfigurationError):
            find_archives(wrong)

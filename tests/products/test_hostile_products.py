"""Zips and metadata that are meant to harm, or were harmed: refused in words, nothing else read."""

import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from product_factory import L1C, loose, metadata, safe, scene, write_band, zipped
from raster_factory import sparse

from lcviz.errors import RasterError
from lcviz.rasters.products import holdings
from lcviz.rasters.products.metadata import read_metadata
from lcviz.rasters.products.opening import prepare


def refused(work: Path, held: Path, message: str) -> None:
    """It is refused in words, and leaves nothing on the disk."""
    work.mkdir(exist_ok=True)
    with pytest.raises(RasterError, match=message):
        prepare([held], work)
    assert not list(work.iterdir())


def with_entry(source: Path, name: str | zipfile.ZipInfo, content: bytes = b"x") -> Path:
    """The zip of a product with one file more."""
    target = zipped(source, source.parent / "hostile.zip")
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target


@pytest.mark.parametrize(
    "name", ["../../evil_B02.tif", "/etc/cron.d/evil", "a/../../b.xml", "..\\evil.tif", "C:\\x.tif"]
)
def test_a_path_out_of_a_zip_is_refused(tmp_path, name):
    refused(tmp_path / "w", with_entry(safe(tmp_path / "p"), name), "leads out of it")
    assert not list(tmp_path.rglob("*evil*"))


def test_a_link_in_a_zip_is_no_file(tmp_path):
    secret = write_band(tmp_path / "secret.tif", scene()["B4"])
    folder = loose(tmp_path / "held", "{code}.tif")
    (folder / "B04.tif").unlink()
    link = zipfile.ZipInfo("held/B04.tif")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(tmp_path / "w", with_entry(folder, link, str(secret).encode()), "no B4")


def test_names_in_any_encoding_are_read_past(tmp_path):
    held = zipped(safe(tmp_path / "p"), tmp_path / "held.zip", "")
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("XXXX.txt", b"x")
        archive.writestr("日本 ü.txt", b"x")
    held.write_bytes(held.read_bytes().replace(b"XXXX.txt", b"\xe9\xff\x80\x01.txt"))
    (tmp_path / "w").mkdir()
    assert prepare([held], tmp_path / "w").path.name == f"{L1C}.tif"


def test_a_file_that_unpacks_too_far_is_refused(tmp_path, monkeypatch):
    folder = loose(tmp_path / "held", "{code}.tif")
    with (folder / "B08.tif").open("ab") as file:
        file.truncate(2**20)  # zeros
    monkeypatch.setattr(holdings, "_SMALL", 2**16)
    monkeypatch.setattr(holdings, "MAX_RATIO", 10)
    refused(tmp_path / "w", zipped(folder, tmp_path / "bomb.zip"), "no imagery can be compressed")


def test_more_than_the_limit_is_not_taken_out(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "MAX_TAKEN", 50_000)
    refused(tmp_path / "w", zipped(safe(tmp_path), tmp_path / "a.zip"), "taken out of a zip")


def test_a_full_disk_is_told_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "SPARE", 2**60)
    refused(tmp_path / "w", safe(tmp_path), "are needed on the disk")
    refused(tmp_path / "w", zipped(safe(tmp_path / "p"), tmp_path / "a.zip"), "Make room")


def test_many_files_are_refused_before_they_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "MAX_MEMBERS", 50)
    held = tmp_path / "many.zip"
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.tif", b"")
    refused(tmp_path / "w", held, "lists 60 files")
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.tif").touch()
    refused(tmp_path / "w", folder, "more than 50 files")


def test_a_list_that_hides_its_length_is_refused(tmp_path, monkeypatch):
    held = zipped(safe(tmp_path / "p"), tmp_path / "long.zip")
    monkeypatch.setattr(holdings, "MAX_DIRECTORY", 100)
    data = bytearray(held.read_bytes())
    end = data.rfind(b"PK\5\6")
    struct.pack_into("<HH", data, end + 8, 1, 1)  # it says that it has one file
    held.write_bytes(data)
    refused(tmp_path / "w", held, "at most")


def test_deep_folders_are_not_followed(tmp_path):
    refused(
        tmp_path / "w",
        zipped(loose(tmp_path / "p", "{code}.tif"), tmp_path / "deep.zip", "a/" * 40),
        "no bands",
    )
    loose(tmp_path / "held" / Path(*["a"] * 40), "{code}.tif")
    refused(tmp_path / "w", tmp_path / "held", "no bands")


def test_an_encrypted_zip_is_told(tmp_path):
    held = zipped(safe(tmp_path), tmp_path / "a.zip")
    data = bytearray(held.read_bytes())
    at = -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        data[at + 8] |= 1
    held.write_bytes(data)
    refused(tmp_path / "w", held, "is encrypted")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_zip_that_is_cut_short_is_told(tmp_path, share):
    held = zipped(safe(tmp_path), tmp_path / "a.zip")
    data = held.read_bytes()
    held.write_bytes(data[: int(len(data) * share)])
    refused(tmp_path / "w", held, "no whole zip")


def test_a_damaged_file_in_a_zip_is_told(tmp_path):
    held = zipped(safe(tmp_path), tmp_path / "a.zip")
    with zipfile.ZipFile(held) as archive:
        entry = next(e for e in archive.infolist() if e.filename.endswith("B08.jp2"))
    data = bytearray(held.read_bytes())
    middle = entry.header_offset + 200 + entry.compress_size // 2
    data[middle : middle + 50] = bytes(50)
    held.write_bytes(data)
    refused(tmp_path / "w", held, "damaged or cut short")


def test_an_unknown_way_of_packing_is_told(tmp_path):
    held = zipped(safe(tmp_path), tmp_path / "a.zip")
    data = bytearray(held.read_bytes())
    for mark, offset in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            struct.pack_into("<H", data, at + offset, 9)  # Deflate64, as Windows packs large files
    held.write_bytes(data)
    refused(tmp_path / "w", held, "Unpack it and bring the folder")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "xml",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l11;</x>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><PRODUCT_URI>&f;</PRODUCT_URI>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd"><x/>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><x/>',
    ],
    ids=["laughs", "file", "address", "parameter"],
)
def test_no_entity_is_expanded_and_no_file_that_xml_names_is_read(tmp_path, xml):
    refused(tmp_path / "w", safe(tmp_path, xml=xml), "declares a document type")


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("", "no whole XML"),
        ("<a><b></a>", "no whole XML"),
        (metadata()[:300], "no whole XML"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "no whole XML"),
        ("<a>" * 100_000, "no whole XML"),
        (metadata().replace(">10000<", ">ten<"), "no number"),
        (metadata().replace(">10000<", ">0<"), "not one scale"),
        (metadata(offsets={"B2": float("nan")}), "no number"),
        (metadata(offsets={"B2": -1000}).replace('band_id="1"', 'band_id="99"'), "there is none"),
        ("<a>" + " " * (8 * 2**20) + "</a>", "more than 8 MiB"),
    ],
    ids=range(10),
)
def test_hurt_metadata_is_told(tmp_path, xml, message):
    refused(tmp_path / "w", safe(tmp_path, xml=xml), message)


def test_names_in_metadata_are_no_paths(tmp_path):
    xml = metadata("../../../etc/evil")
    (tmp_path / "w").mkdir()
    prepared = prepare([safe(tmp_path, xml=xml)], tmp_path / "w")
    assert prepared.path.parent == tmp_path / "w"
    assert read_metadata(next(tmp_path.rglob("MTD*"))).uri.startswith("../")


def test_hurt_pictures_are_told(tmp_path):
    folder = safe(tmp_path)
    band = next(folder.rglob("*_B08.jp2"))
    whole = band.read_bytes()
    for content, message in (
        (b"", "is empty"),
        (b"<html>Log in</html>", "neither GeoTIFF nor JPEG 2000"),
        (whole[:60], "damaged or cut short"),
        (whole[: len(whole) // 2], "damaged or cut short|no data"),
    ):
        band.write_bytes(content)
        refused(tmp_path / "w", folder, message)


def test_a_band_that_is_huge_is_refused_by_its_header(tmp_path):
    folder = loose(tmp_path / "held", "{code}.tif")
    sparse(folder / "B08.tif", 60_000, bands=1)
    refused(tmp_path / "w", folder, "million pixels")


def test_a_band_of_another_place_or_size_is_refused(tmp_path):
    folder = loose(tmp_path / "held", "{code}.tif")
    write_band(folder / "B08.tif", np.tile(scene()["B8"], (2, 2)))
    refused(tmp_path / "w", folder, "does not lie on the ground")
    write_band(folder / "B08.tif", scene()["B8"], crs="EPSG:32634")
    refused(tmp_path / "w", folder, "does not lie on the ground")

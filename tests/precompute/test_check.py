from dataclasses import replace

import numpy as np
import pytest
import rasterio
from sen12ms_files import noise

from lcviz.errors import DatasetNotFoundError
from precompute.stages.check import check, print_report, run


def said(capsys):
    """What was printed, with the console's line breaks taken out."""
    return " ".join(capsys.readouterr().out.split())


def test_an_intact_partial_copy(tmp_path, write_patch, capsys):
    write_patch(tmp_path, "ROIs1158_spring_1_p30")
    write_patch(tmp_path, "ROIs1158_spring_1_p31", ("s2", "lc"))
    write_patch(tmp_path, "ROIs1970_fall_139_p839", ("s1",))
    report = check(tmp_path)
    folders = report.folders.set_index("folder")
    columns = ["scenes", "scenes_expected", "patches", "patches_expected", "s1", "s2", "lc"]
    assert folders.loc["ROIs1158_spring", columns].tolist() == [1, 56, 2, 40_883, 1, 2, 2]
    assert folders.loc["ROIs1970_fall", columns].tolist() == [1, 85, 1, 62_201, 1, 0, 0]
    # A season that is not there at all is told, too.
    assert folders.loc["ROIs2017_winter", columns].tolist() == [0, 46, 0, 31_825, 0, 0, 0]
    assert not report.is_damaged
    assert report.damaged == report.other_size == report.unexpected == ()
    assert report.unknown_scenes == []
    capsys.readouterr()
    print_report(report)
    text = said(capsys)
    assert "1 of 56" in text
    assert "2 of 40,883" in text
    assert "Patches: 1 without Sentinel-1, 1 without Sentinel-2, 1 without labels." in text
    assert "A partial copy, which is fine: 250 scenes are not there, 2 lack patches." in text
    assert "Nothing is damaged." in text


def test_everything_that_can_be_wrong_is_told_and_stops_nothing(tmp_path, write_patch, capsys):
    write_patch(tmp_path, "ROIs1158_spring_1_p30")
    empty = write_patch(tmp_path, "ROIs1158_spring_1_p31")["lc"]
    empty.write_bytes(b"")
    short = write_patch(tmp_path, "ROIs1868_summer_100_p500", ("s2",))["s2"]
    short.write_bytes(short.read_bytes()[:-4000])
    packed = write_patch(tmp_path, "ROIs1868_summer_100_p501", ("s1",))["s1"]
    with rasterio.open(packed) as file:
        profile, pixels = file.profile, file.read()
    with rasterio.open(packed, "w", **(profile | {"compress": "deflate"})) as file:
        file.write(pixels)
    write_patch(tmp_path, "ROIs1868_summer_250_p1", ("s2",))
    (tmp_path / "notes.txt").touch()
    report = check(tmp_path)
    assert report.is_damaged
    assert {path for path, _ in report.damaged} == {empty, short}
    assert dict(report.damaged)[empty].startswith("the file is empty")
    assert report.other_size == (packed,)
    assert report.unknown_scenes == ["ROIs1868_summer_250"]
    assert [entry.path for entry in report.unexpected] == [tmp_path / "notes.txt"]
    capsys.readouterr()
    print_report(report)
    text = said(capsys)
    assert "Damaged: 2" in text
    assert f"{short}: is cut short: 1,702,432 bytes, as shipped it has 1,706,432" in text
    assert "Unpack these again: ROIs1158_spring_lc.tar.gz, ROIs1868_summer_s2.tar.gz" in text
    assert "https://mediatum.ub.tum.de/1474000" in text
    assert "Scenes that no list knows (placed by their georeference): 1 ROIs1868_summer_250" in text
    assert f"Readable, but not of the size that SEN12MS ships: 1 {packed}" in text
    assert f"Passed over: 1 {tmp_path}/notes.txt: no SEN12MS folder" in text


def test_what_is_of_another_dataset_is_named(tmp_path, write_patch, capsys):
    write_patch(tmp_path, "ROIs1158_spring_1_p30")
    (tmp_path / "ROIs1158_spring" / "s2_cloudy_1").mkdir()
    (tmp_path / "ROIs1868").mkdir()
    assert run(tmp_path) == 0
    text = said(capsys)
    assert "s2_cloudy_1: of SEN12MS-CR, not of SEN12MS" in text
    assert "ROIs1868: of SEN12MS-CR-TS, not of SEN12MS" in text
    assert "looks like SEN12MS-CR-TS, which is not SEN12MS: it holds series" in text
    assert "looks like SEN12MS-CR, which is not SEN12MS: it holds cloudy images" in text


def test_what_cannot_be_read_for_a_reason_outside_is_not_damaged(tmp_path, write_patch, capsys):
    write_patch(tmp_path, "ROIs1158_spring_1_p30")
    path = write_patch(tmp_path, "ROIs1158_spring_1_p31", ("s2",))["s2"]
    report = check(tmp_path)
    gone = replace(report, unreachable=((path, "cannot be opened: Permission denied"),))
    capsys.readouterr()
    print_report(gone)
    text = said(capsys)
    assert "Not read, for a reason outside of the files: 1" in text
    assert "Unpack these again" not in text
    assert "Nothing is damaged" not in text


def test_a_long_list_of_damage_is_cut_and_counted(tmp_path, write_patch, capsys):
    for number in range(25):
        write_patch(tmp_path, f"ROIs1158_spring_1_p{number}", ("lc",))["lc"].write_bytes(b"")
    assert run(tmp_path) == 0
    text = said(capsys)
    assert "Damaged: 25" in text
    assert text.count("the file is empty") == 20
    assert "and 5 more" in text


def test_a_dataset_of_ones_own_is_compared_with_its_own_list(tmp_path, write_patch, capsys):
    damaged = write_patch(tmp_path, "ROIs0000_winter_3_p0")["s1"]
    damaged.write_bytes(b"GIF89a")
    write_patch(tmp_path, "ROIs0000_winter_3_p1")
    (tmp_path / "scenes.csv").write_text(
        "season,scene,longitude,latitude,country,continent,patches,holdout\n"
        "winter,3,1,2,GH,Africa,1,0\n"
    )
    report = check(tmp_path)
    assert report.folders.folder.tolist() == ["ROIs0000_winter"]
    assert report.folders[["scenes_expected", "patches_expected"]].iloc[0].tolist() == [1, 1]
    assert report.unknown_scenes == []
    print_report(report)
    text = said(capsys)
    assert "Scenes with more patches than listed: 1 ROIs0000_winter_3: 2 of 1" in text
    assert "Make or copy these files again." in text


def test_a_malformed_list_of_scenes_is_damage_and_the_rest_is_checked(tmp_path, write_patch):
    write_patch(tmp_path, "ROIs0000_winter_3_p1")
    (tmp_path / "scenes.csv").write_text("season,scene\nwinter,3\n")
    report = check(tmp_path)
    assert [path for path, _ in report.damaged] == [tmp_path / "scenes.csv"]
    assert report.damaged[0][1].startswith("line 1: no column longitude, latitude")
    assert report.folders.s2.tolist() == [1]
    assert report.unknown_scenes == ["ROIs0000_winter_3"]


def test_odd_pixels_are_no_damage(tmp_path, write_patch):
    # NaN occurs in the real summer scene 146, and labels of code 0 in 229 real patches.
    sar, labels = noise("s1"), noise("lc")
    sar[:, 100:120] = np.nan
    labels[2] = 0
    write_patch(tmp_path, "ROIs1868_summer_146_p202", ("s1", "lc"), {"s1": sar, "lc": labels})
    assert not check(tmp_path).is_damaged


def test_a_name_with_brackets_is_printed_as_it_is(tmp_path, write_patch, capsys):
    root = tmp_path / "[red]copy[/red]"
    write_patch(root, "ROIs1158_spring_1_p30", ("lc",))["lc"].write_bytes(b"")
    assert run(root) == 0
    assert "[red]copy[/red]" in said(capsys)


def test_a_folder_that_is_no_sen12ms(tmp_path):
    with pytest.raises(DatasetNotFoundError, match="holds no patch"):
        run(tmp_path)


def test_the_real_patches_are_intact(real_patches):
    report = check(real_patches)
    assert not report.is_damaged
    assert report.other_size == ()
    assert report.unknown_scenes == []
    assert report.folders.scenes.sum() == len(report.scenes)

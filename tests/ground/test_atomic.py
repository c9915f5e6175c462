import os
import time
from pathlib import Path

import pytest

from lcviz.atomic import atomic_path, write_text


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        assert target.read_text() == "old"
        raise RuntimeError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "model"
    for name in ("first", "second"):
        with atomic_path(target) as temporary:
            temporary.mkdir()
            (temporary / name).write_text(name)
    assert [p.name for p in target.iterdir()] == ["second"]
    assert [p.name for p in target.parent.iterdir()] == ["model"]


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path: Path) -> None:
    target = tmp_path / "scene [1]"
    for name, hours in (("old", 25), ("new", 23)):
        left = tmp_path / f".scene [1].tmp-{name}"
        (left / target.name).mkdir(parents=True)
        age = time.time() - hours * 3600
        os.utime(left, (age, age))
    other = tmp_path / ".scene 1.tmp-old"
    other.mkdir()
    os.utime(other, (0, 0))
    write_text(target, "whole")
    assert {p.name for p in tmp_path.iterdir()} == {"scene [1]", ".scene [1].tmp-new", other.name}

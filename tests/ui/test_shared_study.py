"""What is made of a study is made once for all visitors, and again when its files change."""

import os
from pathlib import Path

import pytest

from lcviz.study import Study
from lcviz.study.records import StudyInfo
from lcviz.ui.shared_study import SharedStudy, kept

MADE: list[tuple[str, str]] = []


@kept("scenes.parquet", "landscapes/k*/*.parquet", entries=8)
def made_of(study: Study, what: str) -> str:
    MADE.append((study.info.name, what))
    return f"{what} of {study.info.name}"


@pytest.fixture
def study(tmp_path: Path) -> SharedStudy:
    MADE.clear()
    info = StudyInfo(name="mine", kind="demo", data=None, seed=0, data_digest="")
    return SharedStudy.create(tmp_path / "study", info)


def test_it_is_made_once_whoever_opens_the_study(study: SharedStudy):
    for opened in (study, SharedStudy.open(study.path)):
        assert made_of(opened, "table") == "table of mine"
    assert MADE == [("mine", "table")]
    assert made_of(study, "figure") == "figure of mine"
    assert len(MADE) == 2


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("scenes.parquet", True),
        ("landscapes/k16/clusters.parquet", True),
        ("patches.parquet", False),
        ("landscapes/notes.txt", False),
    ],
)
def test_a_file_that_it_rests_on_makes_it_again(study: SharedStudy, file: str, again: bool):
    place = study.path / file
    place.parent.mkdir(parents=True, exist_ok=True)
    made_of(study, "table")
    for time in (1, 2):
        place.write_text("x")
        os.utime(place, (time, time))
        made_of(study, "table")
    assert len(MADE) == (3 if again else 1)


def test_another_study_of_the_same_content_is_another_study(study: SharedStudy, tmp_path: Path):
    other = SharedStudy.create(tmp_path / "other", study.info)
    made_of(study, "table")
    made_of(other, "table")
    assert len(MADE) == 2


def test_a_study_that_is_made_anew_is_another_study(study: SharedStudy):
    made_of(study, "table")
    info = StudyInfo(name="made anew", kind="demo", data=None, seed=1, data_digest="")
    assert made_of(SharedStudy.create(study.path, info), "table") == "table of made anew"

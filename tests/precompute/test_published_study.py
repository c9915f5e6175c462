from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from lcviz.data.catalog import sen12ms_scenes
from lcviz.errors import ArtefactMissingError
from lcviz.study import SCENE_COLUMNS, Study
from precompute.__main__ import app


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, " ".join(result.output.split())


def publish(path: Path) -> tuple[int, str]:
    return run("published", "--study", str(path))


def content(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "published"
    code, output = publish(path)
    assert code == 0
    assert "252 scenes, 180,662 patches" in output
    return path


def test_it_holds_every_scene_of_the_catalogue_and_nothing_else(path: Path) -> None:
    study = Study.open(path)
    assert study.is_published
    assert not study.is_demo
    assert study.data is None
    columns = [name for name in SCENE_COLUMNS if name != "overlap_group"]
    found = study.scenes()
    pd.testing.assert_frame_equal(found[columns], sen12ms_scenes()[columns], check_dtype=False)
    assert found.overlap_group.nunique() == 241
    assert study.experiments() == ()
    assert set(content(path)) == {"study.json", "scenes.parquet"}


def test_what_it_does_not_hold_is_explained_with_a_command_that_works(path: Path) -> None:
    study = Study.open(path)
    for read in (study.patches, study.results, lambda: study.model("season-fall")):
        with pytest.raises(ArtefactMissingError, match="run --data DATA --study STUDY") as caught:
            read()
        assert str(path) not in str(caught.value)
        assert ".parquet" not in str(caught.value)


def test_a_second_run_changes_nothing_and_mends_what_is_broken(path: Path) -> None:
    before = content(path)
    assert publish(path)[0] == 0
    assert content(path) == before
    (path / "scenes.parquet").unlink()
    with pytest.raises(ArtefactMissingError, match=f"precompute published --study {path}"):
        Study.open(path).scenes()
    assert publish(path)[0] == 0
    assert content(path) == before


def test_a_run_stopped_at_its_first_file_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / ".study.json.tmp-abc").mkdir()
    assert publish(tmp_path)[0] == 0


@pytest.mark.parametrize("name", ["study.json", "thesis.txt"])
def test_anything_else_is_left_alone(path: Path, name: str) -> None:
    if name == "study.json":
        text = (path / name).read_text()
        (path / name).write_text(text.replace('"facts"', '"sen12ms"'))
    else:
        for file in path.iterdir():
            file.unlink()
        (path / name).write_text("mine")
    before = content(path)
    code, output = publish(path)
    assert code == 1
    assert "Choose another folder" in output
    assert content(path) == before


def test_a_study_file_that_cannot_be_read_is_named(path: Path) -> None:
    (path / "study.json").write_text("{")
    code, output = publish(path)
    assert code == 1
    assert "study.json cannot be read" in output


@pytest.mark.parametrize(
    "stage", ["index", "statistics", "quicklooks", "train", "evaluate", "transfer"]
)
def test_no_stage_works_on_it(path: Path, stage: str) -> None:
    before = content(path)
    data = ["--data", str(path.parent)] if stage == "index" else []
    code, output = run(stage, "--study", str(path), *data)
    assert code == 1
    assert "has no dataset" in output
    assert "python -m precompute run --data DATA --study STUDY" in output
    assert content(path) == before

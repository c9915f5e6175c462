"""Make a study of what is known of SEN12MS itself, without its imagery."""

from pathlib import Path

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.overlap import overlap_groups
from lcviz.errors import ConfigurationError, StudyNotFoundError
from lcviz.study import Study
from lcviz.study.records import StudyInfo
from precompute.running.stage import console, digest

NAME = "SEN12MS (published)"


def make(path: Path) -> Study:
    """Write study.json and scenes.parquet: the catalogue's 252 scenes, and nothing else.

    The published tables and landscapes are the same for everybody, and part of lcviz itself.

    Writing it again changes nothing, and mends what an interrupted run left.

    Raises:
        ConfigurationError: `path` holds something else, which is not overwritten.
        ArtefactDamagedError: `path` holds a study.json that cannot be read.
    """
    _refuse_anything_else(path)
    scenes = sen12ms_scenes()
    scenes = scenes.assign(overlap_group=scenes.scene_id.map(overlap_groups(scenes)))
    info = StudyInfo(
        name=NAME, kind="facts", data=None, seed=0, data_digest=digest(scenes.to_json())
    )
    study = Study.create(path, info)
    study.write_scenes(scenes)
    console.print(
        f"published: {len(scenes)} scenes, {scenes.patches.sum():,} patches. "
        f"Open it with: streamlit run app.py -- --study {path}",
        soft_wrap=True,
    )
    return study


def _refuse_anything_else(path: Path) -> None:
    try:
        if Study.open(path).is_published:
            return
    except StudyNotFoundError:
        # A run stopped at its very first file leaves only that file's temporary behind.
        if not path.exists() or (
            path.is_dir() and all(f.name.startswith(".study.json.tmp-") for f in path.iterdir())
        ):
            return
    raise ConfigurationError(f"{path} already holds something else. Choose another folder.")

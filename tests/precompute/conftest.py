"""Studies that several files of this folder read; none of them writes into these."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from three_scenes import write_scenes
from transfer_study import SETTINGS, copied, make_untouched

from lcviz.study import Study
from precompute.stages.transfer import transfer


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that has everything but `transfer/`."""
    return make_untouched(tmp_path_factory.mktemp("transfer")).path


@pytest.fixture(scope="session")
def made(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """With `transfer/`, made once."""
    study = copied(untouched, tmp_path_factory.mktemp("made"))
    transfer(study, **SETTINGS)
    return study


@pytest.fixture
def data(tmp_path: Path, write_patch: Callable[..., Any]) -> Path:
    """A dataset as `three_scenes` writes it."""
    return write_scenes(tmp_path / "data", write_patch)

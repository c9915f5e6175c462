"""A study with results of ten models."""

from pathlib import Path

import pytest
from generalization_pages import full_results
from study_factory import make_study


@pytest.fixture(scope="session")
def full_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = make_study(tmp_path_factory.mktemp("full") / "full", models=False)
    study.write_results(full_results())
    return study.path

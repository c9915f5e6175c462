"""A study that can predict."""

from pathlib import Path

import pytest
from prediction_study import make_prediction_study


@pytest.fixture(scope="module")
def live_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_prediction_study(tmp_path_factory.mktemp("live") / "tiny").path

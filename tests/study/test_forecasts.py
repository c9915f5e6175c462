"""What the stage `transfer` keeps, written and read."""

from pathlib import Path

import pandas as pd
import pytest
from forecast_study import make_forecast_study
from study_factory import make_study

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError
from lcviz.study import Study
from lcviz.study.forecasts import (
    forecast_experiments,
    read_adaptation,
    read_forecast_record,
    read_forecasters,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
    read_receipts,
    read_simple_model,
    read_tiles,
    remove_models,
    write_forecasters,
    write_record_and_tiles,
    write_simple_model,
)

AFRICA, SIMPLE = "continent-africa", "simple-continent-africa"
READERS = (
    *(read_indicators, read_forecasts, read_receipts, read_indicator_correlations),
    *(read_adaptation, read_forecasters),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_forecast_study(tmp_path_factory.mktemp("kept") / "study")


def test_what_is_missing_names_the_command(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", models=False)
    for reader in READERS:
        with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
            reader(study)
    for reader in (read_forecast_record, read_tiles, read_simple_model):
        with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
            reader(study, AFRICA)
    assert forecast_experiments(study) == ()


def test_damage_is_named(tmp_path: Path) -> None:
    study = make_forecast_study(tmp_path / "study")
    folder = study.path / "transfer"
    for file in folder.rglob("*.*"):
        file.write_bytes(b'{"forecasters": 3}' if file.suffix == ".json" else b"PAR1")
    for reader in READERS:
        with pytest.raises(ArtefactDamagedError, match="transfer"):
            reader(study)
    for reader, name in ((read_forecast_record, AFRICA), (read_simple_model, SIMPLE)):
        with pytest.raises(ArtefactDamagedError, match=name):
            reader(study, name)
    with pytest.raises(ArtefactDamagedError, match=AFRICA):
        read_tiles(study, AFRICA)


def test_what_is_written_is_read(study: Study, tmp_path: Path) -> None:
    other = make_study(tmp_path / "study", models=False)
    write_forecasters(other, read_forecasters(study))
    assert read_forecasters(other) == read_forecasters(study)
    for name in forecast_experiments(study):
        write_record_and_tiles(other, read_forecast_record(study, name), read_tiles(study, name))
        assert read_forecast_record(other, name) == read_forecast_record(study, name)
        pd.testing.assert_frame_equal(read_tiles(other, name), read_tiles(study, name))
    write_simple_model(other, read_simple_model(study, SIMPLE))
    assert read_simple_model(other, SIMPLE) == read_simple_model(study, SIMPLE)
    assert forecast_experiments(other) == (AFRICA, "season-winter", SIMPLE)
    remove_models(other, [AFRICA])
    assert forecast_experiments(other) == (AFRICA,)
    with pytest.raises(ArtefactMissingError):
        read_simple_model(other, SIMPLE)

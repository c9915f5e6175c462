"""What the stage `transfer` keeps, written and read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forecast_study import make_receipts, make_transfer_study
from study_factory import make_study

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError
from lcviz.study import Study
from lcviz.study.forecasts import (
    beats_rivals,
    kind_of,
    model_label,
    read_adaptation,
    read_forecasters,
    read_forecasts,
    read_indicator_correlations,
    read_indicators,
    read_receipts,
    read_simple_model,
    read_simple_results,
    read_tiles,
    read_transfer_model,
    remove_models,
    transfer_experiments,
    write_forecasters,
    write_simple_model,
    write_transfer_model,
)

AFRICA, SIMPLE = "continent-africa", "simple-continent-africa"
READERS = (
    *(read_indicators, read_forecasts, read_receipts, read_indicator_correlations),
    *(read_adaptation, read_simple_results, read_forecasters),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_transfer_study(tmp_path_factory.mktemp("kept") / "study")


def test_names_tell_the_kind() -> None:
    assert [kind_of(n) for n in (AFRICA, "without-africa", SIMPLE)] == [
        *("network", "without", "simple"),
    ]
    for unknown in ("continent-atlantis", "simple-without-africa", "africa"):
        with pytest.raises(KeyError):
            kind_of(unknown)
    assert model_label("without-north-america") == "all but North America"
    assert model_label("simple-season-winter") == "Winter, simple model"


def test_what_is_missing_names_the_command(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", models=False)
    for reader in READERS:
        with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
            reader(study)
    for reader in (read_transfer_model, read_tiles, read_simple_model):
        with pytest.raises(ArtefactMissingError, match="precompute transfer --study"):
            reader(study, AFRICA)
    assert transfer_experiments(study) == ()


def test_damage_is_named(tmp_path: Path) -> None:
    study = make_transfer_study(tmp_path / "study")
    folder = study.path / "transfer"
    for file in folder.rglob("*.*"):
        file.write_bytes(b'{"forecasters": 3}' if file.suffix == ".json" else b"PAR1")
    for reader in READERS:
        with pytest.raises(ArtefactDamagedError, match="transfer"):
            reader(study)
    for reader, name in ((read_transfer_model, AFRICA), (read_simple_model, SIMPLE)):
        with pytest.raises(ArtefactDamagedError, match=name):
            reader(study, name)
    with pytest.raises(ArtefactDamagedError, match=AFRICA):
        read_tiles(study, AFRICA)


def test_what_is_written_is_read(study: Study, tmp_path: Path) -> None:
    other = make_study(tmp_path / "study", models=False)
    write_forecasters(other, read_forecasters(study))
    assert read_forecasters(other) == read_forecasters(study)
    for name in transfer_experiments(study):
        write_transfer_model(other, read_transfer_model(study, name), read_tiles(study, name))
        assert read_transfer_model(other, name) == read_transfer_model(study, name)
        pd.testing.assert_frame_equal(read_tiles(other, name), read_tiles(study, name))
    write_simple_model(other, read_simple_model(study, SIMPLE))
    assert read_simple_model(other, SIMPLE) == read_simple_model(study, SIMPLE)
    assert transfer_experiments(other) == (AFRICA, "season-winter", SIMPLE)
    remove_models(other, [AFRICA])
    assert transfer_experiments(other) == (AFRICA,)
    with pytest.raises(ArtefactMissingError):
        read_simple_model(other, SIMPLE)


def test_both_rivals_and_chance_have_to_be_beaten() -> None:
    receipts = make_receipts(beats=True)
    assert beats_rivals(receipts, "network", "continent")
    assert not beats_rivals(make_receipts(beats=False), "network", "continent")
    assert not beats_rivals(receipts, "without", "continent")
    assert not beats_rivals(receipts[receipts.method != "home"], "network", "continent")
    rows = (receipts.kind == "network") & (receipts.axis == "continent")
    for method, column in (("home", "gain_low"), ("away", "gain_low"), ("forecast", "rho_low")):
        for value in (-0.01, 0.0, np.nan):
            spoilt = receipts.copy()
            spoilt.loc[rows & (spoilt.method == method), column] = value
            assert not beats_rivals(spoilt, "network", "continent")

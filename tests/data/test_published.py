import json
from pathlib import Path

import numpy as np
import pytest

from lcviz.data import published
from lcviz.taxonomy import BANDS, CONTINENTS, SEASONS


@pytest.mark.parametrize(
    ("table", "groups"),
    [
        (published.table_4(), CONTINENTS),
        (published.earlier_run(), CONTINENTS),
        (published.table_5(), SEASONS),
    ],
)
def test_transfer_tables_are_square_and_in_the_order_of_the_field(table, groups):
    for part in (table.mean, table.std):
        assert list(part.index) == list(part.columns) == list(groups)
        assert ((part > 0) & (part < 1)).all(axis=None)
    assert "arXiv:2008.10351" in table.source


def test_known_cells_rows_train_columns_test():
    paper = published.table_4()
    assert paper.mean.loc["Europe", "Asia"] == 0.63
    assert paper.mean.loc["Asia", "Europe"] == 0.576
    assert paper.std.loc["Europe", "Europe"] == 0.07
    # Table 5 and the earlier run were printed with their axes swapped, and stand turned here.
    season = published.table_5()
    assert season.mean.loc["Winter", "Spring"] == 0.57
    assert season.mean.loc["Spring", "Winter"] == 0.494
    assert season.std.loc["Summer", "Spring"] == 0.2
    assert published.as_printed(season).mean.loc["Winter", "Spring"] == 0.494
    assert published.as_printed(season).std.loc["Summer", "Spring"] == 0.285
    run = published.earlier_run()
    assert run.mean.loc["Europe", "Europe"] == 0.705
    # What the paper's text calls Europe in Africa.
    assert run.mean.loc["Africa", "Europe"] == 0.424
    assert run.mean.loc["Europe", "Africa"] == 0.459
    assert published.as_printed(run).mean.loc["Europe", "Africa"] == 0.424


def test_the_orientations_agree_with_each_other():
    """Turned, the two runs correlate better, and a column's spread is that of its test scenes."""
    off = ~np.eye(6, dtype=bool)
    paper, run = published.table_4().mean.to_numpy(), published.earlier_run().mean.to_numpy()
    turned = np.corrcoef(paper[off], run[off])[0, 1]
    as_printed = np.corrcoef(paper[off], run.T[off])[0, 1]
    assert turned == pytest.approx(0.81, abs=0.01)
    assert as_printed == pytest.approx(0.59, abs=0.01)
    facts = json.loads(
        (Path(published.__file__).parent / "facts/published_tables.json").read_text()
    )
    for key, table in (
        ("table_5_cross_season", published.table_5()),
        ("earlier_run_cross_continent", published.earlier_run()),
    ):
        printed = facts[key]["printed"]
        assert published.as_printed(table).mean.to_numpy().tolist() == printed["mean"]
        assert published.as_printed(table).std.to_numpy().tolist() == printed["std"]


def test_band_statistics():
    statistics = published.band_statistics()
    assert list(statistics.index) == [*BANDS, "VV", "VH"]
    s2 = statistics.loc[list(BANDS)]
    assert (s2.unit == "DN").all()
    assert (s2.q25 < s2["median"]).all()
    assert (s2["median"] < s2.q75).all()
    assert statistics.loc["nir2", ["mean", "std", "median"]].tolist() == [2401.06, 1108.55, 2376]
    assert statistics.loc["VV", ["mean", "std"]].tolist() == [-11.70, 4.54]
    assert np.isnan(statistics.loc["VH", "median"])


def test_modis_layers():
    accuracy = published.modis_layer_accuracy()
    assert accuracy["LCCS land use"] == 0.81
    accuracy.clear()
    assert len(published.modis_layer_accuracy()) == 4

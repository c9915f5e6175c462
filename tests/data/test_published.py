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
    assert published.table_5().mean.loc["Winter", "Spring"] == 0.494
    # The paper's text quotes these two of the earlier run.
    assert published.earlier_run().mean.loc["Europe", "Europe"] == 0.705
    assert published.earlier_run().mean.loc["Europe", "Africa"] == 0.424


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

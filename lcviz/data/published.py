"""Published figures to compare with: nothing here is measured by lcviz.

The paper is Hu, Robinson & Dilkina, "Model Generalization in Deep Learning Applications for Land
Cover Mapping", arXiv:2008.10351 (KDD Fragile Earth 2021).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

_FACTS: Final = Path(__file__).parent / "facts"


@dataclass(frozen=True, eq=False)
class TransferTable:
    """Accuracy of models trained on one group and tested on another.

    The diagonal is scored on scenes of the group that training never saw.
    """

    mean: pd.DataFrame
    """Mean accuracy over the test scenes, 0 to 1; rows = trained on, columns = tested on."""
    std: pd.DataFrame
    """Population standard deviation over the test scenes, same rows and columns."""
    source: str


ORIENTATION: Final = (
    "turned: it was printed with its axes swapped (the authors' code puts the test groups into the "
    "rows and then names them train)"
)
"""Of Table 5 and of the earlier run, as a part of a sentence."""


def table_3() -> dict[str, str]:
    """How the paper's networks were trained: setting -> value (the paper's Table 3)."""
    return {
        "Network": "FC-DenseNet",
        "Input": "256 x 256 x 10",
        "Output": "256 x 256 x 8",
        "Dense blocks": "3",
        "Optimiser": "Adam",
        "Loss": "cross-entropy",
        "Learning rate": "0.0001",
        "Learning rate falls": "on plateaus",
        "Stopping": "early",
        "Batch size": "4",
    }


def table_4() -> TransferTable:
    """Cross-continent accuracy: the paper's Table 4."""
    return _transfer_table("table_4_cross_continent", "Table 4")


def table_5() -> TransferTable:
    """Cross-season accuracy: the paper's Table 5, turned to rows = trained on.

    The paper prints it with its axes swapped: see `ORIENTATION` and `as_printed`.
    """
    return _transfer_table("table_5_cross_season", "Table 5")


def earlier_run() -> TransferTable:
    """Cross-continent accuracy of an earlier run of the experiment behind Table 4.

    Printed in the authors' notebook with its axes swapped, and quoted so by the paper's text, whose
    "Europe 0.424 in Africa" is the Africa model in Europe; turned here to rows = trained on. What
    differs from Table 4 tells how far two runs of one recipe lie apart.
    """
    return _transfer_table("earlier_run_cross_continent", "authors' notebook, an earlier run")


def as_printed(table: TransferTable) -> TransferTable:
    """A table whose printed axes are swapped, as it was printed: rows named trained on are tested.

    Source: the authors' notebook builds it as pandas.DataFrame({train: {test: value}}), whose
    columns are the outer keys, and then names the rows "train".
    """
    return TransferTable(table.mean.T, table.std.T, f"{table.source}, as printed")


def band_statistics() -> pd.DataFrame:
    """Statistics of every band over the whole of SEN12MS, as the paper's authors published them.

    Returns:
        Indexed by band (`taxonomy.BANDS`, then VV and VH): unit ("DN" or "dB"), mean, std, q25,
        median, q75; quartiles are missing for VV and VH.

    Source: the authors' code for arXiv:2008.10351. Their networks' inputs are standardised with
    these means and standard deviations.
    """
    return pd.read_csv(_FACTS / "band_statistics.csv", index_col="band")


def modis_layer_accuracy() -> dict[str, float]:
    """Share of pixels that each layer of the MODIS land-cover product has right, 0 to 1.

    Keys: "IGBP", "LCCS land cover", "LCCS land use" (the labels used here), "LCCS surface
    hydrology".

    Source: Sulla-Menashe et al. 2019, Remote Sensing of Environment 222, 183-194 (MCD12Q1
    collection 6), as quoted by Schmitt et al. 2019 (SEN12MS).
    """
    accuracy: dict[str, float] = _published()["modis_layer_accuracy"]
    return dict(accuracy)


@cache
def _published() -> dict[str, Any]:
    text = (_FACTS / "published_tables.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts


def _transfer_table(key: str, place: str) -> TransferTable:
    table = _published()[key]
    groups = table["groups"]
    return TransferTable(
        mean=pd.DataFrame(table["mean"], index=groups, columns=groups),
        std=pd.DataFrame(table["std"], index=groups, columns=groups),
        source=f"{_published()['source']}; {place}",
    )

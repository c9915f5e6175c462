"""Tables as text: CSV for machines, LaTeX in the paper's form for people."""

import numpy as np
import pandas as pd

from lcviz.generalization.tables import TransferMatrix


def matrix_rows(matrix: TransferMatrix) -> pd.DataFrame:
    """A train x test table in long form: one row a cell that has a value.

    Columns trained_on, tested_on, mean and, where they are known, std, scenes, low, high (the
    95 % interval).
    """
    parts = {"mean": matrix.mean, "std": matrix.std, "scenes": matrix.scenes}
    interval = matrix.interval
    if interval is not None:
        parts |= {"low": interval[0], "high": interval[1]}
    table = pd.DataFrame(
        {name: cells.stack() for name, cells in parts.items() if cells is not None}
    )
    named = table.rename_axis(["trained_on", "tested_on"])
    return named.dropna(subset="mean").reset_index()


def matrix_cells(matrix: TransferMatrix) -> pd.DataFrame:
    """A train x test table in the paper's form: "0.643 ± 0.132", trained on by rows.

    Without a standard deviation (differences) the mean stands alone, with its sign; a cell
    without a value is a dash.
    """

    def cell(i: int, j: int) -> str:
        mean = matrix.mean.iloc[i, j]
        if np.isnan(mean):
            return "--"
        if matrix.std is None:
            return f"{mean:+.3f}"
        return f"{mean:.3f} ± {matrix.std.iloc[i, j]:.3f}"

    places = range(len(matrix.groups))
    return pd.DataFrame(
        [[cell(i, j) for j in places] for i in places],
        index=pd.Index(matrix.groups, name="Trained on"),
        columns=list(matrix.groups),
    ).reset_index()


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV without its index, UTF-8; missing values are empty."""
    return table.to_csv(index=False).encode()


def latex(table: pd.DataFrame, caption: str) -> bytes:
    r"""A table as LaTeX without its index, three decimals; needs \usepackage{booktabs}."""
    text = table.to_latex(
        index=False, escape=True, caption=caption, na_rep="--", float_format="%.3f"
    )
    # So that it compiles whatever the document's input encoding is.
    return text.replace("±", r"$\pm$").encode()

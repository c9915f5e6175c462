"""Tables as text: CSV for machines, LaTeX in the paper's form for people."""

import pandas as pd


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

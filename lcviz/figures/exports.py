"""Tables as text: CSV for machines, LaTeX in the paper's form for people."""

from typing import Final

import pandas as pd

_SPECIAL: Final = str.maketrans(
    {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {sign: f"\\{sign}" for sign in "&%$#_{}"}
)
_SIGNS: Final = str.maketrans(
    {
        "±": r"$\pm$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{MINUS SIGN}": "$-$",
        "·": r"$\cdot$",
        "“": "``",
        "”": "''",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{EN DASH}": "--",
        "…": r"\dots{}",
        **{sign: f"${sign}$" for sign in "|<>"},
    }
)
_LAST_LATIN: Final = 0x17F
"""Beyond this, pdfLaTeX has no letters without further packages."""


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV without its index, UTF-8; missing values are empty."""
    return table.to_csv(index=False).encode()


def latex_text(text: str) -> str:
    """Plain text as LaTeX that any pdfLaTeX compiles; a letter it has not is a question mark."""
    return _typeset(text.translate(_SPECIAL))


def latex(table: pd.DataFrame, caption: str, label: str | None = None) -> bytes:
    r"""A table as LaTeX without its index, three decimals; needs \usepackage{booktabs}.

    Args:
        table: its cells and column names are text, not LaTeX.
        caption: likewise.
        label: to refer to it by; none if None.
    """
    text = table.to_latex(
        index=False,
        escape=True,
        caption=caption.translate(_SPECIAL),
        label=label,
        na_rep="--",
        float_format="%.3f",
    )
    return _typeset(text.replace(r"\begin{table}", "\\begin{table}\n\\centering", 1)).encode()


def _typeset(text: str) -> str:
    known = text.translate(_SIGNS)
    return "".join(c if ord(c) <= _LAST_LATIN else "?" for c in known)

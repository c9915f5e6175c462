from io import BytesIO

import pandas as pd
import pytest
from results_tables import ASYMMETRIC, matrix_of

from lcviz.data import published
from lcviz.figures.exports import csv, latex
from lcviz.generalization.tables import matrix_cells, matrix_rows, published_matrix

PAPER = published_matrix(published.table_4(), "continent")


def test_latex_in_the_papers_form() -> None:
    lines = latex(matrix_cells(PAPER), "Table 4").decode().splitlines()
    header = next(line for line in lines if line.startswith("Trained on"))
    europe = next(line for line in lines if line.startswith("Europe"))
    assert header.split(" & ")[5] == "North America"
    assert europe.split(" & ")[5] == r"0.612 $\pm$ 0.212"
    assert r"\caption{Table 4}" in lines


def test_a_difference_has_its_sign_and_an_empty_cell_a_dash() -> None:
    cells = matrix_cells(matrix_of(*ASYMMETRIC).minus_home()).set_index("Trained on")
    assert cells.loc["Europe", "North America"] == "-0.400"
    assert cells.loc["Africa", "Asia"] == "--"


def test_csv_can_be_read_back() -> None:
    table = pd.read_csv(BytesIO(csv(matrix_rows(matrix_of(*ASYMMETRIC)))))
    columns = ["trained_on", "tested_on", "mean", "std", "scenes", "low", "high"]
    assert table.columns.tolist() == columns
    row = table[(table.trained_on == "Europe") & (table.tested_on == "North America")].iloc[0]
    assert row["mean"] == pytest.approx(0.5)
    assert row.scenes == 2
    assert len(table) == 4
    assert matrix_rows(PAPER).columns.tolist() == columns[:4]
    assert len(matrix_rows(PAPER)) == 36


def test_latex_escapes_what_it_must() -> None:
    table = pd.DataFrame({"share_of_label": [0.5, None], "label": ["a & b", "50 %"]})
    text = latex(table, "x").decode()
    assert r"share\_of\_label" in text
    assert r"a \& b" in text
    assert "0.500" in text and "--" in text


def test_a_caption_is_text_too() -> None:
    table = pd.DataFrame({"x": [1]})
    text = latex(
        table, "50 % of a_b & {c}, P(a | b) < 1 \u2212 2 \u00d7 \u201c\u5b57\u201d", "tab:x"
    ).decode()
    assert r"\caption{50 \% of a\_b \& \{c\}, P(a $|$ b) $<$ 1 $-$ 2 $\times$ ``?''}" in text
    assert r"\label{tab:x}" in text
    assert r"\centering" in text

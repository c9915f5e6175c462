"""The command `paper`, on a tiny study and on the published one: what it writes, and how."""

import json
import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forecast_study import make_forecast_study
from PIL import Image
from places import ROOT
from typer.testing import CliRunner

from lcviz.data import published
from lcviz.distributions.distances import density, density_grid
from lcviz.figures.paper.sheet import DPI
from lcviz.figures.widths import COLUMN_MM, PAGE_MM
from lcviz.generalization.tables import matrix_cells, published_matrix
from lcviz.manuscript.contents import PARTS
from lcviz.manuscript.items import gather
from lcviz.manuscript.methods import methods
from lcviz.study import Study
from lcviz.study.check_records import keep_check
from lcviz.study.statistics import DENSITY_COLUMNS, read_histograms, write_densities
from lcviz.taxonomy import AXES, BANDS
from precompute.__main__ import app
from precompute.stages.cards import write_cards

FIGURES = [f"figure-{number}" for number in range(1, 8)]
TABLES = ["table-1", "table-2-bands", "table-2-classes", "table-3", "table-4", "table-5"]


def add_densities(study: Study) -> None:
    found, rows = read_histograms(study), []
    for axis in AXES:
        counts = found.by(axis)
        for band, name in enumerate(BANDS):
            grid = density_grid(sum(of_group[band] for of_group in counts.values()))
            for group, of_group in counts.items():
                values = density(of_group[band], grid=grid)[1]
                rows += [(axis, group, name, *pair) for pair in zip(grid, values, strict=True)]
    write_densities(study, pd.DataFrame(rows, columns=list(DENSITY_COLUMNS)))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = make_forecast_study(tmp_path_factory.mktemp("studies") / "50 % of_it & more")
    add_densities(study)
    return study


def write(study: Path, out: Path, *options: str) -> str:
    arguments = ["paper", "--study", str(study), "--out", str(out), *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def written(study: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("papers") / "paper"
    (out / "tables").mkdir(parents=True)
    (out / "tables" / "my own.txt").write_text("kept")
    return out, write(study.path, out, "--author", "Lovelace, Ada", "--author", "The Lab")


@pytest.fixture(scope="module")
def of_published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("papers") / "published"
    return out, write(ROOT / "studies" / "published", out)


def test_every_table_and_figure_of_the_paper_is_there(written) -> None:
    out, said = written
    for name in FIGURES:
        assert all((out / "figures" / f"{name}.{s}").is_file() for s in ("svg", "pdf", "png"))
    for name in TABLES:
        assert all((out / "tables" / f"{name}.{s}").is_file() for s in ("csv", "tex"))
    for name in ("gap-continents", "class-mix-continents", "receipts-seasons"):
        assert len(pd.read_csv(out / "tables" / f"{name}.csv")) > 0
    assert "not in this study: Truth: The dataset has no better labels" in said
    assert (out / "tables" / "my own.txt").read_text() == "kept"
    assert not list(out.rglob(".*"))


def test_figures_have_the_width_of_a_column_or_two_and_bring_their_letters(written) -> None:
    out, _ = written
    widths = {round(mm / 25.4 * DPI) for mm in (COLUMN_MM, PAGE_MM)}
    for file in (out / "figures").glob("*.png"):
        with Image.open(file) as picture:
            assert min(abs(picture.width - width) for width in widths) <= 1, file
            assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    for file in (out / "figures").glob("*.pdf"):
        content = file.read_bytes()
        assert b"/FontFile2" in content and b"/Type3" not in content, file
    for file in (out / "figures").glob("*.svg"):
        content = file.read_text()
        assert "<text" not in content, file
        links = re.findall(r'href="([^"]{1,40})', content)
        assert all(link.startswith(("#", "data:image/png")) for link in links), file


@pytest.mark.parametrize("which", ["written", "of_published"])
def test_nothing_is_cut_off_at_an_edge(which: str, request: pytest.FixtureRequest) -> None:
    out, _ = request.getfixturevalue(which)
    for file in (out / "figures").glob("*.png"):
        pixels = np.asarray(Image.open(file).convert("L"))
        edges = (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:])
        assert all((edge > 250).all() for edge in edges), file


def test_the_same_study_gives_the_same_figures(study: Study, written, tmp_path: Path) -> None:
    from lcviz.figures.paper.sheet import save  # noqa: PLC0415

    (chart,), _ = gather(study, [part for part in PARTS if part[0].startswith("Figure 5")][:1])
    for file in save(chart.figure, tmp_path, chart.name):
        assert file.read_bytes() == (written[0] / "figures" / file.name).read_bytes()


def test_a_caption_says_n_and_seed_and_what_is_synthetic(study: Study, written) -> None:
    captions = (written[0] / "captions.md").read_text().split("\n\n")[1:]
    of_this_study = [c for c in captions if "ublished" not in c and "(bands)" not in c]
    assert len(of_this_study) > 25
    for caption in of_this_study:
        assert "All imagery and labels are synthetic" in caption
        assert f"seed {study.info.seed}" in caption
        assert re.search(r"\bn = \d|\bn = (pixels|patches|up to \d)", caption), caption


def test_one_page_shows_all_and_needs_nothing_from_elsewhere(written) -> None:
    out, _ = written
    html = (out / "index.html").read_text()
    for link in re.findall(r'(?:href|src)="([^"]{1,80})', html):
        if link.startswith(("#", "data:image/svg+xml;base64,")):
            continue
        assert (out / link).is_file(), link
    files = [*(out / "figures").glob("*.svg"), *(out / "tables").glob("*.tex")]
    for file in files:
        assert f'id="{file.stem}"' in html
    assert html.count("<img ") == len(list((out / "figures").glob("*.svg")))
    assert "50 % of_it &amp; more" in html
    assert "<script" not in html


def test_methods_and_citation_are_filled_in_from_the_study(study: Study, written) -> None:
    out, _ = written
    methods = (out / "methods.md").read_text()
    assert "n = 9 scenes with 27 patches" in methods
    assert "n = 2 models were trained from scratch" in methods
    assert "learning rate 0.001" in methods
    assert "None" not in methods and "nan" not in methods
    cff = (out / "CITATION.cff").read_text()
    assert cff.startswith("#") and "cff-version: 1.2.0" in cff
    assert '  - family-names: "Lovelace"\n    given-names: "Ada"\n  - name: "The Lab"' in cff
    for key in ("message:", "title:", "authors:", "references:"):
        assert re.search(rf"^{key}", cff, re.M)


def test_cards_of_the_models_are_there(study: Study, written) -> None:
    for name in study.experiments():
        folder = written[0] / "models" / name
        assert (folder / "README.md").read_text().startswith(f"# Model card: {name}")
        assert json.loads((folder / "stac.json").read_text())["id"] == name


def test_the_published_study_gives_its_facts_and_says_what_it_lacks(of_published) -> None:
    out, said = of_published
    for number, table in (("4", published.table_4()), ("5", published.table_5())):
        axis = "continent" if number == "4" else "season"
        rows = pd.read_csv(out / "tables" / f"table-{number}-published.csv")
        mean = rows.pivot(index="trained_on", columns="tested_on", values="mean")
        assert (mean.loc[table.mean.index, table.mean.columns] == table.mean).all(axis=None)
        tex = (out / "tables" / f"table-{number}-published.tex").read_text()
        cell = matrix_cells(published_matrix(table, axis)).iloc[0, 1].replace("±", r"$\pm$")
        assert cell in tex
    assert int(pd.read_csv(out / "tables" / "table-1.csv").All.iloc[-1]) == 180_662
    assert {f.stem for f in (out / "figures").glob("*.pdf")} >= {"figure-5", "figure-6", "figure-7"}
    reasons = said.partition("not in this study: ")[2]
    assert reasons.startswith("Table 4, Table 5, Figures 1 and 2, Figure 3 across continents")
    assert said.count("This study holds only what is published") == 1
    assert "Nothing was measured" in (out / "methods.md").read_text()


@pytest.mark.parametrize("which", ["written", "of_published"])
def test_it_compiles(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    tex = shutil.which("pdflatex")
    if tex is None:
        pytest.skip("no pdflatex on the PATH")
    out, _ = request.getfixturevalue(which)
    command = [tex, "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={tmp_path}"]
    done = subprocess.run(
        [*command, "paper.tex"], cwd=out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000
    assert "Missing character" not in (tmp_path / "paper.log").read_text(errors="replace")


def test_a_part_that_is_damaged_stops_no_other(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hurt = Study.open(shutil.copytree(study.path, tmp_path / "hurt"))
    (hurt.path / "results.parquet").write_bytes(b"no table")
    (hurt.path / "landscapes" / "k16" / "clusters.parquet").unlink()
    (hurt.path / "densities.parquet").unlink()
    first, second = hurt.experiments()
    hurt.model_file(first).write_text("{}")
    hurt.weights_file(second).write_bytes(b"\xff" * 20)
    items, lacking = gather(hurt, PARTS)
    whole, _ = gather(study, PARTS)
    reasons = {each.title: each.why for each in lacking}
    for title in ("Table 4", "Table 5", "The gap across continents"):
        assert "results.parquet cannot be read" in reasons[title]
    # Of the sixteen clusters nothing is left, so that the largest other number stands in.
    histograms = next(item for item in items if item.name == "figure-5")
    assert "K = 4" in histograms.caption
    assert "densities.parquet is not there" in reasons["Figure 3 across seasons"]
    assert f"{first}/model.json cannot be read" in reasons["Models"]
    lost = {item.name for item in whole} - {item.name for item in items}
    kept = ("table-1", "table-3", "figure-1", "models", "quartiles", "receipts-continents")
    assert not lost.intersection(kept)
    sections = dict(methods(hurt))
    (hurt.path / "scenes.parquet").unlink()
    assert dict(methods(hurt))["Data"][0].startswith("Not told by this study: scenes.parquet is")
    assert "n = 9 scenes" in " ".join(sections["Data"])
    write_cards(hurt, tmp_path / "cards")
    said = " ".join(capsys.readouterr().out.split())
    assert f"no card of {first}" in said and f"no card of {second}" in said
    assert not (tmp_path / "cards").exists()


def test_a_folder_that_cannot_be_written_is_said(study: Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    arguments = ["paper", "--study", str(study.path), "--out", str(tmp_path / "file")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "cannot be written" in result.output
    assert (tmp_path / "file").read_text() == "mine"


def test_csv_holds_every_digit(study: Study, written) -> None:
    table = pd.read_csv(BytesIO((written[0] / "tables" / "table-4.csv").read_bytes()))
    rows = study.results().query("axis == 'continent' and split in ('home', 'test')")
    rows = rows[rows.test_group.notna() & rows.accuracy.notna()]
    expected = rows.groupby(["train_group", "test_group"]).accuracy.mean()
    found = table.set_index(["trained_on", "tested_on"])["mean"]
    assert np.allclose(found.sort_index(), expected.sort_index(), atol=1e-15)


def test_checks_with_labels_stand_beside_their_forecasts(study: Study, tmp_path: Path) -> None:
    checked = Study.open(shutil.copytree(study.path, tmp_path / "checked"))
    part = [part for part in PARTS if part[0] == "Maps checked with labels"]
    assert gather(checked, part)[1][0].why == "No check with labels was kept with the study."
    of_map = {"promised": 0.6, "promised_low": 0.5, "promised_high": 0.7, "measured": 0.55}
    keep_check(checked, {"check": "a", "maps": {"m": of_map | {"low": 0.4, "high": 0.7, "n": 50}}})
    keep_check(checked, {"check": "b", "maps": {"m": {"measured": "<b>", "n": []}, "k": 3}})
    keep_check(checked, {"check": "c", "maps": "none"})
    ((table,), _) = gather(checked, part)
    assert table.table.measured.tolist() == [0.55]
    row = table.printed.iloc[0]
    assert row["Forecast (%) [80%]"] == "60.0 [50.0, 70.0]"
    assert row["Measured (%) [95%]"] == "55.0 [40.0, 70.0]"
    assert "n = 50 labels in 1 checks" in table.caption

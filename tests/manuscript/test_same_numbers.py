"""What a file of the manuscript holds is what the page shows, on the study that ships."""

from collections.abc import Callable, Iterable

import pandas as pd
import pytest
from page_elements import text
from places import ROOT
from streamlit.testing.v1 import AppTest

from lcviz.distributions.curves import side_by_side, smoothed
from lcviz.manuscript import bands, dataset, forecasts, landscapes, transfer
from lcviz.manuscript.items import Item, Table, unmarked
from lcviz.study import Study
from lcviz.study.statistics import read_densities, read_histograms
from lcviz.taxonomy import AXES, BANDS
from lcviz.words import percent, points

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
DEMO = ROOT / "studies" / "demo"
pytestmark = pytest.mark.skipif(
    not (DEMO / "results.parquet").is_file(), reason="the demo's models are not trained"
)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.open(DEMO)


def named(items: Iterable[Item], name: str) -> Item:
    return next(item for item in items if item.name == name)


def shown_tables(app: AppTest) -> list[pd.DataFrame]:
    return [element.value for element in [*app.main.dataframe, *app.main.table]]


@pytest.mark.parametrize("axis", AXES)
def test_the_gap(study: Study, axis: str, open_page: Open) -> None:
    table = named(transfer.gap(study, axis), f"gap-{axis}s")
    assert isinstance(table, Table)
    app = open_page("generalization", DEMO, axis=axis)
    every = table.table.iloc[-1]
    metrics = {metric.label: metric.value for metric in app.main.metric}
    assert metrics["At home"] == percent(every.home)
    assert metrics["Elsewhere"] == percent(every.elsewhere)
    assert metrics["Gap"] == points(every.gap)
    low = points(every.gap_low).removesuffix(" points")
    high = points(every.gap_high).removesuffix(" points")
    assert f"95%: {low} to {high}" in text(app)
    by_model = next(t for t in shown_tables(app) if "Gap, points" in t)
    of_models = table.table.iloc[:-1]
    assert by_model.index.tolist() == of_models["Trained on"].tolist()
    for shown, kept, form in (
        ("Home, %", "home", ".1f"),
        ("Elsewhere, %", "elsewhere", ".1f"),
        ("Gap, points", "gap", "+.1f"),
    ):
        assert by_model[shown].tolist() == [f"{100 * value:{form}}" for value in of_models[kept]]


@pytest.mark.parametrize("axis", AXES)
def test_the_train_x_test_table(study: Study, axis: str, open_page: Open) -> None:
    number = transfer.NUMBERS[axis]
    table = named(transfer.transfer_tables(study, axis), f"table-{number}").table
    row = table.loc[table[table.trained_on != table.tested_on]["mean"].idxmax()]
    app = open_page("generalization", DEMO, axis=axis, train=row.trained_on, test=row.tested_on)
    assert percent(row["mean"]) in {m.value for m in app.main.metric} | set(text(app).split())
    scenes = next(t for t in shown_tables(app) if "Scene" in t)
    assert scenes["Overall accuracy, %"].mean() == pytest.approx(100 * row["mean"])
    assert scenes["Overall accuracy, %"].notna().sum() == row.scenes


def test_tables_1_to_3(study: Study, open_page: Open) -> None:
    shown = shown_tables(open_page("overview", DEMO))
    ours = named(dataset.table_1(study), "table-1").table
    assert any(t.reset_index().equals(ours) for t in shown)
    ours = named(dataset.table_3(study), "table-3").table
    assert any(t.equals(ours) for t in shown)
    ours = named(dataset.table_2(study), "table-2-bands").table
    assert any(t.equals(ours) for t in shown)


def test_quartiles_and_densities_of_the_bands(study: Study, open_page: Open) -> None:
    ours = named(bands.quartiles(study), "quartiles").table
    beside = side_by_side(ours).set_index("Band")
    assert any(t.equals(beside) for t in shown_tables(open_page("distributions", DEMO)))
    kept = read_densities(study)
    counts = read_histograms(study).by("continent")["Africa"]
    for number, band in enumerate(BANDS):
        rows = kept[(kept.axis == "continent") & (kept.group == "Africa") & (kept.band == band)]
        page = smoothed(counts, 1.0, rows.dn.to_numpy())[number]
        assert rows.density.to_numpy() * 1e4 == pytest.approx(page, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("axis", AXES)
def test_landscapes_and_similarity(study: Study, axis: str, open_page: Open) -> None:
    suffix = "" if axis == "continent" else "-seasons"
    probability = named(landscapes.figure_7(study, axis), f"figure-7{suffix}")
    app = open_page("landscapes", DEMO, view="probability", axis=axis)
    said = unmarked(text(app))
    assert all(part in said for part in probability.caption.partition("numbered ")[2][20:].split(
        "All imagery")[0].strip().removeprefix("bright. ").split(". ")[:1])  # fmt: skip
    similarity = named(landscapes.similarity(study, axis), f"similarity-{axis}s")
    said = unmarked(text(open_page("landscapes", DEMO, view="transfer", axis=axis)))
    rho = similarity.caption.partition("Spearman's rho ")[2].partition(",")[0]
    assert f"Spearman's rho {rho}" in said


@pytest.mark.parametrize("axis", AXES)
def test_receipts_of_the_forecasts(study: Study, axis: str, open_page: Open) -> None:
    ours = named(forecasts.receipts(study, axis), f"receipts-{axis}s")
    assert isinstance(ours, Table)
    app = open_page("transfer", DEMO, axis=axis)
    assert any(t.equals(ours.printed) for t in shown_tables(app))

"""The generalisation page, clicked by Chromium."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from page_at_rest import (
    click_in_figure,
    come_to_rest,
    fits_the_screen,
    insist,
    pick_by_keyboard,
)
from page_at_rest import open_page as open_any_page
from playwright.sync_api import Locator, Page, expect

from lcviz.generalization.tables import TransferMatrix, score_scenes, transfer_matrix
from lcviz.metrics import MEASURES
from lcviz.study import Study


@pytest.fixture(scope="session")
def matrix(study_path) -> TransferMatrix:
    results = Study.open(study_path).results()
    return transfer_matrix(
        score_scenes(results, "continent", MEASURES["accuracy"]), "continent", resamples=2
    )


def open_page(page: Page, address: str) -> None:
    open_any_page(page, address, "Generalisation")
    expect(matrix_chart(page)).to_be_visible()


def matrix_chart(page: Page) -> Locator:
    return page.locator(".st-key-transfer-matrix .js-plotly-plot")


def click_cell(page: Page, matrix: TransferMatrix, trained: str, tested: str) -> None:
    click_in_figure(
        page,
        matrix_chart(page),
        """(chart, [x, y]) => {
            const {xaxis, yaxis} = chart._fullLayout;
            const {left, top} = chart.getBoundingClientRect();
            return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)];
        }""",
        [matrix.groups.index(tested), matrix.groups.index(trained)],
    )


def pair(page: Page) -> list[str]:
    query = parse_qs(urlparse(page.url).query)
    return [query.get(name, [""])[0] for name in ("train", "test")]


def box(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def test_the_page_draws_every_figure_and_fits_the_screen(page: Page, app: str) -> None:
    open_page(page, f"{app}/generalization")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    for name in ("home-and-away-continents", "scenes", "confusion"):
        expect(page.locator(f".st-key-figure-{name} .js-plotly-plot")).to_be_visible()
    assert fits_the_screen(page)


def test_a_click_picks_the_cell_and_a_second_click_does_again(
    page: Page, app: str, matrix: TransferMatrix
) -> None:
    away = [(trained, tested) for trained, tested, _ in matrix.pairs()]
    first, second = away[0], away[-1]
    open_page(page, f"{app}/generalization")
    for trained, tested in (second, first):
        click_cell(page, matrix, trained, tested)
        expect(box(page, "Tested on")).to_have_value(tested)
        expect(box(page, "Trained on")).to_have_value(trained)
        assert pair(page) == [trained, tested]
    pick_by_keyboard(page, "Tested on", second[1])
    page.wait_for_url(re.compile(f"test={second[1].replace(' ', '(%20|[+])')}"))
    click_cell(page, matrix, *first)
    expect(box(page, "Tested on")).to_have_value(first[1])


def test_the_table_can_be_saved(
    page: Page, app: str, study_path: Path, matrix: TransferMatrix
) -> None:
    open_page(page, f"{app}/generalization")
    trained, tested, mean = next(matrix.pairs())
    study = Study.open(study_path)
    for button, said in (
        ("CSV", f"{trained},{tested},{mean:.6f}"),
        ("LaTeX", rf"{mean:.3f} $\pm$ {matrix.std.loc[trained, tested]:.3f}"),
    ):
        with page.expect_download() as saved:
            # At rest the first is the table's.
            page.get_by_test_id("stDownloadButton").filter(has_text=button).first.click()
        text = saved.value.path().read_text(encoding="utf-8")
        assert said in text
        assert ("Synthetic." in text) == (button == "LaTeX" and study.is_demo)


def test_a_figure_can_be_saved_where_it_stands(page: Page, app: str, study_path: Path) -> None:
    open_page(page, f"{app}/generalization")
    page.get_by_role("button", name="Save figure").first.click()
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu).to_be_visible()
    come_to_rest(page)
    for file_format, magic in (("PDF", b"%PDF"), ("PNG", b"\x89PNG"), ("SVG", b"<?xml")):
        with page.expect_download() as saved:
            menu.get_by_role("button", name=file_format).first.click()
        name = saved.value.suggested_filename
        assert name.startswith(f"lcviz_{study_path.name}_")
        assert name.endswith(file_format.lower())
        assert saved.value.path().read_bytes().startswith(magic)


def test_a_scene_of_the_table_opens_on_the_world_map(page: Page, app: str, matrix) -> None:
    trained, tested, _ = next(matrix.pairs())
    open_page(page, f"{app}/generalization?train={trained}&test={tested}")
    table = page.locator(".st-key-scenes-of-cell canvas").first
    expect(table).to_be_visible()
    table.evaluate("table => table.scrollIntoView({block: 'center'})")
    come_to_rest(page)
    place = table.bounding_box()
    assert place is not None
    cursor = "table => getComputedStyle(table).cursor"

    def find_link() -> None:  # it is drawn on a canvas, which a busy machine draws late
        for x in range(20, int(place["width"]), 10):
            page.mouse.move(place["x"] + x, place["y"] + 52)
            page.wait_for_timeout(50)
            if table.evaluate(cursor) == "pointer":
                page.wait_for_timeout(200)
                assert table.evaluate(cursor) == "pointer"
                return
        raise AssertionError("no link in the table's first row")

    insist(find_link)
    with page.context.expect_page() as opened:
        page.mouse.down()
        page.mouse.up()
    expect(opened.value.locator("h1")).to_have_text("World map")
    assert parse_qs(urlparse(opened.value.url).query)["model"] == [f"continent-{trained.lower()}"]

"""The page that forecasts accuracy, used in Chromium."""

import re
from collections.abc import Iterator

import pytest
from forecast_study import SIMPLE, make_forecast_study
from page_at_rest import click_in_figure, come_to_rest, fits_the_screen, map_frame
from playwright.sync_api import Page, expect
from served_app import serve
from study_factory import EXPERIMENT, PATCHES, TEST_SCENE


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a study whose networks are few, so that a forecast takes seconds."""
    folder = tmp_path_factory.mktemp("transfer")
    study = make_forecast_study(folder / "tiny")
    with serve(study.path, folder) as address:
        yield address


PLACE_OF_DOT = """(chart, experiment) => {
    const layout = chart._fullLayout;
    const trace = chart._fullData.find(t => t.customdata[0][0] === experiment);
    const {left, top} = chart.getBoundingClientRect();
    return [left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[0]),
            top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[0])];
}"""
"""Of a model's dot in the figure, in the window."""


# A forecast is long: once, where room is scarce.
@pytest.mark.parametrize("page", [400], indirect=True, ids=["phone"])
def test_a_patch_is_forecast_and_another_model_picked_by_its_dot(page: Page, app: str) -> None:
    page.goto(f"{app}/transfer?scene={TEST_SCENE}&patch={PATCHES[0]}&model={EXPERIMENT}")
    expect(page.get_by_text("Forecast highest: Africa")).to_be_visible()
    expect(page.get_by_text("change class")).to_be_visible(timeout=180_000)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator(".st-key-transfer-pictures img")).to_have_count(6)
    assert fits_the_screen(page)
    come_to_rest(page)
    page.get_by_text("All 2 models as a table and a figure").click()
    chart = page.locator(".st-key-transfer-forecasts .js-plotly-plot")
    click_in_figure(page, chart, PLACE_OF_DOT, SIMPLE)
    page.wait_for_url(re.compile(rf"model={SIMPLE}"))
    expect(page.get_by_text("nothing to adapt")).to_be_visible()
    come_to_rest(page)
    page.get_by_role("link", name="Predict with Africa").click()
    page.wait_for_url(re.compile(rf"/predict\?.*model={EXPERIMENT}"))
    expect(page.locator("img.over")).to_be_visible()


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
def test_a_box_is_drawn_on_the_map(page: Page, app: str) -> None:
    page.goto(f"{app}/transfer?source=box&box=0,-90,1,-80")
    expect(page.get_by_text("No scene lies in this box")).to_be_visible()
    frame = map_frame(page)
    frame.get_by_role("button", name="Draw a box").click()
    # Around Asia's one scene, in pixels of the map as it lies now.
    corners = frame.evaluate(
        "[[45, 95], [20, 115]].map(p => {const q = window.map.latLngToContainerPoint(p);"
        "return [q.x, q.y];})"
    )
    element = frame.frame_element()
    element.scroll_into_view_if_needed()
    come_to_rest(page)
    box = element.bounding_box()
    assert box is not None
    (x0, y0), (x1, y1) = ((box["x"] + x, box["y"] + y) for x, y in corners)
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()
    expect(page.get_by_text("1 of 9 scenes lie in the box: Asia 1.")).to_be_visible()
    page.wait_for_url(re.compile("box=9[0-9]"))
    assert fits_the_screen(page)

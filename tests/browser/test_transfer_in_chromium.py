"""The page that forecasts accuracy, used in Chromium."""

import re
from collections.abc import Iterator

import pytest
from app_in_chromium import serve
from forecast_study import SIMPLE, make_forecast_study
from playwright.sync_api import Page, expect
from study_factory import EXPERIMENT, PATCHES, TEST_SCENE

pytest_plugins = ("app_in_chromium",)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a study whose networks are few, so that a forecast takes seconds."""
    folder = tmp_path_factory.mktemp("transfer")
    study = make_forecast_study(folder / "tiny")
    with serve(study.path, folder) as address:
        yield address


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


PLACE_OF_DOT = """(chart, experiment) => {
    chart.scrollIntoView({block: "center"});
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
    expect(page.get_by_text("Best here: Africa")).to_be_visible()
    expect(page.get_by_text("change class")).to_be_visible(timeout=90_000)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator(".st-key-transfer-pictures img")).to_have_count(6)
    assert fits(page)
    page.get_by_text("All 2 models as a table and a figure").click()
    chart = page.locator(".st-key-transfer-forecasts .js-plotly-plot")
    # The figure moves while its expander opens: a click may miss a dot.
    for _ in range(20):
        page.mouse.click(*chart.evaluate(PLACE_OF_DOT, SIMPLE))
        page.wait_for_timeout(1500)
        if f"model={SIMPLE}" in page.url:
            break
    page.wait_for_url(re.compile(rf"model={SIMPLE}"))
    expect(page.get_by_text("nothing to adapt")).to_be_visible()
    page.get_by_role("link", name="Predict with Africa").click()
    page.wait_for_url(re.compile(rf"/predict\?.*model={EXPERIMENT}"))
    expect(page.locator("img.over")).to_be_visible()


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
def test_a_box_is_drawn_on_the_map(page: Page, app: str) -> None:
    page.goto(f"{app}/transfer?source=box&box=0,-90,1,-80")
    expect(page.get_by_text("No scene lies in this box")).to_be_visible()
    element = page.wait_for_selector('iframe[title^="streamlit_folium"]')
    frame = element.content_frame()
    assert frame is not None
    frame.wait_for_function("window.map !== undefined && window.map._loaded")
    frame.get_by_role("button", name="Draw a box").click()
    # Around Asia's one scene, in pixels of the map as it lies now.
    corners = frame.evaluate(
        "[[45, 95], [20, 115]].map(p => {const q = window.map.latLngToContainerPoint(p);"
        "return [q.x, q.y];})"
    )
    # The page may still move while it is drawn.
    element.scroll_into_view_if_needed()
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
    assert fits(page)

"""The landscapes page, clicked by Chromium."""

import re

import pytest
from page_at_rest import click_in_figure, come_to_rest, fits_the_screen
from page_at_rest import open_page as open_any_page
from playwright.sync_api import Locator, Page, expect

from lcviz.study import Study
from lcviz.study.landscapes import read_clusters

K = 16


def open_view(page: Page, app: str, view: str) -> None:
    open_any_page(page, f"{app}/landscapes?view={view}&cluster=3", "Landscapes")
    expect(page.get_by_role("heading", name=re.compile("^3 · "))).to_be_visible()
    expect(page.locator(".st-key-figure-spectrum .js-plotly-plot")).to_be_visible()
    come_to_rest(page)


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .js-plotly-plot")


def click_bar(page: Page, key: str, cluster: int) -> None:
    """Click in the middle of a cluster's longest bar."""
    click_in_figure(
        page,
        chart(page, key),
        """(chart, cluster) => {
            const bars = chart._fullData
                .filter(trace => trace.type === "bar")
                .map(trace => chart.calcdata[trace.index].find(
                    bar => trace.customdata[bar.i][0] === cluster))
                .map((bar, row) => [bar, chart.calcdata[row][0].trace])
                .sort(([a], [b]) => Math.abs(b.s) - Math.abs(a.s));
            const [bar, trace] = bars[0];
            const layout = chart._fullLayout;
            const x = layout[trace.xaxis === "x" ? "xaxis" : "xaxis" + trace.xaxis.slice(1)];
            const y = layout[trace.yaxis === "y" ? "yaxis" : "yaxis" + trace.yaxis.slice(1)];
            const {left, top} = chart.getBoundingClientRect();
            const [along, across] = [(bar.s0 + bar.s1) / 2, bar.p];
            const [px, py] = trace.orientation === "h" ? [along, across] : [across, along];
            return [left + x._offset + x.l2p(px), top + y._offset + y.l2p(py)];
        }""",
        cluster,
    )


def expect_cluster(page: Page, cluster: int) -> None:
    page.wait_for_url(re.compile(rf"[?&]cluster={cluster}\b"))
    expect(page.get_by_role("heading", name=re.compile(f"^{cluster} · "))).to_be_visible()


@pytest.mark.parametrize("view", ["gallery", "histograms", "components", "probability", "transfer"])
def test_a_view_fits_the_screen(page: Page, app: str, view: str) -> None:
    open_view(page, app, view)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    assert fits_the_screen(page)


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ("histograms", "landscape-histograms"),
        ("components", "landscape-loadings"),
        ("probability", "landscape-probabilities"),
    ],
)
def test_a_click_on_a_bar_picks_its_cluster(page: Page, app: str, view: str, key: str) -> None:
    open_view(page, app, view)
    for cluster in (6, 8):
        click_bar(page, key, cluster)
        expect_cluster(page, cluster)


def test_a_click_on_a_card_of_the_gallery_picks_its_cluster(page: Page, app: str) -> None:
    open_view(page, app, "gallery")
    # On the picture, over which the button reaches.
    page.locator(".st-key-landscape-card-8").click(position={"x": 40, "y": 40})
    expect_cluster(page, 8)


def test_a_representative_opens_on_the_world_map(page: Page, app: str, study_path) -> None:
    first = read_clusters(Study.open(study_path), K).representatives[3][0]
    scene, number = first.rsplit("_p", 1)
    open_view(page, app, "gallery")
    card = page.locator(f".st-key-landscape-picture-{first}")
    card.get_by_role("link", name=f"patch {number}").click()
    expect(page.locator("h1")).to_have_text("World map")
    page.wait_for_url(re.compile(rf"scene={scene}\b.*patch={number}\b"))


def test_the_components_can_be_turned(page: Page, app: str) -> None:
    open_view(page, app, "components&space=3")
    scene = chart(page, "figure-components-3")
    expect(scene.locator("canvas").first).to_be_visible()
    eye = "chart => JSON.stringify(chart._fullLayout.scene._scene.getCamera().eye)"
    scene.evaluate("chart => chart.scrollIntoView({block: 'center'})")
    come_to_rest(page)
    before = scene.evaluate(eye)
    scene.hover()
    place = scene.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.down()
    # The scene looks at the mouse once a frame, and a frame may take long without a GPU.
    for step in range(1, 11):
        page.mouse.move(x + 7 * step, y + 2 * step)
        page.wait_for_timeout(100)
    page.mouse.up()
    page.wait_for_function(
        f"before => ({eye})(document.querySelector("
        "'.st-key-figure-components-3 .js-plotly-plot')) !== before",
        arg=before,
    )

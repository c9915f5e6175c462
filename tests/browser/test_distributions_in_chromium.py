"""The distributions page, opened and clicked by Chromium."""

import re

import pandas as pd
import pytest
from page_at_rest import (
    come_to_rest,
    fits_the_screen,
    pick_by_keyboard,
)
from page_at_rest import open_page as open_any_page
from playwright.sync_api import Page, expect

from lcviz.distributions.curves import DN_STEP
from lcviz.study import Study
from lcviz.study.scene_table import scene_label, scene_table


@pytest.fixture(scope="session")
def scene(study_path) -> pd.Series:
    """Any but the first, which a list offers by itself."""
    scenes = scene_table(Study.open(study_path).scenes())
    return scenes[scenes.continent.notna()].iloc[1]


def open_page(page: Page, address: str) -> None:
    open_any_page(page, address, "Distributions")
    expect(page.locator(".st-key-figure-distributions .js-plotly-plot")).to_be_visible()


def expect_panels(page: Page, count: int) -> None:
    expect(page.locator(".st-key-figure-distributions .subplot")).to_have_count(count)


def test_the_page_draws_all_bands_and_fits_the_screen(page: Page, app: str) -> None:
    open_page(page, f"{app}/distributions")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator(".st-key-figure-distances .js-plotly-plot")).to_be_visible()
    expect_panels(page, 10)
    assert fits_the_screen(page)


def test_no_word_of_the_figures_is_cut_or_lies_upon_another(
    page: Page, app: str, scene: pd.Series
) -> None:
    open_page(page, f"{app}/distributions?scene={scene.scene_id}")
    clashes = page.evaluate(
        """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap(chart => {
            const frame = chart.getBoundingClientRect();
            const words = [...chart.querySelectorAll(
                ".annotation-text, .legendtext, .xtick text, .ytick text"
            )].filter(word => word.textContent.trim());
            const boxes = words.map(word => word.getBoundingClientRect());
            return boxes.flatMap((a, i) => [
                ...(a.left < frame.left - 1 || a.right > frame.right + 1 ? [words[i]] : []),
                ...boxes.slice(0, i).flatMap((b, j) =>
                    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
                    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4
                        ? [words[i], words[j]] : []),
            ]).map(word => word.textContent);
        })"""
    )
    assert clashes == []


def test_a_band_and_a_scene_are_shared_by_the_url(page: Page, app: str, scene: pd.Series) -> None:
    open_page(page, f"{app}/distributions")
    page.get_by_role("button", name="B8 nir1", exact=True).click()
    page.wait_for_url("**band=nir1*")
    come_to_rest(page)
    pick_by_keyboard(page, "Scene", scene_label(scene))
    page.wait_for_url(f"**scene={scene.scene_id}*")
    come_to_rest(page)
    drawn = page.locator(".st-key-figure-distributions").get_by_text(
        f"{scene.season} {scene.scene}", exact=True
    )
    expect(drawn).to_be_visible()
    page.goto(page.url)
    expect(drawn).to_be_visible()
    expect_panels(page, 1)
    come_to_rest(page)
    page.get_by_role("link", name="This image on the world map").click()
    page.wait_for_url(f"**/world_map?*scene={scene.scene_id}*")


def test_the_range_is_dragged_with_the_keyboard(page: Page, app: str) -> None:
    open_page(page, f"{app}/distributions")
    page.get_by_role("button", name=re.compile("More")).click()
    come_to_rest(page)
    low = page.get_by_role("slider", name="Range of DN").first
    before = int(low.get_attribute("aria-valuetext") or "")
    low.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**from={before + DN_STEP}&to=*")


def test_the_curves_can_be_saved(page: Page, app: str) -> None:
    open_page(page, f"{app}/distributions?band=blue&group=Asia")
    with page.expect_download() as saved:
        page.get_by_test_id("stDownloadButton").filter(has_text="Curves").click()
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0] == 'continent,band,dn,"Pixels per 100 DN, %"'
    assert all(line.startswith("Asia,blue,") for line in lines[1:]) and len(lines) > 20

"""A whole check by keyboard in Chromium: predicted, drawn, labelled, known; two people apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from page_at_rest import come_to_rest
from playwright.sync_api import Browser, Page, expect
from prediction_study import make_prediction_study, write_raster
from served_app import serve
from study_factory import EXPERIMENT

from lcviz.ui.check.label import AT_FIRST_S

POINTS = 4


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    study = make_prediction_study(tmp_path_factory.mktemp("live") / "tiny")
    with serve(study.path, tmp_path_factory.mktemp("server")) as address:
        yield address


def press(page: Page, key: str) -> None:
    """Look at the point as a person does, and press a key."""
    come_to_rest(page)
    page.wait_for_timeout(1000 * AT_FIRST_S)
    page.keyboard.press(key)


def give_name(page: Page, name: str) -> None:
    come_to_rest(page)
    box = page.get_by_label("Your name or initials")
    box.fill(name)
    box.press("Enter")


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_a_map_is_checked_by_keyboard_and_nothing_is_lost_with_the_browser(
    page: Page, app: str, browser: Browser, tmp_path: Path
) -> None:
    page.goto(f"{app}/predict?source=upload&model={EXPERIMENT}")
    page.locator('input[type="file"]').set_input_files(write_raster(tmp_path / "mine.tif"))
    page.get_by_role("button", name="Predict with one model").click()
    expect(page.locator("img.over")).to_be_visible()
    come_to_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Check it here").click()
    page.get_by_text("Choose the number of points").click()
    points = page.get_by_role("spinbutton", name="Points", exact=True)
    points.fill(str(POINTS))
    points.press("Enter")
    page.get_by_role("button", name=f"Draw {POINTS} points").click()
    give_name(page, "ann")
    progress = page.locator(".lcviz-progress").last
    expect(progress).to_contain_text(f"0 of {POINTS} points labelled by ann")
    expect(page.locator(".lcviz-surroundings img")).to_have_count(4)
    page.get_by_text("The outlined square").click()  # away from the text box
    press(page, "1")
    expect(progress).to_contain_text(f"1 of {POINTS}")
    expect(page.get_by_role("button", name="Undo").last).to_be_enabled()
    press(page, "z")
    expect(progress).to_contain_text(f"0 of {POINTS}")
    for done in range(1, POINTS):
        press(page, "8")
        expect(progress).to_contain_text(f"{done} of {POINTS}")
    address = page.url
    assert "check=mine-" in address
    # Another person on the same server sees nothing of it; whoever has the address goes on.
    other = browser.new_context()
    stranger = other.new_page()
    stranger.goto(f"{app}/check")
    expect(stranger.get_by_text("You have not predicted a map yet")).to_be_visible()
    stranger.goto(address)
    give_name(stranger, "ann")
    progress = stranger.locator(".lcviz-progress").last
    expect(progress).to_contain_text(f"{POINTS - 1} of {POINTS}")
    stranger.get_by_text("The outlined square").click()
    press(stranger, "3")
    expect(stranger.get_by_text(f"All {POINTS} points are labelled")).to_be_visible()
    stranger.get_by_role("button", name="See what the map is worth").click()
    expect(stranger.get_by_text("Map and labels agree at")).to_be_visible()
    expect(stranger.locator("img.lcviz-intervals")).to_have_count(3)
    come_to_rest(stranger)
    drawn = "imgs => imgs.every(img => img.naturalWidth > 0)"
    assert stranger.locator("img.lcviz-intervals").evaluate_all(drawn)
    with stranger.expect_download() as download:
        stranger.get_by_role("button", name="Report (HTML)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Check of mine" in text and "<svg" in text and "data:image/png" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    other.close()

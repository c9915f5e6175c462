"""The prediction page in Chromium: the map, a pixel, an upload, and who sees it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import rasterio
from page_at_rest import come_to_rest, fits_the_screen, insist, map_frame
from playwright.sync_api import Browser, Page, expect
from prediction_study import make_prediction_study, write_raster
from served_app import serve
from study_factory import EXPERIMENT, TEST_SCENE

BASE, OVER = "img.base", "img.over"


@pytest.fixture(scope="session")
def server_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def app(server_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    study = make_prediction_study(tmp_path_factory.mktemp("live") / "tiny")
    # A session that lost its browser may come back; here for a second, else for two minutes.
    with serve(study.path, server_files, "--server.disconnectedSessionTTL", "1") as address:
        yield address


def expect_map(page: Page) -> None:
    """The class map lies over its image, and fits the screen."""
    expect(page.locator(OVER)).to_be_visible()
    for picture in (BASE, OVER):
        expect(page.locator(picture)).to_have_js_property("complete", True)
        assert page.locator(picture).evaluate("img => img.naturalWidth") > 0
    come_to_rest(page)
    assert fits_the_screen(page)


def kept(server_files: Path, pattern: str) -> list[Path]:
    return list(server_files.glob(f"lcviz-sessions-*/session-*/{pattern}"))


def upload(page: Page, app: str, file: Path) -> None:
    page.goto(f"{app}/predict?source=upload&model={EXPERIMENT}")
    page.locator('input[type="file"]').set_input_files(file)


def test_a_click_asks_for_a_pixel_and_the_map_can_be_looked_through(page: Page, app: str) -> None:
    page.goto(f"{app}/predict?scene={TEST_SCENE}&model={EXPERIMENT}")
    expect_map(page)
    # The last: while a page is redrawn, what goes stands beside what comes.
    row, column = (page.get_by_role("spinbutton", name=name).last for name in ("Row", "Column"))
    expect(row).to_have_value("128")
    frame = page.get_by_role("application")
    box = frame.bounding_box()
    assert box is not None
    # In the middle of pixel (192, 64) of 256 x 256.
    frame.click(position={"x": box["width"] * 64.5 / 256, "y": box["height"] * 192.5 / 256})
    expect(row).to_have_value("192")
    expect(column).to_have_value("64")
    expect(page.locator(".lcviz-pixel")).to_be_visible()
    frame.press("ArrowRight")
    expect(column).to_have_value("65")
    page.get_by_label("Opacity of the map").fill("20")
    expect(page.locator(OVER)).to_have_css("opacity", "0.2")


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_the_map_is_on_the_first_screen_and_can_be_zoomed(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{app}/predict?scene={TEST_SCENE}&model={EXPERIMENT}")
    expect_map(page)
    frame = page.get_by_role("application")
    box = frame.bounding_box()
    assert box is not None and box["y"] + box["height"] <= 800
    row = page.get_by_role("spinbutton", name="Row").last
    page.get_by_role("button", name="Zoom in").click()
    # Twice as large around pixel (128, 128): a quarter down from the top is pixel 96.
    frame.click(position={"x": box["width"] / 2, "y": box["height"] * 0.251})
    expect(row).to_have_value("96")
    page.get_by_role("button", name="Stretch contrast").click()
    expect(page.get_by_role("button", name="Stretch contrast")).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_an_area_is_drawn_and_its_map_lies_on_the_world_map(
    page: Page, app: str, tmp_path: Path
) -> None:
    """By corners, then by keyboard alone; the fixture sees that nothing is fetched elsewhere."""
    upload(page, app, write_raster(tmp_path / "mine.tif"))
    page.get_by_text("Draw an area").click()
    frame = map_frame(page)
    frame.get_by_role("button", name="Draw a polygon").click()
    element = frame.frame_element()
    element.scroll_into_view_if_needed()
    come_to_rest(page)
    box = element.bounding_box()
    assert box is not None
    for x, y in ((0.45, 0.4), (0.55, 0.4), (0.55, 0.6), (0.45, 0.4)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.wait_for_url(re.compile("area=.*Polygon"))
    page.get_by_role("button", name="Forget the area").click()
    page.wait_for_url(re.compile(r"^(?!.*area=)"))

    page.get_by_text("Draw an area").click()
    frame = map_frame(page)
    frame.get_by_role("button", name="Take what the map shows").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"area=[-\d.]+(%2C|,)"))

    page.get_by_role("button", name="Predict with one model").click()
    expect_map(page)
    page.get_by_text("On the map").click()
    frame = map_frame(page)
    over = frame.locator("img.lcviz-classes")
    expect(over).to_be_visible()
    frame.get_by_label("Opacity of the map").fill("20")
    expect(over).to_have_css("opacity", "0.2")


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_an_upload_becomes_a_map_to_take_home_and_is_seen_by_nobody_else(
    page: Page, app: str, browser: Browser, server_files: Path, tmp_path: Path
) -> None:
    upload(page, app, write_raster(tmp_path / "mine.tif"))
    page.get_by_role("button", name="Predict with one model").click()
    expect_map(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Class map").click()
    with rasterio.open(download.value.path()) as result:
        assert (result.shape, result.crs.to_epsg()) == ((64, 96), 32632)
        assert result.tags()["LCVIZ_MODEL"] == EXPERIMENT
    assert len(kept(server_files, "upload-*/mine.tif")) == 1

    stranger = browser.new_context()
    other = stranger.new_page()
    other.goto(f"{app}/predict?source=upload&model={EXPERIMENT}")
    expect(other.locator('input[type="file"]')).to_be_attached()
    expect(other.get_by_text("mine.tif")).to_have_count(0)
    stranger.close()

    page.goto("about:blank")

    def expect_nothing_kept() -> None:
        page.wait_for_timeout(200)
        assert not kept(server_files, "upload-*") + kept(server_files, "result-*")

    insist(expect_nothing_kept)


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_what_is_no_geotiff_is_refused_and_the_next_one_is_taken(
    page: Page, app: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.tif"
    photo.write_bytes(b"\x89PNG")
    upload(page, app, photo)
    expect(page.get_by_text("photo.tif is no TIFF file")).to_be_visible()
    come_to_rest(page)
    page.get_by_role("button", name="Remove").click()
    page.locator('input[type="file"]').set_input_files(write_raster(tmp_path / "mine.tif"))
    expect(page.get_by_role("button", name="Predict with one model")).to_be_visible()

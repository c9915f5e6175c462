"""What a person does, done by Chromium."""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlparse

import pytest
from page_at_rest import (
    come_to_rest,
    fits_the_screen,
    insist,
    map_frame,
    open_page,
    pick_by_keyboard,
)
from playwright.sync_api import Frame, Page, expect

from lcviz.study import Study
from lcviz.study.scene_table import scene_label, scene_table

# The front page comes last: a fresh server must also cope with the address of a page.
PAGES = {"world_map": "World map", "generalization": "Generalisation", "": "lcviz"}


@pytest.fixture(scope="session")
def study(study_path: Path) -> Study:
    return Study.open(study_path)


def click_scene(page: Page, frame: Frame, scene_id: str) -> None:
    """Click a scene's circle with the mouse, once page and map stand still."""

    def click_it() -> None:
        come_to_rest(page)
        drawn = frame.evaluate(
            """id => {
                for (const layer of Object.values(window.map._layers)) {
                    if (layer.feature && layer.feature.properties.scene_id === id) {
                        window.map.setView(layer.getLatLng(), 6, {animate: false});
                        layer._path.id = id;
                        return true;
                    }
                }
            }""",
            scene_id,
        )
        assert drawn, f"{scene_id} is not on the map"
        # Fails where a late redraw took the circle away or put another one in its place.
        frame.locator(f"#{scene_id}").click(timeout=5_000)

    insist(click_it)


def choice(page: Page, name: str) -> str | None:
    return parse_qs(urlparse(page.url).query).get(name, [None])[0]


def select_box(page: Page, label: str):
    return page.get_by_role("combobox", name=label)


def pictures(page: Page):
    return page.locator(".lcviz-pictures img")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_without_an_error(page: Page, app: str, path: str) -> None:
    open_page(page, f"{app}/{path}")
    expect(page.locator("h1")).to_have_text(PAGES[path])
    expect(page).to_have_title(f"{'Overview' if path == '' else PAGES[path]} · lcviz")
    expect(page.locator('[data-testid="stException"], [data-testid="stAlert"]')).to_have_count(0)
    assert fits_the_screen(page)


CONTRASTS = """() => {
    function numbers(colour) { return colour.match(/[0-9.]+/g).map(Number); }
    function light(rgb) {
        const linear = rgb.map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    }
    function ground(element) {
        for (let at = element; at; at = at.parentElement) {
            const found = numbers(getComputedStyle(at).backgroundColor);
            if (found.length === 3 || found[3] === 1) return found.slice(0, 3);
        }
        return [255, 255, 255];
    }
    const text = "[data-testid=stCaptionContainer] p, [data-testid=stCaptionContainer] a";
    return [...document.querySelectorAll(text)].map(element => {
        let share = 1;
        for (let at = element; at; at = at.parentElement) share *= getComputedStyle(at).opacity;
        const below = ground(element), [r, g, b, a = 1] = numbers(getComputedStyle(element).color);
        const seen = [r, g, b].map((v, i) => share * a * v + (1 - share * a) * below[i]);
        const [dim, bright] = [light(seen), light(below)].sort((x, y) => x - y);
        return (bright + 0.05) / (dim + 0.05);
    });
}"""
"""WCAG 2's contrast ratio of each small text with the ground below it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_text_can_be_read(page: Page, app: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(page, app)
    expect(page.get_by_text("From the paper to here")).to_be_visible()
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 5
    assert min(contrasts) >= 4.5


def test_the_map_draws_every_scene_on_land(page: Page, app: str, study: Study) -> None:
    open_page(page, f"{app}/world_map")
    frame = map_frame(page)
    assert frame.evaluate("window.map.getSize().y") > 100
    drawn = frame.evaluate(
        """() => Object.values(window.map._layers)
            .filter(layer => layer.feature && layer.feature.properties.scene_id)
            .map(layer => layer.feature.properties.scene_id)"""
    )
    assert sorted(drawn) == sorted(study.scenes().scene_id)
    land = frame.evaluate(
        """() => Object.values(window.map._layers)
            .filter(layer => layer.feature && layer.feature.properties.kind === "land").length"""
    )
    assert land == 1
    expect(page.frame_locator("iframe").locator(".leaflet-land-pane canvas")).to_have_count(1)


def test_a_click_opens_the_scene_and_the_url_shares_it(page: Page, app: str, study: Study) -> None:
    scenes = list(scene_table(study.scenes()).itertuples())
    first = next(row for row in scenes if len(study.browsable(row.scene_id)) > 1)
    second = scenes[-1]
    open_page(page, f"{app}/world_map")
    frame = map_frame(page)
    for scene in (second, first):
        click_scene(page, frame, scene.scene_id)
        page.wait_for_url(f"**scene={scene.scene_id}*")
        expect(select_box(page, "Scene")).to_have_value(scene_label(scene))
    expect(pictures(page).first).to_be_visible()
    come_to_rest(page)
    page.get_by_role("button", name="arrow_forward").click()
    patch_id = study.browsable(first.scene_id)[1]
    number = patch_id.rpartition("_p")[2]
    page.wait_for_url(f"**patch={number}*")
    come_to_rest(page)
    shown = [picture.get_attribute("src") for picture in pictures(page).all()]
    page.goto(page.url)
    expect(select_box(page, "Scene")).to_have_value(scene_label(first))
    expect(select_box(page, "Patch")).to_have_value(re.compile(rf"^Patch {number} \(2 of \d+\)$"))
    come_to_rest(page)
    assert [picture.get_attribute("src") for picture in pictures(page).all()] == shown


def test_the_keyboard_alone_picks_scene_and_model(page: Page, app: str, study: Study) -> None:
    open_page(page, f"{app}/world_map")
    scene = scene_table(study.scenes()).iloc[-1]
    pick_by_keyboard(page, "Scene", scene_label(scene))
    page.wait_for_url(f"**scene={scene.scene_id}*")
    experiment = study.experiments()[-1]
    pick_by_keyboard(page, "Model trained on", study.model(experiment).train_group)
    page.wait_for_url(f"**model={experiment}*")
    assert choice(page, "scene") == scene.scene_id


def test_the_scenes_are_one_stop_and_arrow_keys_go_among_them(
    page: Page, app: str, study: Study
) -> None:
    open_page(page, f"{app}/world_map")
    frame = map_frame(page)
    expect(page.frame_locator("iframe").locator("path[role=button]")).to_have_count(
        len(study.scenes())
    )
    expect(page.frame_locator("iframe").locator('path[tabindex="0"]')).to_have_count(1)
    frame.locator('path[tabindex="0"]').focus()
    name = "document.activeElement.getAttribute('aria-label')"
    first = frame.evaluate(name)
    ways = ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp")
    for way in ways:
        page.keyboard.press(way)
        if frame.evaluate(name) != first:
            break
    reached = frame.evaluate(name)
    assert reached != first
    assert frame.locator('path[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    label = next(
        scene_label(row)
        for row in scene_table(study.scenes()).itertuples()
        if reached.startswith(scene_label(row))
    )
    expect(select_box(page, "Scene")).to_have_value(label)


def test_a_second_click_on_a_scene_opens_it_again(page: Page, app: str, study: Study) -> None:
    clicked, picked = (row for row in scene_table(study.scenes()).iloc[[0, -1]].itertuples())
    open_page(page, f"{app}/world_map")
    frame = map_frame(page)
    click_scene(page, frame, clicked.scene_id)
    page.wait_for_url(f"**scene={clicked.scene_id}*")
    come_to_rest(page)
    pick_by_keyboard(page, "Scene", scene_label(picked))
    page.wait_for_url(f"**scene={picked.scene_id}*")
    come_to_rest(page)
    click_scene(page, frame, clicked.scene_id)
    page.wait_for_url(f"**scene={clicked.scene_id}*")


def test_online_tiles_are_asked_for_only_once_ticked(
    page: Page, app: str, asked: list[str]
) -> None:
    page.route("**/*openstreetmap*/**", lambda route: route.abort())
    open_page(page, f"{app}/world_map")
    frame = map_frame(page)
    assert not [url for url in asked if "openstreetmap" in url]
    with page.expect_request(lambda request: "tile.openstreetmap.org" in request.url):
        frame.get_by_label("OpenStreetMap").check()
    page.goto("about:blank")  # Else the next tile may be asked for after this.
    asked.clear()


def test_the_pictures_share_a_crosshair(page: Page, app: str, study: Study) -> None:
    scene = next(s for s in study.scenes().scene_id if study.browsable(s))
    open_page(page, f"{app}/world_map?scene={scene}")
    frames = page.locator(".lcviz-pictures .frame")
    box = frames.nth(1).bounding_box()
    assert box is not None
    frames.nth(1).hover(position={"x": box["width"] / 4, "y": box["height"] / 2})
    expect(page.locator(".lcviz-pictures.pointed")).to_have_count(1)
    left = "frame => parseFloat(getComputedStyle(frame, '::before').left) / frame.clientWidth"
    assert frames.nth(0).evaluate(left) == pytest.approx(0.25, abs=0.02)
    page.mouse.move(1, 1)
    expect(page.locator(".lcviz-pictures.pointed")).to_have_count(0)


def test_another_sample_is_shared_by_the_url_and_opens_on_the_map(
    page: Page, app: str, study: Study
) -> None:
    open_page(page, app)
    # By name: while the page is drawn, another continent's link may stand first.
    continent = study.scenes().continent.dropna().iloc[0]
    link = page.locator('a[href*="patch="]').filter(has_text=continent)
    first = link.get_attribute("href")
    page.get_by_role("button", name="Other samples").click()
    page.wait_for_url("**sample=1*")
    expect(link).not_to_have_attribute("href", first)
    second = link.get_attribute("href")
    page.goto(page.url)
    expect(link).to_have_attribute("href", second)
    link.click()
    page.wait_for_url("**/world_map?*scene=*")
    for name, value in parse_qs(urlparse(second).query).items():
        assert choice(page, name) == value[0]
    number = re.escape(choice(page, "patch"))
    expect(select_box(page, "Patch")).to_have_value(re.compile(rf"^Patch {number} \("))

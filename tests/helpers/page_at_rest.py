"""When a page in Chromium has come to rest: only then is what a mouse aims at where it seems to be.

A busy machine is slow, not wrong: nothing here depends on how fast the page comes.
"""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Frame, Locator, Page, expect

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

_QUIET_MS = 500
_AT_REST = """quiet => {
    const app = document.querySelector('[data-testid="stApp"]');
    const moving = !app || app.dataset.testScriptState !== "notRunning"
        || document.fonts.status !== "loaded"
        || document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
        || [...document.images].some(image => !image.complete);
    const seen = "h1, h2, h3, p, a, button, input, img, iframe, canvas, .js-plotly-plot";
    const places = moving ? "" : [...document.querySelectorAll(seen)].map(element => {
        const {x, y, width, height} = element.getBoundingClientRect();
        return [x, y, width, height].map(Math.round).join();
    }).join(" ");
    const now = performance.now(), before = window.lcvizRest;
    if (moving || !before || before.places !== places) {
        window.lcvizRest = {places, since: now, looks: 0};
        return false;
    }
    before.looks += 1;
    return before.looks >= 10 && now - before.since >= quiet;
}"""
_MIDDLE_OF_FIGURE = """chart => chart.scrollIntoView({block: "center", behavior: "instant"})"""


def come_to_rest(page: Page) -> None:
    """Wait until no script runs, fonts and pictures are there, and nothing moves for a while."""
    page.evaluate("delete window.lcvizRest")
    page.wait_for_function(_AT_REST, arg=_QUIET_MS, timeout=PATIENCE_MS)


def open_page(page: Page, address: str, title: str = "") -> None:
    """Go to an address and wait until the page rests, under this headline if one is named."""
    page.goto(address)
    headline = page.locator("h1")
    expect(headline).to_have_text(title) if title else expect(headline).to_be_visible()
    come_to_rest(page)


def fits_the_screen(page: Page) -> bool:
    """Whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def insist(attempt: Callable[[], Any]) -> None:
    """Do it again while a redraw of the page makes it fail, as a person would."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            attempt()
        except (Error, AssertionError):  # what it was done to is no longer there
            if time.monotonic() > until:
                raise
        else:
            return


def click_in_figure(page: Page, chart: Locator, place_of: str, arg: Any = None) -> None:
    """Click in a Plotly figure that rests.

    Args:
        page: the page.
        chart: the figure.
        place_of: JavaScript function of the figure and `arg`, gives x and y in the window.
        arg: for it.
    """
    come_to_rest(page)  # while a page is redrawn, what goes stands beside what comes
    expect(chart).to_be_visible()
    chart.evaluate(_MIDDLE_OF_FIGURE)
    come_to_rest(page)
    place = chart.evaluate(place_of, arg)
    page.mouse.move(*place)
    page.mouse.click(*place)


def pick_by_keyboard(page: Page, label: str, option: str) -> None:
    """Type an option's name into a select box and take it, once the list offers it first."""
    box = page.get_by_role("combobox", name=label, exact=True)
    offered = page.locator('[role="option"][data-focused="true"]').get_by_text(option, exact=True)

    def type_it() -> None:
        page.keyboard.press("Escape")
        come_to_rest(page)
        box.focus()
        page.keyboard.type(option)
        offered.wait_for(timeout=5_000)  # a redraw may take what had been typed

    insist(type_it)
    page.keyboard.press("Enter")


def map_frame(page: Page) -> Frame:
    """The frame of the page's Leaflet map, once the map is drawn and the page rests."""
    come_to_rest(page)
    element = page.wait_for_selector('iframe[title^="streamlit_folium"]')
    frame = element.content_frame()
    assert frame is not None
    frame.wait_for_function("window.map !== undefined && window.map._loaded")
    return frame

"""How fast the app is on the whole of SEN12MS: `python benchmarks/app.py`.

A study with the tables of 252 scenes, 180,662 patches and ten models, and the demo study, each on a
server of its own, seen by a real Chromium. Content is there once the page's script has ended and
what it shows is drawn.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, Frame, Page, sync_playwright
from report import processor, write_section
from server import ROOT, Server, running_app

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from full_size_study import make_full_size_study

from lcviz.study import Study

PAGES = {
    "Overview": "lcviz",
    "World map": "World map",
    "Generalisation": "Generalisation",
    "Distributions": "Distributions",
    "Landscapes": "Landscapes",
    "Predict": "Predict",
    "Will it work here?": "Will it work here?",
}
"""Link in the sidebar -> title of the page."""
VIEWS = {
    "Histograms": "Which of them does each",
    "Components": "are alike",
    "Probability": "give their",
    "Transfer": "Does similarity predict",
    "Gallery": "What kinds of land",
}
"""View of the landscapes -> what its heading says."""
OPENS, CLICK, SESSION = "Opens, a server's first visitor", "A click on the map", "A session"
OPENS_NEXT, PREDICTED = "Opens, the next visitor", "Another patch, predicted"
TARGETS = {OPENS: 2000, OPENS_NEXT: 2000, CLICK: 800, PREDICTED: 800, SESSION: 300}
PAGE_TARGET = 1000
PATIENCE_MS = 60_000
_SHOWN = """title => {
    const heading = document.querySelector("h1"), app = document.querySelector(".stApp");
    return heading && heading.textContent === title
        && app.dataset.testScriptState === "notRunning";
}"""
_HEADED = """text => {
    const said = [...document.querySelectorAll("h3")].some(h => h.textContent.includes(text));
    return said && document.querySelector(".stApp").dataset.testScriptState === "notRunning";
}"""
_OPENED = """scene => {
    const said = [...document.querySelectorAll("[data-testid='stCaptionContainer']")]
        .some(caption => caption.textContent.endsWith(scene));
    return said && document.querySelector(".stApp").dataset.testScriptState === "notRunning";
}"""
_PREDICTED = """before => {
    const roots = [...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean);
    const map = roots.map(root => root.querySelector("img.over")).find(Boolean);
    return map && map.src && map.getAttribute("src") !== before && map.complete;
}"""
_DRAWN = """scenes => window.map && window.map._loaded && Object.values(window.map._layers)
    .filter(layer => layer.feature && layer.feature.properties.scene_id).length === scenes"""
_FIND = """scene => {
    for (const layer of Object.values(window.map._layers)) {
        if (layer.feature && layer.feature.properties.scene_id === scene) {
            window.map.setView(layer.getLatLng(), 6, {animate: false});
            layer._path.id = scene;
        }
    }
}"""


class Visitor:
    """One session: a browser window of its own."""

    def __init__(self, browser: Browser, server: Server, scenes: int) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.server, self.scenes = server, scenes

    def opens(self) -> None:
        """Go to the first page."""
        self.page.goto(self.server.address)
        self._wait(_SHOWN, PAGES["Overview"])

    def turn_to(self, name: str) -> None:
        """Change to a page by its link."""
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        self._wait(_SHOWN, PAGES[name])
        if name == "World map":
            self.map().wait_for_function(_DRAWN, arg=self.scenes, polling="raf")

    def change_view(self, name: str) -> None:
        """Change the view of the landscapes."""
        self.page.get_by_test_id("stMain").get_by_text(name, exact=True).first.click()
        self._wait(_HEADED, VIEWS[name])

    def map(self) -> Frame:
        """The map's frame."""
        element = self.page.wait_for_selector('iframe[title^="streamlit_folium"]')
        frame = element.content_frame()
        assert frame is not None
        return frame

    def see_all(self) -> None:
        """Visit every page once, from the first."""
        for name in [*list(PAGES)[1:], "Overview"]:
            self.turn_to(name)
            self.page.wait_for_timeout(300)

    def click_scene(self, scene_id: str) -> float:
        """Click a circle of the map; seconds until the panel shows the scene."""
        frame = self.map()
        frame.evaluate(_FIND, scene_id)
        self.page.wait_for_timeout(700)
        circle = frame.locator(f"#{scene_id}")
        circle.hover()
        start = time.perf_counter()
        self.page.mouse.down()
        self.page.mouse.up()
        self._wait(_OPENED, scene_id)
        return time.perf_counter() - start

    def predict_with(self, model: str) -> None:
        """Open the prediction page for one model; it predicts with all otherwise."""
        self.page.goto(f"{self.server.address}/predict?model={model}")
        self._wait(_SHOWN, PAGES["Predict"])
        self.page.wait_for_timeout(3000)

    def next_patch(self) -> None:
        """On the prediction page, go on to a patch that was not predicted yet."""
        before = self.page.locator("img.over").get_attribute("src")
        self.page.get_by_role("button", name="arrow_forward").click()
        self._wait(_PREDICTED, before or "")

    def _wait(self, condition: str, argument: str) -> None:
        self.page.wait_for_function(condition, arg=argument, polling="raf")


def timed(work: Callable[[], None]) -> float:
    """Seconds that it took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def shown(value: float | None, unit: str) -> str:
    """A figure, or nothing where it was not measured."""
    return "" if value is None else f"{value:,.0f} {unit}"


def measure(browser: Browser, path: Path, warm_rounds: int, sessions: int) -> dict[str, float]:
    """Milliseconds, and MB of memory, of one round on a fresh server."""
    study = Study.open(path)
    scenes = study.scenes().scene_id.tolist()
    times: dict[str, list[float]] = defaultdict(list)
    with running_app(path) as server:
        visitor = Visitor(browser, server, len(scenes))
        times[OPENS].append(timed(visitor.opens))
        for name in list(PAGES)[1:]:
            times[f"{name}, a server's first"].append(timed(lambda n=name: visitor.turn_to(n)))
            visitor.page.wait_for_timeout(500)
        visitor.turn_to("Landscapes")
        for name in VIEWS:
            visitor.change_view(name)
        for _ in range(warm_rounds):
            for name in PAGES:
                times[name].append(timed(lambda n=name: visitor.turn_to(n)))
                visitor.page.wait_for_timeout(500)
                if name == "Landscapes":
                    for view in VIEWS:
                        took = timed(lambda v=view: visitor.change_view(v))
                        times[f"Landscapes, {view.lower()}"].append(took)
                        visitor.page.wait_for_timeout(500)
        visitor.predict_with(study.experiments()[0])
        if visitor.page.locator("img.over").count():  # Where the dataset is at hand.
            for _ in range(warm_rounds + 1):
                visitor.page.wait_for_timeout(1500)
                times[PREDICTED].append(timed(visitor.next_patch))
            times[PREDICTED].pop(0)
        visitor.turn_to("World map")
        for place in range(warm_rounds + 1):
            times[CLICK].append(visitor.click_scene(scenes[-7 * (place + 1)]))
        times[CLICK].pop(0)  # the first loads zarr
        found = {name: 1000 * statistics.median(each) for name, each in times.items()}
        found["The server with one session"] = server.resident_mb()
        others = [Visitor(browser, server, len(scenes)) for _ in range(sessions)]
        next_opens = []
        for place, other in enumerate(others):
            next_opens.append(timed(other.opens))
            other.see_all()
            other.turn_to(list(PAGES)[place % len(PAGES)])
        added = server.resident_mb() - found["The server with one session"]
        found[SESSION] = added / sessions
        found[OPENS_NEXT] = 1000 * statistics.median(next_opens)
        for each in (visitor, *others):
            each.context.close()
    return found


def main(
    rounds: Annotated[int, typer.Option(help="servers started for each study")] = 1,
    warm_rounds: Annotated[int, typer.Option(help="visits of each page on a warm server")] = 3,
    sessions: Annotated[int, typer.Option(help="sessions besides the first")] = 6,
    study: Annotated[Path | None, typer.Option(help="a full-size study made before")] = None,
    report: Annotated[bool, typer.Option(help="put the table into RESULTS.md")] = True,
) -> None:
    """Measure, print a table, and put it into RESULTS.md."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise typer.BadParameter("This needs a Chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        full = study or make_full_size_study(Path(folder) / "full", ks=(8, 16), starts=10).path
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found: dict[str, list[dict[str, float]]] = {"full": [], "demo": []}
        for _ in range(rounds):
            for name, path in (("full", full), ("demo", ROOT / "studies" / "demo")):
                found[name].append(measure(browser, path, warm_rounds, sessions))
        browser.close()
    middle = {
        name: {what: statistics.median(one[what] for one in each) for what in each[0]}
        for name, each in found.items()
    }
    rows = []
    for what in dict.fromkeys([*middle["full"], *middle["demo"]]):
        value = middle["full"].get(what)
        unit = "MB" if what in (SESSION, "The server with one session") else "ms"
        warm = what.partition(",")[0] in PAGES and "first" not in what
        target = TARGETS.get(what, PAGE_TARGET if warm else None)
        demo = middle["demo"].get(what)
        rows.append(
            f"| {what} | {shown(value, unit)} | {'' if target is None else f'{target:,} {unit}'} "
            f"| {shown(demo, unit)} | {f'{value / demo:.2f}' if value and demo else ''} |"
        )
    lines = [
        "## App",
        "",
        f"`python benchmarks/app.py --rounds {rounds} --warm-rounds {warm_rounds} --sessions "
        f"{sessions}` on {processor()}, which Chromium shares with the server. Medians. Full size: "
        "252 scenes, 180,662 patches, ten models.",
        "",
        "| | full size | at most | demo | times the demo |",
        "|---|---|---|---|---|",
        *rows,
    ]
    if report:
        write_section("app", lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)

"""What a person does on the page Check it here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from page_elements import told
from streamlit.testing.v1 import AppTest

from lcviz.assessment.folder import Check
from lcviz.assessment.journal import Entry
from lcviz.taxonomy import CLASSES
from lcviz.ui.check import checks

Open = Callable[..., AppTest]


def drawn(app: AppTest) -> AppTest:
    app = app.button(key="check-draw").click().run()
    assert not app.exception
    assert told(app) == "", told(app)
    return app


def check_of(app: AppTest) -> Check:
    name = app.query_params["check"]
    name = name[0] if isinstance(name, list) else name
    return Check.open(checks._private_folder(), name)


def plan(open_page: Open, study: Path, **query: str) -> AppTest:
    app = open_page("check", study, **({"map-of": "server"} | query))
    return app.selectbox(key="check-file").select("classes.tif").run()


def label_all(check: Check, truth: np.ndarray, but: int = 0, labeller: str = "ann") -> None:
    """Label as the map says, but for some points."""
    table = check.sample().table
    names = [CLASSES[k] for k in truth[table["row"], table["column"]]]
    names[:but] = ["Barren"] * but
    check.journal.write(
        *(Entry(int(i), labeller, n) for i, n in zip(table.sample_id, names, strict=True))
    )


def small_check(open_page: Open, study: Path, points: int = 40) -> tuple[AppTest, Check]:
    app = plan(open_page, study)
    app.toggle(key="check-by-number").set_value(True).run()
    app.number_input(key="check-points").set_value(points).run()
    app = drawn(app)
    return app, check_of(app)

"""The app: `streamlit run app.py`, or `streamlit run app.py -- --study PATH`.

Streamlit reads this file when the server starts, for `app`, and again for each run of a visitor.
"""

from pathlib import Path

import streamlit as st
from streamlit import runtime

from lcviz.ui.pictures import load_style
from lcviz.ui.server import serving
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import choose_study

# A file: an icon by name would be fetched from the internet.
ICON = Path(__file__).parent / "static" / "icon.png"


def show_page() -> None:
    """The page that the visitor is at, with the choice of the study beside it."""
    # First: else the browser would fetch the icons of st.Page from the internet for its tab.
    st.set_page_config(page_title="lcviz", page_icon=ICON, layout="wide")
    page = st.navigation(
        [
            st.Page("pages/overview.py", title="Overview", icon=":material/home:", default=True),
            st.Page("pages/world_map.py", title="World map", icon=":material/public:"),
            st.Page("pages/generalization.py", title="Generalisation", icon=":material/grid_on:"),
            st.Page("pages/distributions.py", title="Distributions", icon=":material/area_chart:"),
            st.Page("pages/landscapes.py", title="Landscapes", icon=":material/landscape:"),
            st.Page("pages/predict.py", title="Predict", icon=":material/play_circle:"),
            st.Page("pages/transfer.py", title="Will it work here?", icon=":material/help_center:"),
            st.Page("pages/check.py", title="Check it here", icon=":material/fact_check:"),
        ]
    )
    st.set_page_config(page_title=f"{page.title} · lcviz")
    load_style()
    with artefact_states():
        choose_study()
        page.run()


if runtime.exists():
    show_page()
else:
    app = st.App(__file__, lifespan=serving)

"""The app: `streamlit run app.py`, or `streamlit run app.py -- --study PATH`."""

from pathlib import Path

import streamlit as st

from lcviz.ui.pictures import load_style
from lcviz.ui.states import artefact_states
from lcviz.ui.studies import choose_study

PAGES = [
    st.Page("pages/overview.py", title="Overview", icon=":material/home:", default=True),
    st.Page("pages/world_map.py", title="World map", icon=":material/public:"),
    st.Page("pages/generalization.py", title="Generalisation", icon=":material/grid_on:"),
    st.Page("pages/distributions.py", title="Distributions", icon=":material/area_chart:"),
    st.Page("pages/landscapes.py", title="Landscapes", icon=":material/landscape:"),
    st.Page("pages/predict.py", title="Predict", icon=":material/play_circle:"),
    st.Page("pages/transfer.py", title="Will it work here?", icon=":material/help_center:"),
]

# A file: an icon by name would be fetched from the internet.
ICON = Path(__file__).parent / "static" / "icon.png"

st.set_page_config(page_title="lcviz", page_icon=ICON, layout="wide")
load_style()
page = st.navigation(PAGES)
with artefact_states():
    choose_study()
    page.run()

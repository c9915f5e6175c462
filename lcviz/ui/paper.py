"""The paper behind lcviz, and where the app answers each of its tables and figures."""

from typing import Final

import streamlit as st

from lcviz.ui.studies import study_link

PAPER: Final = (
    "[Hu, Robinson & Dilkina, Model Generalization in Deep Learning Applications for Land Cover "
    "Mapping (arXiv:2008.10351)](https://arxiv.org/abs/2008.10351)"
)
"""As Markdown."""
PAPER_IN_SHORT: Final = "[Hu, Robinson & Dilkina (2020)](https://arxiv.org/abs/2008.10351)"

ANCHOR: Final = "from-the-paper-to-here"
"""Of the index, in the address of its page."""

_ON_THIS_PAGE: Final = (
    "**Table 1** scenes and patches, **Table 2** bands and classes, **Table 3** how the networks "
    "are trained, **Figures 1 and 2** samples of the continents: on this page."
)
_ELSEWHERE: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    (
        "**Table 4** · accuracy across continents",
        "pages/generalization.py",
        ":material/grid_on:",
        {"axis": "continent"},
    ),
    (
        "**Table 5** · accuracy across seasons",
        "pages/generalization.py",
        ":material/grid_on:",
        {"axis": "season"},
    ),
    (
        "**Figure 3** · the bands of each continent",
        "pages/distributions.py",
        ":material/area_chart:",
        {"axis": "continent"},
    ),
    (
        "**Figure 4** · the kinds of land",
        "pages/landscapes.py",
        ":material/landscape:",
        {"view": "gallery"},
    ),
    (
        "**Figure 5** · which continent holds which",
        "pages/landscapes.py",
        ":material/landscape:",
        {"view": "histograms", "axis": "continent"},
    ),
    (
        "**Figure 6** · which continents are alike",
        "pages/landscapes.py",
        ":material/landscape:",
        {"view": "components", "axis": "continent"},
    ),
    (
        "**Figure 7** · which landscapes give a continent away",
        "pages/landscapes.py",
        ":material/landscape:",
        {"view": "probability", "axis": "continent"},
    ),
)


def show_paper_index() -> None:
    """Each table and figure of the paper, and a link to what answers it here."""
    st.subheader("From the paper to here", anchor=ANCHOR)
    st.caption(f"{PAPER}.")
    st.markdown(_ON_THIS_PAGE)
    with st.container(key="paper-index"):
        for label, page, icon, choices in _ELSEWHERE:
            study_link(page, label, icon, **choices)

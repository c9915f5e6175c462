"""What a study found, first: at home, elsewhere, the gap, and the table behind them, small."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.data import published
from lcviz.errors import LcvizError
from lcviz.figures.generalization import transfer_figure
from lcviz.generalization.headline import Headline, headline
from lcviz.generalization.tables import (
    TransferMatrix,
    published_matrix,
    score_scenes,
    transfer_matrix,
)
from lcviz.metrics import MEASURES
from lcviz.study import Study
from lcviz.ui.charts import show_figure
from lcviz.ui.estimates import show_estimates
from lcviz.ui.shared_study import RESULTS, kept
from lcviz.ui.studies import study_link
from lcviz.words import points

AXIS = "continent"


@dataclass(frozen=True, eq=False)
class Finding:
    """A train x test table across continents, and the scenes behind it."""

    matrix: TransferMatrix
    scores: pd.DataFrame | None
    """As `score_scenes` gives them; None of the paper's table, whose scenes are not published."""


@kept(RESULTS, entries=8)
def finding_of(study: Study) -> Finding:
    """What the study found, or, where it has no results that can be used, the paper."""
    if not study.is_published:
        try:
            results = study.results()
            scores = score_scenes(results[results.reference == "modis"], AXIS, MEASURES["accuracy"])
            matrix = transfer_matrix(scores, AXIS, seed=study.info.seed)
            if headline(matrix).gap is not None:
                return Finding(matrix, scores)
        except LcvizError:
            pass  # Generalisation says what is missing or broken, and what to do.
    return Finding(published_matrix(published.table_4(), AXIS), None)


def show_finding(study: Study, finding: Finding) -> None:
    """Show the finding, and the three ways on from it."""
    found = headline(finding.matrix)
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.markdown(f"#### {finding_in_words(found)}")
        show_estimates(found)
        n = len(found.models)
        said = f"Overall accuracy: agreement with MODIS land use, mean over {n} models, each "
        said += "trained on one continent. "
        said += (
            "From the paper's Table 4, whose single scenes are not published."
            if finding.scores is None
            else "The paper's Table 4, made anew on this study's scenes."
        )
        st.caption(said)
        with st.container(horizontal=True, gap="small"):
            study_link("pages/generalization.py", "Compare the models", ":material/grid_on:")
            study_link("pages/world_map.py", "Explore the map", ":material/public:")
            if study.is_published:
                study_link("pages/landscapes.py", "See the landscapes", ":material/landscape:")
            else:
                study_link("pages/predict.py", "Try your image", ":material/play_circle:")
    with right:
        show_figure(
            transfer_figure(finding.matrix, "Overall accuracy", small=True),
            "overview-continents",
            "Overall accuracy in %: rows are trained on, columns tested on.",
            of_paper=finding.scores is None,
        )


def finding_in_words(found: Headline) -> str:
    """The gap as a sentence, as strong as its interval."""
    gap = found.gap
    assert gap is not None
    size = points(abs(gap.value)).removeprefix("+")
    if gap.low is not None and gap.high is not None and gap.low <= 0 <= gap.high:
        return (
            "Whether models lose accuracy on continents that they were not trained on, these "
            "scenes do not settle."
        )
    if np.signbit(gap.value):
        return f"Models gain {size} of accuracy on continents that they were not trained on."
    return f"Models lose {size} of accuracy on continents that they were not trained on."

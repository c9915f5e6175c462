"""Which study is open."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

import streamlit as st

from lcviz.errors import ConfigurationError, LcvizError
from lcviz.study import Study, list_studies
from lcviz.ui.choices import choose
from lcviz.ui.shared_study import SharedStudy
from lcviz.ui.states import as_markdown
from lcviz.ui.streamlit_private import hand_over_to_app, runs_a_page_alone

STUDIES = Path(__file__).parents[2] / "studies"


def requested_study() -> Path | None:
    """The study that the command line (`-- --study PATH`) or `LCVIZ_STUDY` names."""
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False)
    parser.add_argument("--study", type=Path)
    try:
        path = parser.parse_known_args(sys.argv[1:])[0].study
    except argparse.ArgumentError as error:
        raise ConfigurationError(
            "No folder follows --study. Start the app with: streamlit run app.py -- --study PATH"
        ) from error
    path = path or (Path(os.environ["LCVIZ_STUDY"]) if os.environ.get("LCVIZ_STUDY") else None)
    return None if path is None else path.expanduser().resolve()


def choose_study() -> None:
    """Offer the studies in the sidebar and remember which one is open."""
    paths = list(list_studies(STUDIES))
    requested = requested_study()
    if requested is not None and requested not in paths:
        paths.insert(0, requested)
    names = {_unique_name(path, paths): path for path in paths}
    opened = requested or STUDIES / "demo"
    if names:
        default = next((name for name, path in names.items() if path == opened), next(iter(names)))
        with st.sidebar:
            name = choose(
                st.selectbox,
                "Study",
                list(names),
                name="study",
                default=default,
                resets=("scene", "patch", "model", "sample"),
            )
        opened = names[name]
    st.session_state["study"] = str(opened)
    # On a phone the sidebar is closed: there it stands above the page instead.
    for place in (st.sidebar, st.container(key="study-note", gap=None)):
        with place, suppress(LcvizError):
            synthetic_note(open_study())
            published_note(open_study())


def open_study() -> Study:
    """The study that is open.

    Raises:
        StudyError: its folder is missing, is no study, or cannot be read.
    """
    if runs_a_page_alone():
        hand_over_to_app()
    return SharedStudy.open(st.session_state["study"])


def study_link(page: str, label: str, icon: str, **choices: str) -> None:
    """A link to another page of the app that keeps the open study, with what is chosen there."""
    asked = st.query_params.get("study")
    query = ({"study": asked} if asked else {}) | choices
    st.page_link(page, label=label, icon=icon, query_params=query or None)


def show_no_models(study: Study, page: str) -> None:
    """Say that a study has no trained model, and how to make one, or where `page` has some."""
    if not study.is_published:
        said = f"This study has no trained model. {study.how_to_make('train')}"
        st.info(as_markdown(said), icon=":material/info:")
        return
    st.caption(as_markdown(study.how_to_make("train")))
    if (STUDIES / "demo").is_dir():
        study_link(page, "Try it in the synthetic demo study", ":material/science:", study="demo")


def synthetic_note(study: Study) -> None:
    """Say beside pictures of a demo study that no satellite took them."""
    if study.is_demo:
        st.caption(
            ":material/science: Synthetic: this study's imagery and labels were made by lcviz's "
            "demo generator, not by a satellite."
        )


def published_note(study: Study) -> None:
    """Say of a study without imagery what it does hold."""
    if study.is_published:
        st.caption(
            ":material/menu_book: Published facts of the real SEN12MS: its scenes, the authors' "
            "train x test tables and landscapes. No imagery, no models."
        )


def _unique_name(path: Path, paths: list[Path]) -> str:
    same = [other for other in paths if other.name == path.name]
    return path.name if len(same) == 1 else f"{path.parent.name}/{path.name}"

"""What the app needs of Streamlit that Streamlit does not offer: its private parts, here alone.

Written for Streamlit 1.67, which requirements.txt pins; with another, look at each of them
first; the tests of the pages and of the server fail where one has moved.
"""

import streamlit as st
from streamlit import cli_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_display_address, get_url


def runs_a_page_alone() -> bool:
    """Whether Streamlit runs a file of `pages/` by itself instead of through `app.py`.

    The first address that a fresh server is asked for, if it is that of a page, makes it do so: it
    cannot know yet that app.py calls st.navigation, and no setting tells it.
    """
    return bool(PagesManager.uses_pages_directory)


def hand_over_to_app() -> None:
    """Run `app.py` instead of a page alone, from now on and for everybody."""
    PagesManager.uses_pages_directory = False
    st.rerun()


def let_go_of_uploads() -> None:
    """Free the memory of all that this session has uploaded.

    Streamlit keeps an upload in memory as long as its session lasts, though the file is on disk and
    its widget gone.
    """
    context = get_script_run_ctx()
    if context is not None and context.uploaded_file_mgr is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)


def app_url() -> str:
    """The address of the app, as a browser on this machine would type it."""
    named, bound = st.get_option("browser.serverAddress"), st.get_option("server.address")
    if named and named != "localhost":
        return str(get_url(str(named)))
    return str(get_url(get_display_address(bound) if bound else "localhost"))


def open_browser(url: str) -> None:
    """Open a person's browser: `streamlit run` does it, a server with a lifespan of its own not."""
    cli_util.open_browser(url)

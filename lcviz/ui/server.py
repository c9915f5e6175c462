"""What the server does once: before anybody comes, and when it ends."""

import asyncio
import atexit
import importlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

import streamlit as st
from streamlit import cli_util
from streamlit.web.server.server_util import get_display_address, get_url

at_end: Final = ExitStack()
"""What is to be closed and deleted when the server ends."""
# Where there is no server, as in tests. A server that is told to end does not come to this.
atexit.register(at_end.close)

_FIRST_PAGE: Final = (
    *("PIL.Image", "pandas", "pyarrow.parquet", "zarr"),
    *("lcviz.ui.overview.data", "lcviz.ui.overview.samples"),
)
"""What the first page needs and takes half a second to import, for which its first visitor would
wait. The others' needs are left to their first visitors: torch alone takes 300 MB."""
_UNTIL_SERVED: Final = 0.5
"""Seconds from here until the server answers, at most."""


@asynccontextmanager
async def serving(_app: st.App) -> AsyncIterator[None]:
    """Load what the first page needs, and have the browser opened unless the server is headless."""
    for module in _FIRST_PAGE:
        importlib.import_module(module)
    if not st.get_option("server.headless"):
        url = get_url(_address())
        asyncio.get_running_loop().call_later(_UNTIL_SERVED, cli_util.open_browser, url)
    yield
    at_end.close()


def _address() -> str:
    """The server's, as a browser on this machine would type it."""
    named, bound = st.get_option("browser.serverAddress"), st.get_option("server.address")
    if named and named != "localhost":
        return str(named)
    return get_display_address(bound) if bound else "localhost"

"""What the server does once: before anybody comes, and when it ends."""

import asyncio
import atexit
import importlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

import streamlit as st

from lcviz.ui.streamlit_private import app_url, open_browser

at_end: Final = ExitStack()
"""What is to be closed and deleted when the server ends."""
# Where there is no server, as in tests. A server that is told to end does not come to this.
atexit.register(at_end.close)

_FIRST_PAGE: Final = (
    "PIL.Image",
    "pandas",
    "pyarrow.parquet",
    "zarr",
    "lcviz.ui.overview.data",
    "lcviz.ui.overview.samples",
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
        asyncio.get_running_loop().call_later(_UNTIL_SERVED, open_browser, app_url())
    yield
    at_end.close()

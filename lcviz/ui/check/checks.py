"""Where checks are kept: with the address of the page alone, or in a folder for a team.

A check outlives the session that began it, so that no closed browser loses a label. Its name is in
the page's address; that of a private one cannot be guessed: only who has the address sees it.
"""

import os
import re
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.assessment.folder import Check, list_checks
from lcviz.errors import ConfigurationError
from lcviz.ui.choices import pick
from lcviz.ui.predict.server_files import named_folder

DAYS: Final = 30
"""After so many days without a new label a private check is deleted."""
HOW_TO_SHARE: Final = (
    "The one who runs the app can let a team work on one sample: "
    "`streamlit run app.py -- --assessments FOLDER`, or the environment variable "
    "`LCVIZ_ASSESSMENTS`."
)
_PRIVATE: Final = "mine-"


def team_folder() -> Path | None:
    """The folder that `-- --assessments FOLDER` or `LCVIZ_ASSESSMENTS` names.

    Raises:
        ConfigurationError: it is not there.
    """
    return named_folder("assessments", "assessments")


def new_home(title: str, *, shared: bool) -> tuple[Path, str]:
    """Folder and name of a new check."""
    folder = team_folder()
    if shared and folder is not None:
        slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40] or "check"
        if slug.startswith(_PRIVATE):
            slug = f"our-{slug}"
        return folder, f"{slug}-{secrets.token_hex(3)}"
    folder = _private_folder()
    _sweep(folder)
    return folder, f"{_PRIVATE}{secrets.token_urlsafe(18)}"


def current_check() -> Check | None:
    """The check that the page's address names; None without one.

    Raises:
        PointsError: it is gone, or cannot be read.
    """
    name = st.query_params.get("check") or st.session_state.get("check")
    if not name:
        return None
    st.query_params["check"] = st.session_state["check"] = name
    folder = _private_folder() if name.startswith(_PRIVATE) else team_folder()
    return Check.open(folder or _private_folder(), name)


def go_to(name: str | None, step: str | None = None) -> None:
    """Show another check, or none."""
    st.session_state["check"] = name
    if name is None:
        st.query_params.pop("check", None)
    else:
        st.query_params["check"] = name
    pick("step", step)


def team_checks() -> tuple[str, ...]:
    """Names of the team's checks."""
    folder = team_folder()
    return () if folder is None else list_checks(folder)


def is_shared(check: Check) -> bool:
    """Whether others on this server can open it."""
    return not check.name.startswith(_PRIVATE)


def _private_folder() -> Path:
    """Of this user alone; it outlives the server, so that a killed one loses no label.

    Raises:
        ConfigurationError: somebody else has made it.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"lcviz-checks-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != user:
        raise ConfigurationError(
            f"{folder} belongs to another user of this machine: no check can be kept there. Start "
            "the app with another folder for temporary files (TMPDIR)"
        )
    return folder


def _sweep(folder: Path) -> None:
    for each in folder.iterdir():
        with suppress(OSError):
            files = [each, *each.glob("*.jsonl")]
            if time.time() - max(f.stat().st_mtime for f in files) > DAYS * 86_400:
                shutil.rmtree(each, ignore_errors=True)

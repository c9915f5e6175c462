"""A person's own image: an upload, or a file on the server."""

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz.errors import RasterError
from lcviz.georeference import proj_fault
from lcviz.rasters.subject import RasterSubject
from lcviz.ui.choices import current_choice, pick
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.predict.area import decided, offer_area, remember_whole
from lcviz.ui.predict.looking import forget_look, look_at, stamp_of
from lcviz.ui.predict.preparing import WISHES, choose_wish, forget_prepared, prepared
from lcviz.ui.predict.server_files import HOW_TO_ALLOW, allowed_folder, list_rasters, within
from lcviz.ui.states import as_markdown
from lcviz.ui.streamlit_private import let_go_of_uploads

SOURCES: Final = {
    "patch": "Study patch",
    "upload": "Upload",
    "server": "Server file",
}
MEGABYTES: Final = 200
_IN_URL: Final = ("file", *WISHES)
_BRING: Final = (
    "A Sentinel-2 product as a zip (SAFE, L1C or L2A), one file for each of B2 B3 B4 B5 B6 B7 B8 "
    "B8A B11 B12 (JPEG 2000 or GeoTIFF, all at once or zipped), or a GeoTIFF of all bands, of 32 x "
    f"32 pixels or more of 10 m. Up to {MEGABYTES} MB."
)
_NONCE: Final = "upload-nonce"


def say_what_is_broken() -> None:
    """Say what would spoil any raster's place, where something does."""
    if fault := proj_fault():
        st.warning(f"{fault}.", icon=":material/public_off:")


def input_in_url(source: str) -> dict[str, str]:
    """What the URL says of a person's own image, to go to another page with the same.

    Args:
        source: `upload` or `server`.
    """
    asked = {name: st.query_params.get(name) for name in _IN_URL}
    return {"source": source} | {name: value for name, value in asked.items() if value}


def choose_upload() -> RasterSubject | None:
    """Take an upload, and say what it is taken for; None until that is settled.

    Raises:
        RasterError: it cannot be used.
    """
    files = session_files()
    nonce = st.session_state.setdefault(_NONCE, 0)
    if files.upload is None:
        # No `type`: what a file is decides its content, not its name.
        sent = st.file_uploader(
            "Upload a product, a zip, bands or a GeoTIFF",
            key=f"upload-{nonce}",
            help=_BRING,
            accept_multiple_files=True,
        )
        if not sent:
            st.caption(f"{_BRING} Nobody else sees it, and it is deleted once you have left.")
            return None
        path = files.keep_upload(*((one.name, one) for one in sent))
        # It is on disk now: a new uploader in place of the old lets go of the copy in memory.
        let_go_of_uploads()
        st.session_state[_NONCE] = nonce + 1
        pick("pixel", None)
        st.rerun()
    path = files.upload
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        held = [path] if path.is_file() else sorted(path.iterdir())
        name = held[0].name + (f" and {len(held) - 1} more" if len(held) > 1 else "")
        size = sum(file.stat().st_size for file in held)
        st.markdown(f":material/draft: **{as_markdown(name)}** · {_bytes(size)}", width="content")
        st.button("Remove", icon=":material/delete:", on_click=_forget, type="tertiary")
    return _made_and_looked_at(path, None, row)


def _forget() -> None:
    session_files().forget_upload()
    forget_prepared()
    forget_look()
    pick("pixel", None)


def choose_server_file() -> RasterSubject | None:
    """Choose a file in the folder that the one who runs the app allows."""
    folder = allowed_folder()
    if folder is None:
        st.info(HOW_TO_ALLOW, icon=":material/folder_off:")
        return None
    listed = list_rasters(folder)
    asked = st.query_params.get("file")
    options = listed + ([asked] if asked and asked not in listed else [])
    if not options:
        st.info("The allowed folder holds no raster or product yet.", icon=":material/folder_open:")
    current = current_choice("file", options, options[0]) if options else None
    st.session_state["choice-file"] = current
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with row:
        st.selectbox(
            "File or folder",
            options,
            key="choice-file",
            accept_new_options=True,
            placeholder="Choose or type a path in the folder",
            on_change=_pick_file,
            width=300,
        )
    if current is None:
        return None
    return _made_and_looked_at(within(folder, current), folder, row)


def _pick_file() -> None:
    pick("file", st.session_state["choice-file"])
    pick("pixel", None)
    forget_prepared()


def _made_and_looked_at(
    path: Path, folder: Path | None, row: DeltaGenerator
) -> RasterSubject | None:
    """Make one raster of what was brought, and say what it is taken for.

    Args:
        path: file, zip or folder.
        folder: all must lie in it.
        row: beside whose widgets those for area and clouds stand.
    """
    stamp = stamp_of(path)
    with row:
        wish = choose_wish()
    source = f"{path} {stamp} {wish.scene}"
    if not decided(source, path, folder, wish):
        return None
    subject = None
    try:
        made = prepared(path, folder, stamp, wish)
        if made is not None:
            subject = look_at(made.path, made.folder, made.notes, row)
    except RasterError:
        offer_area(source, wish, row)  # perhaps another one will do
        raise
    if subject is not None and wish.place is None:
        remember_whole(source, subject.geobox, subject.stretched)
    offer_area(source, wish, row)
    return subject


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"

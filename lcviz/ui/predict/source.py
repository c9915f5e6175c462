"""What a person wants predicted: a patch of the study, an upload, or a file on the server."""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz.data.sen12ms import Raster
from lcviz.errors import RasterError
from lcviz.georeference import proj_fault
from lcviz.imagery import true_colour
from lcviz.rasters.guard import Finding, inspect
from lcviz.rasters.layouts import BY_KEY
from lcviz.rasters.maps import SIDE
from lcviz.rasters.preview import preview
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.rasters.subject import PatchSubject, RasterSubject
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.study.records import ModelCard
from lcviz.study.scene_table import scene_table
from lcviz.taxonomy import split_patch_id
from lcviz.ui.choices import current_choice, pick
from lcviz.ui.choose_patch import choose_patch, choose_scene
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.predict.preparing import forget_prepared, prepared
from lcviz.ui.predict.server_files import HOW_TO_ALLOW, allowed_folder, list_rasters, within
from lcviz.ui.shared_study import kept, usable_by_scene
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.streamlit_private import let_go_of_uploads

SOURCES: Final = {
    "patch": "Study patch",
    "upload": "Upload",
    "server": "Server file",
}
MEGABYTES: Final = 200
_BRING: Final = (
    "A Sentinel-2 product as a zip (SAFE, L1C or L2A), one file for each of B2 B3 B4 B5 B6 B7 B8 "
    "B8A B11 B12 (JPEG 2000 or GeoTIFF, all at once or zipped), or a GeoTIFF of all bands, of 32 x "
    f"32 pixels or more of 10 m. Up to {MEGABYTES} MB."
)
Answers = dict[str, str]
"""Topic of a question of the guard -> key of the answer."""

_LOOK: Final = "raster-look"
_ANSWERS: Final = "raster-answers"
_NONCE: Final = "upload-nonce"


def say_what_is_broken() -> None:
    """Say what would spoil any raster's place, where something does."""
    if fault := proj_fault():
        st.warning(f"{fault}.", icon=":material/public_off:")


def choose_study_patch(study: Study, card: ModelCard | None) -> PatchSubject | None:
    """Choose a scene and one of its patches, and read its pixels.

    Args:
        study: the open study.
        card: of the one model that will predict; None for several.

    Raises:
        LcvizError: the study's tables or the patch's pixels cannot be read.
    """
    table = scene_table(study.scenes(), card)
    usable = usable_by_scene(study)
    table = table[table.scene_id.isin(list(usable))]
    if table.empty:
        st.info("No patch of this study has imagery that could be predicted.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        scene = choose_scene(table, resets=("patch", "pixel"))
        rows = usable[scene]
        numbers = [split_patch_id(patch_id)[1] for patch_id in rows.patch_id]
        number = choose_patch(numbers, resets=("pixel",), width=190)
    row = rows.iloc[numbers.index(number)]
    raster = _pixels(study, row.patch_id)
    truth = None
    if row.browsable and row.status == "ok":
        with artefact_states():
            truth = study.labels(row.patch_id)
    picture = true_colour(raster.values, raster.valid)
    return PatchSubject(row.patch_id, raster, truth, picture)


@kept(entries=32)
def _pixels(study: Study, patch_id: str) -> Raster:
    return patch_pixels(study, patch_id)


def choose_upload() -> RasterSubject | None:
    """Take an upload, and say what it is taken for; None until that is settled."""
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
            st.caption(
                f"{_BRING} It is kept in a folder of this session alone and deleted with it."
            )
            return None
        path = files.keep_upload(*((one.name, one) for one in sent))
        # It is on disk now: a new uploader in place of the old lets go of the copy in memory.
        let_go_of_uploads()
        st.session_state[_NONCE] = nonce + 1
        pick("pixel", None)
        st.rerun()
    path = files.upload
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        held = [path] if path.is_file() else sorted(path.iterdir())
        name = held[0].name + (f" and {len(held) - 1} more" if len(held) > 1 else "")
        size = sum(file.stat().st_size for file in held)
        st.markdown(f":material/draft: **{as_markdown(name)}** · {_bytes(size)}")
        st.button("Remove", icon=":material/delete:", on_click=_forget, type="tertiary")
    return _made_and_looked_at(path, None)


def _forget() -> None:
    session_files().forget_upload()
    forget_prepared()
    st.session_state.pop(_LOOK, None)
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
    st.selectbox(
        "File or folder",
        options,
        key="choice-file",
        accept_new_options=True,
        placeholder="Choose or type a path in the folder",
        on_change=_pick_file,
    )
    if current is None:
        return None
    return _made_and_looked_at(within(folder, current), folder)


def _pick_file() -> None:
    pick("file", st.session_state["choice-file"])
    pick("pixel", None)
    forget_prepared()


def _made_and_looked_at(path: Path, folder: Path | None) -> RasterSubject | None:
    """Make one raster of what was brought, and say what it is taken for."""
    made = prepared(path, folder, _stamp(path))
    return None if made is None else _look_at(made.path, made.folder, made.notes)


@dataclass(frozen=True, eq=False)
class _Look:
    """What was seen of a file."""

    key: str
    subject: RasterSubject


def _look_at(path: Path, folder: Path | None, notes: tuple[str, ...]) -> RasterSubject | None:
    """Say what a raster is taken for, and ask if that is unsure.

    Raises:
        RasterError: it cannot be used.
    """
    answers = _answers(_stamp(path))
    try:
        subject = _seen(path, folder, answers)
    except RasterError:
        if answers:
            st.button(
                "Ask again",
                icon=":material/undo:",
                on_click=_forget_answers,
                args=(_stamp(path),),
            )
        raise
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.image(subject.picture, width="stretch")
    with right:
        finding = subject.finding
        st.markdown(f"**Taken for:** {as_markdown(finding.statement)}")
        st.caption(
            as_markdown(" ".join((subject.about + ".", *notes) if notes else (subject.about,)))
        )
        for warning in finding.warnings:
            st.warning(as_markdown(warning), icon=":material/warning:")
        for topic in answers:
            st.caption(f"You said: {as_markdown(_said(topic, answers[topic]))}")
        if answers:
            st.button(
                "Ask again", icon=":material/undo:", on_click=_forget_answers, args=(subject.stamp,)
            )
        if finding.certain:
            return subject
        _ask(finding, answers, subject.stamp)
    return None


def _ask(finding: Finding, answers: Answers, stamp: str) -> None:
    """Ask one thing; the answer is kept and the page drawn anew."""
    labels = {choice.key: choice.label for choice in finding.questions}
    answer = st.radio(
        as_markdown(f"It cannot be told for certain. {finding.question}"),
        list(labels),
        index=None,
        format_func=lambda key: as_markdown(labels[key]),
        key=f"ask-{finding.topic}-{stamp}",
    )
    if finding.topic == "order":
        other = st.text_input(
            "Or name the bands in their order, - for what is none",
            placeholder="B2, B3, B4, B8, B5, B6, B7, B8A, B11, B12",
            key=f"name-{finding.topic}-{stamp}",
        )
        answer = other.strip() or answer
    if answer is None:
        st.caption("Nothing is predicted before this is answered.")
        return
    answers[finding.topic] = answer
    st.rerun()


def _said(topic: str, answer: str) -> str:
    layout = BY_KEY.get(answer)
    if topic == "order" and layout:
        return layout.statement
    return f"{topic} {answer}"


def _answers(stamp: str) -> Answers:
    """What was answered about a file, kept for the session."""
    kept: dict[str, Answers] = st.session_state.setdefault(_ANSWERS, {})
    return kept.setdefault(stamp, {})


def _forget_answers(stamp: str) -> None:
    st.session_state.get(_ANSWERS, {}).pop(stamp, None)
    for key in [k for k in st.session_state if str(k).startswith(("ask-", "name-"))]:
        if str(key).endswith(stamp):
            del st.session_state[key]


def _stamp(path: Path) -> str:
    """Changes when the file does."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ""  # told by `open_raster`
    return f"{status.st_mtime_ns}-{status.st_size}"


def _seen(path: Path, folder: Path | None, answers: Answers) -> RasterSubject:
    """Look at a file once for each answer: names, tags, values, and a small picture."""
    stamp = _stamp(path)
    key = f"{path} {stamp} {sorted(answers.items())}"
    look = st.session_state.get(_LOOK)
    if isinstance(look, _Look) and look.key == key:
        return look.subject
    with open_raster(path, folder) as raster:
        finding = inspect(raster, answers)
        bar = st.empty()
        picture = preview(
            raster,
            finding.units,
            SIDE,
            lambda fraction: _tell(bar, fraction) if raster.height > 4 * SIDE else None,
        )
        bar.empty()
        subject = RasterSubject(
            path=raster.path,
            folder=folder,
            stamp=stamp,
            geobox=raster.geobox,
            finding=finding,
            picture=picture,
            about=_about(raster),
            units=finding.units,
        )
    st.session_state[_LOOK] = _Look(key, subject)
    return subject


def _tell(bar: DeltaGenerator, fraction: float) -> None:
    bar.progress(fraction, "Reading a preview ...")


def _about(raster: InputRaster) -> str:
    parts = [
        f"{raster.height:,} x {raster.width:,} pixels",
        f"{raster.count} bands, {raster.dtype}",
    ]
    area = raster.pixel_area_m2
    if area is not None:
        total = area * raster.height * raster.width / 1e6
        parts += [f"pixel of {sqrt(area):.3g} m", f"{total:,.{1 if total < 100 else 0}f} km²"]
    if raster.geobox.crs is not None:
        code = raster.geobox.crs.to_epsg()
        parts.append(f"EPSG:{code}" if code else "a CRS of its own")
    return " · ".join(parts)


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"

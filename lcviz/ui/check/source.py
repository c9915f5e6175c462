"""Which map is checked: one that was predicted here, or a class map from any software."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.assessment.folder import Promise
from lcviz.errors import LcvizError
from lcviz.forecast.live import ImageEvidence
from lcviz.georeference import open_dataset
from lcviz.legends import EIGHT, SCHEMES, Scheme, find_scheme
from lcviz.rasters.maps import VOTE
from lcviz.rasters.subject import Subject
from lcviz.study import Study
from lcviz.ui.choices import choose
from lcviz.ui.forecast.run import forecast_key
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.predict.panel import model_title
from lcviz.ui.predict.run import Prediction
from lcviz.ui.predict.server_files import HOW_TO_ALLOW, allowed_folder, list_rasters, within
from lcviz.ui.studies import study_link

SOURCES: Final = {
    "prediction": "A map predicted here",
    "upload": "Upload a class map",
    "server": "Server file",
}
OWN_TABLE: Final = "own"


@dataclass(frozen=True, eq=False)
class Candidate:
    """A map that may be checked, with what is at hand about it."""

    title: str
    maps: Mapping[str, Path]
    """Class maps of the same ground, the one to draw for first."""
    titles: Mapping[str, str]
    scheme: Scheme
    probabilities: Mapping[str, Path | None] = field(default_factory=dict)
    subject: Subject | None = None
    """The image that it was predicted from."""
    promises: Mapping[str, Promise] = field(default_factory=dict)

    @property
    def first(self) -> Path:
        """The map to draw for."""
        return next(iter(self.maps.values()))

    @property
    def key(self) -> str:
        """Tells it from any other, and from itself changed."""
        status = self.first.stat()
        return f"{self.first} {status.st_mtime_ns} {status.st_size} {self.scheme.name}"

    def tags(self, name: str) -> dict[str, str]:
        """What a map says of the model that made it."""
        with open_dataset(self.maps[name]) as file:
            return {k: v for k, v in file.tags().items() if k.startswith("LCVIZ_")}


def choose_map(study: Study) -> Candidate | None:
    """Choose the map; None until that is settled.

    Raises:
        LcvizError: the file or the table of classes cannot be used.
    """
    source = choose(
        st.segmented_control,
        "Which map?",
        list(SOURCES),
        name="map-of",
        format_func=SOURCES.get,
        # Without models nothing can be predicted here.
        default="prediction" if study.experiments() else "upload",
        required=True,
    )
    if source == "prediction":
        return _of_prediction(study)
    path = (
        uploaded("map", "Upload a GeoTIFF of classes")
        if source == "upload"
        else choose_server_map("check-file")
    )
    if path is None:
        return None
    scheme = choose_scheme("What do its numbers mean?", "map-scheme", EIGHT.name)
    if scheme is None:
        return None
    return Candidate(path.stem, {"map": path}, {"map": path.name}, scheme)


def choose_scheme(
    label: str, key: str, default: str, find: Callable[[str], Scheme] = find_scheme
) -> Scheme | None:
    """Choose a legend, or bring a table of one's own; None until it is there.

    Args:
        label: of the widget.
        key: of the widget.
        default: name of the scheme that is offered first.
        find: scheme of a name.

    Raises:
        ConfigurationError: the table cannot be read.
    """
    titles = {name: scheme.title for name, scheme in SCHEMES.items()}
    titles[OWN_TABLE] = "a table of my own"
    if default not in titles:
        titles = {default: Path(default).stem} | titles
    chosen = st.selectbox(
        label,
        list(titles),
        index=list(titles).index(default),
        format_func=lambda name: titles[name],
        key=f"check-{key}",
        width=320,
    )
    if chosen != OWN_TABLE:
        return find(chosen)
    table = uploaded(key, "A CSV with the columns code, name and class")
    return None if table is None else find_scheme(str(table))


def _of_prediction(study: Study) -> Candidate | None:
    found = {
        key: result
        for key, result in session_files().results()
        if isinstance(result, Prediction) and key.startswith(f"{study.path} ")
    }
    if not found:
        st.info(
            "You have not predicted a map yet, or it is no longer kept.",
            icon=":material/play_circle:",
        )
        study_link("pages/predict.py", "Predict a map first", ":material/play_circle:")
        return None
    keys = list(found)
    with st.container(horizontal=True):
        key = st.selectbox(
            "Prediction",
            keys,
            format_func=lambda k: _prediction_title(found[k]),
            key="check-prediction",
            width=380,
        )
        prediction = found[key]
        session_files().job(key)  # so that it is not the next to be dropped
        names = [VOTE] if VOTE in prediction.maps else []
        names += [name for name in prediction.maps if name != VOTE]
        chosen = names[0]
        if len(names) > 1:
            chosen = st.selectbox(
                "Draw the sample for",
                names,
                format_func=_map_title,
                key="check-map",
                width=260,
                help="All maps are judged on the same points.",
            )
    order = [chosen, *(name for name in names if name != chosen)]
    maps = {name: prediction.maps[name].prediction for name in order}
    return Candidate(
        title=Path(prediction.subject.name).stem,
        maps={name: each.classes for name, each in maps.items()},
        titles={name: _map_title(name) for name in order},
        scheme=EIGHT,
        probabilities={name: each.probabilities for name, each in maps.items()},
        subject=prediction.subject,
        promises=_promises(study, prediction.subject),
    )


def _prediction_title(prediction: Prediction) -> str:
    models = len(prediction.models)
    by = model_title(next(iter(prediction.models))) if models == 1 else f"{models} models"
    return f"{prediction.subject.name}, {by}"


def _map_title(name: str) -> str:
    return "What most models say" if name == VOTE else model_title(name)


def _promises(study: Study, subject: Subject) -> dict[str, Promise]:
    """What the page Will it work here? said of this image in this session."""
    job = session_files().job(forecast_key(study, subject.key))
    if job is None or not job.done or job.failed:
        return {}
    try:
        found = job.result()
    except LcvizError:
        return {}
    if not isinstance(found, ImageEvidence):
        return {}
    return {
        each.experiment: Promise(each.forecast, each.low, each.high)
        for each in found.models
        if each.forecast is not None
    }


def uploaded(use: str, label: str) -> Path | None:
    """A file that a person sends, on the disk of this session."""
    sent = st.file_uploader(label, key=f"check-upload-{use}")
    known = st.session_state.setdefault("check-uploads", {})
    if sent is None:
        known.pop(use, None)
        return None
    if known.get(use, (None,))[0] != sent.file_id:
        known[use] = (sent.file_id, session_files().keep_other(use, sent.name, sent))
    path: Path = known[use][1]
    return path


def choose_server_map(key: str) -> Path | None:
    """A GeoTIFF in the folder that the one who runs the app allows.

    Args:
        key: of the widget.
    """
    folder = allowed_folder()
    if folder is None:
        st.info(HOW_TO_ALLOW, icon=":material/folder_off:")
        return None
    names = list_rasters(folder)
    if not names:
        st.info("The allowed folder holds no .tif file yet.", icon=":material/folder_open:")
        return None
    name = st.selectbox("File", names, index=None, key=key, width=380)
    return None if name is None else within(folder, name)

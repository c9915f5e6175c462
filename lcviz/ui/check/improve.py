"""Refit the last layer of the model that made the map, with the labels of the check."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from lcviz.assessment import adapting
from lcviz.assessment.adapting import Adapting
from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.folder import Check
from lcviz.assessment.improvement import FOLDS
from lcviz.assessment.seen_maps import maps_at
from lcviz.assessment.words import (
    adapted_sentence,
    improvement_sentence,
    interim_sentence,
    percent,
)
from lcviz.atomic import atomic_path
from lcviz.errors import LcvizError, PointsError
from lcviz.imagery import true_colour
from lcviz.network.loading import load_model, weights_digest
from lcviz.rasters.prediction import PredictionCancelledError
from lcviz.rasters.subject import PatchSubject, Subject
from lcviz.study import Study
from lcviz.study.pixels import patch_pixels
from lcviz.ui.choices import pressed
from lcviz.ui.jobs.progress import follow
from lcviz.ui.jobs.queue import Job, prediction_queue
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.predict.panel import model_title
from lcviz.ui.predict.run import Prediction
from lcviz.ui.predict.source import choose_server_file, choose_upload
from lcviz.ui.states import as_markdown
from lcviz.ui.studies import study_link

_SEEN: Final = 0.8
"""Share of the time that looking at the image takes."""
_IMAGES: Final = {"upload": "Upload", "server": "Server file"}


def improve_model(study: Study, check: Check) -> None:
    """Refit, say whether that helps, and offer the model if it does.

    Raises:
        LcvizError: the labels, the image or the model cannot be used.
    """
    st.markdown(
        "The labels can do more than judge: the model's last layer can be fitted to them. Whether "
        "that makes a better map is measured on labels that the layer has not seen."
    )
    names = [name for name in check.record.maps if _is_of(study, check, name)]
    if not names:
        st.info(
            "This map was not made by a model of this study (or the model has changed since): "
            "there is nothing to refit.",
            icon=":material/model_training:",
        )
        return
    try:
        adapting.enough(len(check.journal.labels().label.dropna()))
    except PointsError as error:
        st.info(as_markdown(str(error)), icon=":material/hourglass_bottom:")
        return
    experiment = st.selectbox("Model", names, format_func=model_title, key="improve", width=260)
    stamp = check.journal.file.stat().st_mtime_ns
    key = f"improve {check.folder} {stamp} {experiment}"
    job = session_files().job(key)
    if job is None:
        subject = None
        if not _seen_file(check, experiment).is_file():
            subject = _image(study, check, experiment)
            if subject is None:
                return
        if not pressed(
            "Refit the last layer",
            key="improve-start",
            type="primary",
            icon=":material/model_training:",
        ):
            return
        job = session_files().start(
            key,
            lambda _: prediction_queue().submit(
                lambda job: _work(job, study, check, experiment, subject), "long"
            ),
        )
    try:
        found = follow(job, soon=True, doing="Refitting")
    finally:
        if job.failed:
            session_files().drop(key)
    if found is not None:
        _show(study, check, experiment, found)


def _is_of(study: Study, check: Check, name: str) -> bool:
    """Whether a model of the study, as it is now, made a map."""
    if name not in study.experiments():
        return False
    told = check.record.maps[name].model.get("LCVIZ_WEIGHTS")
    return bool(told) and weights_digest(study, name).startswith(str(told))


def _seen_file(check: Check, experiment: str) -> Path:
    """What the model's last layer saw at the points, once it was looked at."""
    return check.folder / "seen" / f"{experiment}.npy"


def _image(study: Study, check: Check, experiment: str) -> Subject | None:
    """The image that the map was predicted from: of this session, the study, or brought again."""
    tags = check.record.maps[experiment].model
    for _, result in session_files().results():
        if isinstance(result, Prediction) and _is_same(result.subject, tags):
            return result.subject
    if subject := _study_patch(study, tags):
        return subject
    st.markdown(
        as_markdown(f"Bring the image again that was predicted: {tags.get('LCVIZ_INPUT', '')}.")
    )
    source = st.segmented_control(
        "Image",
        list(_IMAGES),
        format_func=lambda name: _IMAGES[name],
        default="upload",
        required=True,
        key="improve-image",
    )
    brought = choose_upload() if source == "upload" else choose_server_file()
    if brought is None or _is_same(brought, tags):
        return brought
    st.warning(
        as_markdown(
            f"{brought.name} is not the image that was predicted, or it is read in another way "
            f"({tags.get('LCVIZ_CONVERSION', '')})."
        ),
        icon=":material/difference:",
    )
    return None


def _study_patch(study: Study, tags: Mapping[str, str]) -> PatchSubject | None:
    name = tags.get("LCVIZ_INPUT", "")
    try:
        raster = patch_pixels(study, name)
    except (LcvizError, ValueError):
        return None
    picture = true_colour(raster.values, raster.valid)
    subject = PatchSubject(name, raster, None, picture, stretched=picture)  # Nobody looks at it.
    return subject if _is_same(subject, tags) else None


def _is_same(subject: Subject, tags: Mapping[str, str]) -> bool:
    """Whether a map's tags name this image, read in this way."""
    if subject.conversion != tags.get("LCVIZ_CONVERSION"):
        return False
    digests = st.session_state.setdefault("improve-digests", {})
    if subject.key not in digests:
        digests[subject.key] = subject.digest()
    told = tags.get("LCVIZ_INPUT_DIGEST", "")
    return bool(told) and str(digests[subject.key]).startswith(told)


def _work(
    job: Job, study: Study, check: Check, experiment: str, subject: Subject | None
) -> Adapting:
    """Look at the image, if need be, and refit; the queue's threads run it."""

    def tell(share: float) -> None:
        if job.cancelled:
            raise PredictionCancelledError("Refitting was cancelled. Start it again.")
        job.fraction = share

    model = load_model(study, experiment)
    points = check.labelled()
    sample = check.sample().table
    scheme = check.scheme(check.record.map_scheme)
    rows, columns = (sample[name].to_numpy(np.int64) for name in ("row", "column"))
    file = _seen_file(check, experiment)
    if subject is not None:
        seen = maps_at(model, subject, rows, columns, lambda share: tell(_SEEN * share))
        with atomic_path(file) as temporary, temporary.open("wb") as opened:
            np.save(opened, seen)
    with open_class_map(check.map_file(experiment), scheme) as of_map:
        return adapting.adapt(
            model,
            of_map,
            points,
            "label",
            check.scheme(check.record.label_scheme),
            np.load(file),
            progress=lambda share: tell(_SEEN + (1 - _SEEN) * share),
        )


def _show(study: Study, check: Check, experiment: str, found: Adapting) -> None:
    one = found.improvement
    st.markdown(f"#### {improvement_sentence(found)}")
    if found.measured.interim:
        st.warning(interim_sentence(found.measured), icon=":material/hourglass_bottom:")
    rows = {"as it is": one.before, "refitted": one.after}
    st.dataframe(
        pd.DataFrame(
            {
                "model": list(rows),
                "overall accuracy": [percent(each) for each in rows.values()],
                "n": [each.n for each in rows.values()],
            }
        ),
        hide_index=True,
        width="content",
    )
    labels = ", ".join(f"{name} {n}" for name, n in found.labels.items())
    st.caption(
        as_markdown(
            f"Cross-validated in {FOLDS} parts: each label is predicted by a layer that was fitted "
            f"to the others. It holds for this map, from whose pixels the labels were drawn. Both "
            f"rest on the same points, so the gain is known better than either. Labels: {labels}."
        )
    )
    if one.helps:
        _offer(study, check, experiment, found)


def _offer(study: Study, check: Check, experiment: str, found: Adapting) -> None:
    place = st.text_input(
        "Name of the place", check.record.title, key="improve-place", max_chars=40, width=260
    )
    agreed = st.checkbox(
        "I agree that the refitted model, numbers of labels by class and accuracies are kept with "
        "the study: everybody who opens it can predict with the model",
        key="improve-consent",
    )
    if not pressed("Keep the model", key="improve-keep", disabled=not agreed):
        return
    name = adapting.keep(
        study,
        load_model(study, experiment),
        found,
        place=place,
        image=check.record.image,
        scheme=check.scheme(check.record.label_scheme),
    )
    st.success(as_markdown(f"{model_title(name)}: kept. {adapted_sentence(study.model(name))}"))
    study_link("pages/predict.py", "Predict with it", ":material/play_circle:", model=name)

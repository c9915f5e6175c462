import streamlit as st

from lcviz.assessment.words import adapted_sentence
from lcviz.rasters.subject import PatchSubject, Subject
from lcviz.study import Study
from lcviz.taxonomy import EXPERIMENTS, split_patch_id
from lcviz.ui.choices import choose
from lcviz.ui.jobs.progress import follow
from lcviz.ui.jobs.queue import prediction_queue
from lcviz.ui.jobs.session_files import session_files
from lcviz.ui.predict.mode import choose_mode
from lcviz.ui.predict.panel import model_title, show_prediction
from lcviz.ui.predict.run import lane_of, make_ready, start_prediction
from lcviz.ui.predict.source import (
    SOURCES,
    choose_server_file,
    choose_upload,
    input_in_url,
    say_what_is_broken,
)
from lcviz.ui.predict.study_patch import choose_study_patch
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study, show_no_models, study_link

ALL = "all"


def choose_models(experiments: tuple[str, ...], adapted: tuple[str, ...]) -> tuple[str, ...]:
    options = [*([ALL] if len(experiments) > 1 else []), *experiments, *adapted]
    titles = {name: model_title(name) for name in options if name != ALL}
    titles[ALL] = f"All {len(experiments)} models" if len(experiments) != 10 else "All ten models"
    chosen = choose(st.selectbox, "Model", options, name="model", format_func=titles.get, width=210)
    return experiments if chosen == ALL else (chosen,)


def choose_source() -> str:
    return choose(
        st.segmented_control,
        "What to predict",
        list(SOURCES),
        name="source",
        format_func=SOURCES.get,
        resets=("pixel",),
        required=True,
    )


def choose_subject(study: Study, source: str, experiments: tuple[str, ...]) -> Subject | None:
    if source == "patch":
        card = study.model(experiments[0]) if len(experiments) == 1 else None
        return choose_study_patch(study, card)
    if source == "upload":
        return choose_upload()
    return choose_server_file()


def honest_note(study: Study, subject: Subject) -> None:
    if study.is_demo and not isinstance(subject, PatchSubject):
        st.warning(
            "**These models have never seen a real place.** The demo's models were trained on "
            "synthetic scenes with a small budget: on real imagery, what they say shows how the "
            "page works, not what is on the ground. On the real patches of SEN12MS that they were "
            "tried on they found open water, and agreed on little else. All models at once show "
            "how far they agree here.",
            icon=":material/science:",
        )


def offer(
    study: Study, experiments: tuple[str, ...], subject: Subject, mode: str, key: str, again: bool
) -> None:
    models = "one model" if len(experiments) == 1 else f"{len(experiments)} models"
    st.button(
        "Try again" if again else f"Predict with {models}",
        type="secondary" if again else "primary",
        icon=":material/play_arrow:",
        on_click=start_prediction,
        args=(study, experiments, subject, mode, key),
    )


def load_ahead(study: Study, experiments: tuple[str, ...], mode: str) -> None:
    """Load the models that may be asked for next while nobody waits."""
    seen = st.session_state.setdefault("loaded-ahead", set())
    if study.path not in seen:
        seen.add(study.path)
        for experiment in experiments:
            prediction_queue().ahead_of_time(lambda e=experiment: make_ready(study, e, mode))


@st.fragment
def explore(study: Study) -> None:
    with artefact_states():
        experiments = study.experiments()
        if not experiments:
            show_no_models(study, "pages/predict.py")
            return
        controls = st.container(
            key="predict-controls", horizontal=True, vertical_alignment="bottom", gap="small"
        )
        with controls:
            source = choose_source()
            chosen = choose_models(experiments, study.adapted_models())
            maps = st.container(width="content")
        if chosen[0] not in experiments:
            st.caption(as_markdown(adapted_sentence(study.model(chosen[0]))))
        subject = choose_subject(study, source, chosen)
        with controls:
            mode = choose_mode()
        if subject is None:
            return
        key = f"{study.path} {subject.key} {chosen} {mode}"
        job = session_files().job(key)
        if job is None and isinstance(subject, PatchSubject):
            job = start_prediction(study, chosen, subject, mode, key)
        if job is None:
            offer(study, chosen, subject, mode, key, again=False)
            honest_note(study, subject)
            return
        try:
            prediction = follow(job, lane_of(subject, len(chosen)) == "short")
        finally:
            if job.failed:
                offer(study, chosen, subject, mode, key, again=True)
        if prediction is not None:
            show_prediction(
                study,
                subject,
                prediction,
                maps,
                lambda: ways_on(study, source, subject, chosen),
            )
            load_ahead(study, experiments, mode)


def ways_on(study: Study, source: str, subject: Subject, chosen: tuple[str, ...]) -> None:
    honest_note(study, subject)
    with st.container(horizontal=True, gap="small"):
        study_link(
            "pages/transfer.py",
            "Will it work here? A forecast for this image",
            ":material/help_center:",
            **_same_image(source, subject, chosen),
        )
        study_link(
            "pages/check.py",
            "How right is this map? Check it with a few labels",
            ":material/fact_check:",
        )


def _same_image(source: str, subject: Subject, chosen: tuple[str, ...]) -> dict[str, str]:
    """What is chosen here, for the page that forecasts accuracy."""
    if isinstance(subject, PatchSubject):
        patch = split_patch_id(subject.patch_id)[1]
        query = {"source": source, "scene": subject.scene_id, "patch": patch}
    else:
        query = input_in_url(source)
    if len(chosen) == 1 and chosen[0] in EXPERIMENTS:
        query |= {"axis": EXPERIMENTS[chosen[0]][0], "model": chosen[0]}
    return query


st.title("Predict", anchor=False)
say_what_is_broken()
explore(open_study())

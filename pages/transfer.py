import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lcviz.errors import DatasetError
from lcviz.forecast.answer import NEVER_SEEN, answer, home_protocol, lead_in_words
from lcviz.forecast.lead import lead_among
from lcviz.forecast.live import ImageEvidence
from lcviz.forecast.ranking import (
    best_fallback,
    image_ranking,
    known_accuracy,
    scene_ranking,
    without_order,
)
from lcviz.forecast.receipts import order_holds
from lcviz.forecast.verdicts import tells
from lcviz.forecast.words import first_line
from lcviz.study import Study
from lcviz.study.forecasts import read_forecasts
from lcviz.taxonomy import EXPERIMENTS, KINDS
from lcviz.ui.choices import choose
from lcviz.ui.forecast.data import ForecastFacts, context_of, facts_of
from lcviz.ui.forecast.evidence import (
    choose_window,
    show_adaptation,
    show_image_and_training,
    show_landscapes_and_bands,
    show_verdict,
)
from lcviz.ui.forecast.question import Question, choose_question, choose_source
from lcviz.ui.forecast.ranking import choose_model, show_others, show_ranked, show_table
from lcviz.ui.forecast.receipts import show_receipts, show_rules
from lcviz.ui.forecast.run import forecast_job, start_forecast
from lcviz.ui.jobs.progress import follow
from lcviz.ui.predict.source import say_what_is_broken
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study, show_no_models, study_link


def choose_axis(facts: ForecastFacts) -> str:
    return choose(
        st.segmented_control,
        "Models of",
        facts.axes,
        name="axis",
        format_func=lambda axis: f"{axis.capitalize()}s",
        resets=("model",),
        required=True,
    )


def out_of_its_world(study: Study, question: Question) -> bool:
    """Whether a real image is asked about, of models that have seen synthetic scenes alone."""
    return question.raster is not None and study.is_demo


def honest_note(study: Study, question: Question) -> None:
    if out_of_its_world(study, question):
        st.warning(
            "**These models have never seen a real place.** The demo's models were trained on "
            "synthetic scenes, and its forecasts were checked on such scenes alone: on real "
            "imagery there is no verdict, and the models are not ranked.",
            icon=":material/science:",
        )


def ask(
    study: Study, facts: ForecastFacts, question: Question, axis: str, first: DeltaGenerator
) -> None:
    if out_of_its_world(study, question):
        first.markdown(f"#### {NEVER_SEEN}")
    context = context_of(study)
    key, job = forecast_job(context, question)
    if job is None and question.at_once:
        job = start_forecast(context, question, key)
    if job is None or job.failed:
        st.button(
            "Forecast" if job is None else "Try again",
            key="forecast",
            type="primary" if job is None else "secondary",
            icon=":material/play_arrow:",
            on_click=start_forecast,
            args=(context, question, key),
        )
    honest_note(study, question)
    if job is None:
        show_kept(study, facts, question, axis, first, "the imagery was not looked at")
        return
    try:
        found: ImageEvidence | None = follow(job, question.at_once, "Looking at the image")
    except DatasetError as error:
        st.info(
            as_markdown(f"The imagery is not at hand, so that there is no evidence: {error}"),
            icon=":material/hide_image:",
        )
        show_kept(study, facts, question, axis, first, "the imagery was not looked at")
        return
    if found is not None:
        show_found(study, facts, question, axis, first, found)
    elif not job.done:
        show_kept(study, facts, question, axis, first, "the image is being looked at")


def show_kept(
    study: Study,
    facts: ForecastFacts,
    question: Question,
    axis: str,
    first: DeltaGenerator,
    why: str,
) -> None:
    """What the study keeps of a scene, without looking at its pixels."""
    if not question.scene_ids:
        return
    ranking = scene_ranking(
        read_forecasts(study),
        facts.receipts,
        question.scene_ids,
        facts.models,
        axis,
        question.groups(axis),
        known_accuracy(facts.indicators, question.scene_ids),
    )
    show_answer(study, facts, question, axis, first, ranking)
    st.caption(f"As the study keeps it, of whole scenes; {why}.")
    show_table(ranking, question.name, axis)


def show_answer(
    study: Study,
    facts: ForecastFacts,
    question: Question,
    axis: str,
    first: DeltaGenerator,
    ranking: pd.DataFrame,
) -> None:
    """The line that answers, at the top, and the ranking behind it."""
    foreign = out_of_its_world(study, question)
    ranked = ranking[ranking["rank"].notna()]
    in_order = not ranked.empty and order_holds(facts.receipts, ranked.kind.iloc[0], axis)
    lead = lead_among(
        ranked.experiment, read_forecasts(study), facts.indicators, question.groups(axis)
    )
    with first:
        if not foreign:
            st.markdown(f"#### {answer(ranking, lead, order_holds=in_order)}")
        name = f"{question.name[0].upper()}{question.name[1:]}."
        st.caption(f"{as_markdown(name)} {'' if foreign else lead_in_words(ranking, lead)}".strip())
    show_ranked(study, ranking, axis, question.for_predict)
    if not foreign:
        show_others(ranking)
    cards = [study.model(n) for n in study.experiments() if EXPERIMENTS[n][0] == axis]
    st.caption(home_protocol(cards))


def show_found(
    study: Study,
    facts: ForecastFacts,
    question: Question,
    axis: str,
    first: DeltaGenerator,
    found: ImageEvidence,
) -> None:
    homes = {name: model.home_accuracy for name, model in facts.models.items()}
    ranking = image_ranking(
        found.models,
        axis,
        homes,
        question.groups(axis),
        known_accuracy(facts.indicators, question.scene_ids),
    )
    foreign = out_of_its_world(study, question)
    if foreign:
        ranking = without_order(ranking)
    if ranking.empty:
        st.info(f"The study has no model of a {axis}.")
        return
    show_answer(study, facts, question, axis, first, ranking)
    if question.for_predict:
        study_link(
            "pages/predict.py",
            "See where all models disagree on this image",
            ":material/play_circle:",
            **question.for_predict,
            model="all",
        )
    telling = [] if foreign else [k for k in KINDS if tells(facts.verdicts, k, axis)]
    show_table(ranking, question.name, axis, telling)
    for note in found.notes:
        st.caption(as_markdown(note))
    st.subheader("Why: the image beside what the model was trained on", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose_model(ranking)
        model = next(m for m in found.models if m.experiment == chosen)
        window = choose_window(found, model)
    named = show_verdict(
        study, model, best_fallback(ranking), facts.verdicts, out_of_its_world=foreign
    )
    show_image_and_training(study, found, model, question, window)
    show_landscapes_and_bands(model, named, found, question.name)
    show_adaptation(study, found, model, question, window)


@st.fragment
def explore(study: Study) -> None:
    if study.is_published:
        show_no_models(study, "pages/transfer.py")
        return
    with artefact_states():
        facts = facts_of(study)
        if not facts.models:
            st.info(as_markdown(f"No model can be forecast. {study.how_to_make('train')}"))
            return
        first = st.container()
        with st.container(key="transfer-controls", horizontal=True, vertical_alignment="bottom"):
            source = choose_source()
            axis = choose_axis(facts)
        question = None
        with artefact_states():
            question = choose_question(study, source)
        with artefact_states():
            if question is not None:
                ask(study, facts, question, axis, first)
        with st.expander("How far can forecasts be believed?"):
            st.markdown(first_line(facts.receipts, axis))
            show_receipts(study, facts.receipts, axis)
        show_rules()


st.title("Will it work here?", anchor=False)
say_what_is_broken()
explore(open_study())

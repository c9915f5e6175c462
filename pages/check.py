import streamlit as st

from lcviz.assessment.folder import Check
from lcviz.errors import PointsError
from lcviz.study import Study
from lcviz.ui.check.by_raster import label_by_raster
from lcviz.ui.check.checks import current_check, go_to, is_shared, team_checks
from lcviz.ui.check.improve import improve_model
from lcviz.ui.check.know import show_findings
from lcviz.ui.check.label import label_points
from lcviz.ui.check.outside import label_outside
from lcviz.ui.check.plan import plan_check
from lcviz.ui.check.source import choose_map
from lcviz.ui.choices import choose
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study

STEPS = {"label": "2 · Label", "know": "3 · Know", "improve": "4 · Improve"}


def begin(study: Study) -> None:
    """Step 1: plan and draw, or go on with a check of the team's."""
    names = team_checks()
    if names:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Go on with a check of the team", names, index=None, width=380)
            if name is not None:
                st.button("Open", on_click=go_to, args=(name, "label"), key="check-open")
    st.subheader("1 · Plan", anchor=False)
    with artefact_states():
        candidate = choose_map(study)
        if candidate is not None:
            plan_check(candidate)


def go_on(study: Study, check: Check) -> None:
    """Steps 2 to 4: label, know, improve."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = choose(
            st.segmented_control,
            as_markdown(check.record.title),
            list(STEPS),
            name="step",
            format_func=STEPS.get,
            required=True,
        )
        st.button(
            "Start another check", key="check-new", type="tertiary", on_click=go_to, args=(None,)
        )
    if step == "know":
        with artefact_states():
            show_findings(study, check)
        return
    if step == "improve":
        with artefact_states():
            improve_model(study, check)
        return
    label_points(study, check)
    outside = st.expander("Label outside: QGIS, AcATaMa, Collect Earth Online, a spreadsheet")
    with outside, artefact_states():
        label_outside(check)
    by_raster = st.expander("Labels from a raster: a land register, another map")
    with by_raster, artefact_states():
        label_by_raster(check)
    who = "everybody on this server" if is_shared(check) else "whoever has this page's address"
    st.caption(f"Every label is on the server's disk at once. It can be seen by {who}.")


def explore(study: Study) -> None:
    with artefact_states():
        try:
            check = current_check()
        except PointsError as error:
            st.warning(as_markdown(str(error)), icon=":material/link_off:")
            st.button("Start a new check", key="check-new", on_click=go_to, args=(None,))
            return
        if check is None:
            begin(study)
        else:
            go_on(study, check)


st.title("Check it here", anchor=False)
st.markdown(
    "How right is a map? Draw points by design, say what is there, and know it with an interval."
)
explore(open_study())

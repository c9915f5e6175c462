"""The three numbers of a train x test table: at home, elsewhere, the gap."""

import streamlit as st

from lcviz.generalization.headline import Estimate, Headline
from lcviz.words import Unit


def show_estimates(found: Headline) -> None:
    """At home, elsewhere and the gap, each with its interval where there is one."""
    with st.container(horizontal=True, gap="small"):
        _show_estimate("At home", found.home, found.unit)
        _show_estimate("Elsewhere", found.away, found.unit)
        _show_estimate("Gap", found.gap, found.unit, difference=True)


def _show_estimate(
    label: str, estimate: Estimate | None, unit: Unit, *, difference: bool = False
) -> None:
    say = unit.difference if difference else unit.value
    with st.container(width="content", gap=None):
        st.metric(label, "none" if estimate is None else say(estimate.value))
        if estimate is not None and estimate.low is not None and estimate.high is not None:
            end = unit.change if difference else unit.value
            st.caption(f"95%: {end(estimate.low)} to {end(estimate.high)}")

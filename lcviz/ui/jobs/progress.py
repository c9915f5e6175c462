"""Waiting for a job of the server's one queue: its result, or how far it is."""

from time import monotonic
from typing import Any, Final

import streamlit as st

from lcviz.ui.jobs.queue import Job, prediction_queue

AT_ONCE_S: Final = 0.7  # what takes no longer needs no progress bar
SOON_S: Final = 6.0  # how long the page waits for what is nearly there, instead of looking again
LOOK_AGAIN_S: Final = 0.4


def follow(job: Job, soon: bool, doing: str = "Predicting") -> Any | None:
    """The result, if it is there by now; else its progress, with a button that cancels it.

    Args:
        job: of the queue.
        soon: whether it is expected to be done in a few seconds.
        doing: what it does, in a word.

    Raises:
        LcvizError: what the job raised.
    """
    if job.cancelled:
        # What computes just now ends soon; nobody waits for that.
        st.info(f"{doing} was cancelled.", icon=":material/cancel:")
        return None
    if not job.wait(AT_ONCE_S) and soon:
        bar, end = st.empty(), monotonic() + SOON_S
        while not job.wait(0.1) and monotonic() < end:
            bar.progress(min(job.fraction, 1.0), _in_words(job, doing))
        bar.empty()
    if not job.done:
        _watch(job, doing)
        return None
    return job.result()


@st.fragment(run_every=LOOK_AGAIN_S)
def _watch(job: Job, doing: str) -> None:
    if job.done or job.cancelled:
        st.rerun()
    with st.container(border=True, key="prediction-progress"):
        st.progress(min(job.fraction, 1.0), _in_words(job, doing))
        st.button("Cancel", icon=":material/close:", on_click=job.cancel)


def _in_words(job: Job, doing: str) -> str:
    if not job.started:
        ahead = prediction_queue().ahead(job)
        others = "prediction" if ahead == 1 else "predictions"
        return f"Waiting: {ahead} {others} before this one" if ahead else "Starting"
    left = job.seconds_left
    if left is None:
        return doing
    time = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
    return f"{doing}, {job.fraction:.0%}, about {time} left"

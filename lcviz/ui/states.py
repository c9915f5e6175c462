"""The three states of whatever a page shows: there, not made yet, broken."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lcviz.errors import ArtefactMissingError, LcvizError, NotPublishedError


@contextmanager
def artefact_states() -> Iterator[None]:
    """Show what is inside, or the message of the `LcvizError` that it raised.

    An artefact that is not there yet is a notice with the command that makes it; what a study of
    published facts lacks is a quiet line; anything broken is an error that names the file and the
    reason. What stands before the raising line stays.
    """
    try:
        yield
    except NotPublishedError as error:
        st.caption(as_markdown(str(error)))
    except ArtefactMissingError as error:
        st.info(as_markdown(str(error)), icon=":material/info:")
    except LcvizError as error:
        st.error(as_markdown(str(error)), icon=":material/broken_image:")


def as_markdown(message: str) -> str:
    """A message as Markdown that reads as written: commands as code, all else escaped."""
    message = re.sub(r"(?<!`)python -m precompute [^`]*$", r"`\g<0>`", message)
    parts = message.split("`")
    parts[::2] = [re.sub(r"([\\*_\[\]<>#$~|:{}])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)

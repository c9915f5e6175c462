"""What each class looks like in this study: a patch that is nearly all of it."""

import numpy as np
import streamlit as st

from lcviz.errors import LcvizError
from lcviz.legends import EIGHT, Scheme
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS
from lcviz.taxonomy import CLASSES
from lcviz.ui.pictures import Picture, show_pictures
from lcviz.ui.shared_study import PATCHES, PICTURES, kept

_SIDE = 96
_LEAST = 0.3
"""Share of a cut-out that has to be of the class."""


def show_examples(study: Study, scheme: Scheme) -> None:
    """The eight classes with a picture each, where the study has them."""
    if scheme != EIGHT:
        return
    with st.expander("What the classes look like from above"):
        try:
            examples = _examples(study)
        except LcvizError:
            examples = ()
        if not examples:
            st.caption("This study keeps no pictures of labelled patches.")
            return
        show_pictures(examples)
        st.caption(
            "Cut from the study's patches where their MODIS labels, which err too, say so; 96 x 96 "
            "pixels of 10 m." + (" Synthetic, as all of the demo." if study.is_demo else "")
        )


@kept(PATCHES, PICTURES, entries=4)
def _examples(study: Study) -> tuple[Picture, ...]:
    patches = study.patches(["patch_id", "status", "browsable", *FRACTIONS])
    patches = patches[patches.browsable & (patches.status == "ok")]
    found = []
    for index, name in enumerate(CLASSES):
        best = patches.sort_values(FRACTIONS[index], ascending=False).head(1)
        if best.empty or not best[FRACTIONS[index]].iloc[0] > 0:
            continue
        patch_id = str(best.patch_id.iloc[0])
        picture, labels = study.quicklook(patch_id, "s2"), study.labels(patch_id)
        if picture is None or labels is None:
            continue
        row, column, share = _densest(labels == index)
        if share >= _LEAST:
            part = picture[row : row + _SIDE, column : column + _SIDE]
            found.append(Picture(name, f"{share:.0%} of the picture", np.ascontiguousarray(part)))
    return tuple(found)


def _densest(mask: np.ndarray) -> tuple[int, int, float]:
    """Corner of the cut-out that holds most of a class, and its share."""
    steps = range(0, max(1, mask.shape[0] - _SIDE + 1), 32)
    corners = [(r, c) for r in steps for c in steps]
    shares = [float(mask[r : r + _SIDE, c : c + _SIDE].mean()) for r, c in corners]
    best = int(np.argmax(shares))
    return (*corners[best], shares[best])

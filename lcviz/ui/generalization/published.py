"""What is published behind one cell of the paper's Table 4."""

import numpy as np
import streamlit as st

from lcviz.data import published, published_landscapes
from lcviz.figures.classes import confusion_figure
from lcviz.taxonomy import CLASSES
from lcviz.ui.charts import show_figure
from lcviz.words import percent


def show_published_confusion() -> None:
    """The confusion matrix of North America's model in Africa, with the mistake that costs most."""
    confusion = published_landscapes.north_america_to_africa()
    st.subheader("Behind one published cell: North America's model in Africa", anchor=False)
    right = np.trace(confusion) / confusion.sum()
    cell = published.table_4().mean.loc["North America", "Africa"]
    wrong = confusion * ~np.eye(len(confusion), dtype=bool)
    label, taken_for = np.unravel_index(wrong.argmax(), wrong.shape)
    st.markdown(
        f"Of all pixels together **{right:.1%}** agree with MODIS; Table 4 has {percent(cell)}, "
        f"the mean over scenes. The mistake that costs most: **{CLASSES[label]} taken for "
        f"{CLASSES[taken_for]}**, {wrong.max() / confusion.sum():.1%} of all pixels and "
        f"{wrong.max() / confusion[label].sum():.0%} of what MODIS calls {CLASSES[label]}."
    )
    show_figure(
        confusion_figure(confusion, "shares"),
        "published-confusion-north-america-to-africa",
        f"n = {confusion.sum():,} pixels, the one confusion matrix that is published. Rows are "
        "MODIS labels, columns predictions; colour and text are the share of the row in %.",
        of_paper=True,
        key="figure-published",
    )

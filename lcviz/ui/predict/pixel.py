"""One pixel of a prediction: where it lies, and its class probabilities."""

from collections.abc import Mapping
from html import escape

import numpy as np
import streamlit as st

from lcviz.georeference import to_longitude_latitude
from lcviz.rasters.subject import Subject
from lcviz.taxonomy import CLASS_COLOURS, CLASSES, NO_LABEL, model_label
from lcviz.ui.choices import pick
from lcviz.ui.predict.run import Prediction


def chosen_pixel(subject: Subject) -> tuple[int, int]:
    """The pixel of the URL, else the middle one."""
    row, _, column = st.query_params.get("pixel", "").partition(",")
    if row.isdecimal() and column.isdecimal():
        place = int(row[:9]), int(column[:9])
        if place[0] < subject.height and place[1] < subject.width:
            return place
    return subject.height // 2, subject.width // 2


def show_pixel(subject: Subject, prediction: Prediction) -> None:
    """Choose a pixel, and show what each model says of it."""
    st.subheader("At one pixel", anchor=False)
    row, column = chosen_pixel(subject)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for label, value, end in (("Row", row, subject.height), ("Column", column, subject.width)):
            key = f"pixel-{label}"
            st.session_state[key] = value
            st.number_input(label, 0, end - 1, key=key, on_change=_pick_typed, width=130)
    st.caption(_place(subject, row, column))
    rows = {}
    for name, one in prediction.maps.items():
        if one.prediction.probabilities is not None:
            rows[name] = one.prediction.probabilities_at(row, column)
    if not rows:
        st.caption(
            "For a raster of this size the probabilities of several models are not kept. Choose "
            "one model to see them."
        )
    elif np.isnan(next(iter(rows.values()))).any():
        st.caption("No data here.")
    elif len(rows) == 1:
        st.html(_probability_table(next(iter(rows.values()))))
    else:
        st.html(_probability_rows(rows))


def _pick_typed() -> None:
    pick("pixel", f"{st.session_state['pixel-Row']},{st.session_state['pixel-Column']}")


def _place(subject: Subject, row: int, column: int) -> str:
    said = "Click the map, move over it with the arrow keys, or type."
    box = subject.geobox
    if box.crs is not None:
        x, y = box.to_xy(np.array([row + 0.5]), np.array([column + 0.5]))
        longitude, latitude = to_longitude_latitude(x, y, box.crs)
        east, north = float(longitude[0]), float(latitude[0])
        if np.isfinite([east, north]).all():
            said = (
                f"{abs(north):.5f}° {'N' if north >= 0 else 'S'}, "
                f"{abs(east):.5f}° {'E' if east >= 0 else 'W'}. {said}"
            )
    if subject.labels is not None:
        label = subject.labels[row, column]
        known = CLASSES[label] if label != NO_LABEL else "none"
        said = f"MODIS label: **{known}**. {said}"
    return said


def _probability_table(probabilities: np.ndarray) -> str:
    top = int(probabilities.argmax())
    rows = "".join(
        f'<tr class="{"top" if i == top else ""}"><td><i class="lcviz-swatch" '
        f'style="background:{CLASS_COLOURS[i]}"></i> {escape(name)}</td>'
        f'<td class="bar wide"><span class="track"><i style="width:{p:.1%};'
        f'background:{CLASS_COLOURS[i]}"></i></span> {p:.1%}</td></tr>'
        for i, (name, p) in enumerate(zip(CLASSES, probabilities, strict=True))
    )
    return (
        '<table class="lcviz-shares lcviz-pixel"><thead><tr><th scope="col">Class</th>'
        f'<th scope="col">Probability</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _probability_rows(rows: Mapping[str, np.ndarray]) -> str:
    body = ""
    for name, probabilities in rows.items():
        top = int(probabilities.argmax())
        parts = "".join(
            f'<i style="width:{p:.2%};background:{CLASS_COLOURS[i]}" '
            f'title="{escape(CLASSES[i])} {p:.0%}"></i>'
            for i, p in enumerate(probabilities)
            if p >= 0.005
        )
        body += (
            f"<tr><td>{escape(model_label(name))}</td>"
            f'<td><span class="lcviz-stack">{parts}</span></td>'
            f"<td>{escape(CLASSES[top])} {probabilities[top]:.0%}</td></tr>"
        )
    return (
        '<table class="lcviz-shares lcviz-pixel models"><thead><tr><th scope="col">Model</th>'
        '<th scope="col">Class probabilities</th><th scope="col">Most probable</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )

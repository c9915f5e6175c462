"""A class map on the world map, at its place."""

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit_folium import st_folium

from lcviz.figures.picture_map import MapPicture, picture_map
from lcviz.imagery import label_picture
from lcviz.rasters.overlay import on_web_map
from lcviz.rasters.subject import Subject
from lcviz.taxonomy import NO_LABEL
from lcviz.ui.pictures import data_uri


def show_place_map(subject: Subject, classes: npt.NDArray[np.uint8], name: str) -> None:
    """Show a class map over its image on the offline map, with a slider for its opacity.

    Args:
        subject: what was predicted; it says where it lies.
        classes: class indexes of every n-th pixel (rows, columns), 255 = no data.
        name: of the class map, for people.
    """
    seen = subject.stretched
    if classes.shape == seen.shape[:2]:
        seen = np.dstack([seen, np.where(classes == NO_LABEL, 0, 255).astype(np.uint8)])
    image = on_web_map(seen, subject.geobox, classes=False)
    drawn = on_web_map(label_picture(classes), subject.geobox, classes=True)
    pictures = [
        MapPicture("Image", data_uri(image.pixels, lossless=False), image.corners),
        MapPicture(name, data_uri(drawn.pixels, lossless=True), drawn.corners, pixelated=True),
    ]
    st_folium(
        picture_map(pictures, draw=False, dark=st.context.theme.type == "dark"),
        key="prediction-place-map",
        height=440,
        use_container_width=True,
        returned_objects=[],
    )

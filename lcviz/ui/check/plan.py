"""How many points, and where: before anything is labelled."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from lcviz.assessment import samples
from lcviz.assessment.class_map import ClassMap
from lcviz.assessment.confidence import write_confidence
from lcviz.assessment.drawing import Frame
from lcviz.assessment.planning import ALLOCATIONS, Allocation
from lcviz.assessment.samples import Plan, Strata
from lcviz.atomic import atomic_path
from lcviz.rasters.subject import Subject
from lcviz.ui.check.checks import DAYS, HOW_TO_SHARE, go_to, new_home, team_folder
from lcviz.ui.check.draw import Wish, bar, draw_check, opened
from lcviz.ui.check.source import Candidate, choose_scheme, uploaded
from lcviz.ui.choices import choose, pressed
from lcviz.ui.predict.source import choose_server_file, choose_upload
from lcviz.ui.states import as_markdown

DESIGNS: Final = {
    "simple": "Simple random",
    "classes": "By mapped class",
    "confidence": "By class and confidence",
    "polygons": "By polygons of my own",
}
IMAGES: Final = {"none": "None: I label elsewhere", "upload": "Upload", "server": "Server file"}
_HOW: Final[dict[Allocation, str]] = {
    "proportional": "In proportion to size",
    "equal": "Equal numbers",
    "neyman": "Neyman: smallest error",
}
_COUNTED: Final = "check-counted"


@dataclass(frozen=True, eq=False)
class _Counted:
    """The pixels of a map by stratum, as read once."""

    key: str
    frame: Frame


def plan_check(candidate: Candidate) -> None:
    """Choose design, size and imagery, and draw.

    Raises:
        LcvizError: the map, the polygons or the wish cannot be used.
    """
    sure = candidate.probabilities.get(next(iter(candidate.maps)))
    design = choose(
        st.segmented_control,
        "How are points drawn?",
        [name for name in DESIGNS if name != "confidence" or sure is not None],
        name="design",
        format_func=DESIGNS.get,
        required=True,
        help="By mapped class, rare classes get points too, and each class is known better. With "
        "confidence, each class is parted again where the model is at least 70% sure. The area of "
        "applicability is not known at every pixel, as strata have to be.",
    )
    by = None
    if design == "polygons":
        by = uploaded("polygons", "Polygons: .gpkg, .geojson, or a .zip of a Shapefile")
        if by is None:
            return
    if design == "confidence" and sure is not None:
        by = _confidence(sure)
    with opened(candidate, by, design) as (of_map, strata):
        frame = _counted(f"{candidate.key} {design} {by}", of_map, strata)
        planned = _size(candidate, strata, frame, stratified=design != "simple")
    _show(planned)
    # On the first screen, though what stands below it decides too.
    place = st.container()
    with st.expander("Labels, pictures, and who can see it", expanded=True):
        own = candidate.scheme.name
        scheme = choose_scheme("Labels are given as", "label-scheme", own)
        subject = candidate.subject or _choose_image()
        title = st.text_input("Name of this check", candidate.title, key="check-title", width=380)
        shared = False
        if team_folder() is not None:
            shared = st.toggle("Let everybody on this server label and read it", key="check-shared")
        else:
            st.caption(as_markdown(HOW_TO_SHARE))
        seed = int(
            st.number_input("Seed of the draw", 0, 2**31 - 1, 0, key="check-seed", width=200)
        )
    if scheme is None:
        return
    with place:
        asked = pressed(
            f"Draw {planned.n} points",
            key="check-draw",
            type="primary",
            icon=":material/scatter_plot:",
        )
        if asked:
            parent, name = new_home(title, shared=shared)
            wish = Wish(candidate, design, by, frame, planned, seed, scheme, subject, title)
            check = draw_check(wish, parent, name)
            go_to(check.name, "label")
            st.rerun()
    where = "in the folder of assessments" if shared else f"for {DAYS} days after the last label"
    st.caption(
        f"Drawn without replacement, every pixel of a stratum alike; the same seed draws the same "
        f"points. Map, points and labels are kept on the server {where}, behind this page's "
        "address: keep the address to come back."
    )


def _confidence(probabilities: Path) -> Path:
    """How sure the model is, as a raster beside its probabilities."""
    file = probabilities.with_name("confidence.tif")
    if not file.is_file():
        with bar("Reading how sure the model is") as tell, atomic_path(file) as temporary:
            write_confidence(probabilities, temporary, tell)
    return file


def _counted(key: str, of_map: ClassMap, strata: Strata) -> Frame:
    known = st.session_state.get(_COUNTED)
    if isinstance(known, _Counted) and known.key == key:
        return known.frame
    with bar("Counting the map") as tell:
        frame = samples.count(of_map, strata, tell)
    st.session_state[_COUNTED] = _Counted(key, frame)
    return frame


def _size(candidate: Candidate, strata: Strata, frame: Frame, *, stratified: bool) -> Plan:
    promise = candidate.promises.get(next(iter(candidate.maps)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        expected = st.number_input(
            "Accuracy you expect (%)",
            1,
            99,
            round(100 * promise.accuracy) if promise else 70,
            key="check-expected",
            width=200,
            help="Only the number of points hangs on it, never the result.",
        )
        by_number = st.toggle("Choose the number of points", key="check-by-number")
        if by_number:
            points = int(st.number_input("Points", 2, 100_000, 100, key="check-points", width=160))
        else:
            half = st.number_input(
                "Within ± points",
                1.0,
                30.0,
                5.0,
                0.5,
                format="%.1f",
                key="check-half",
                width=200,
            )
        allocation: Allocation = "proportional"
        minimum = 0
        if stratified:
            allocation = st.selectbox(
                "Points are shared",
                ALLOCATIONS,
                index=0,
                format_func=lambda how: _HOW[how],
                key="check-how",
                width=240,
            )
            minimum = int(
                st.number_input("At least, each", 0, 1000, 10, key="check-minimum", width=140)
            )
    if promise is not None:
        span = ""
        if promise.low is not None and promise.high is not None:
            span = f" (80%: {promise.low:.0%} to {promise.high:.0%})"
        st.caption(f"Forecast for this map: {promise.accuracy:.0%}{span}.")
    return samples.plan(
        strata,
        frame,
        points=points if by_number else None,
        half_width=None if by_number else half / 100,
        expected=expected / 100,
        allocation=allocation,
        minimum=minimum,
    )


def _show(planned: Plan) -> None:
    said = f"**{planned.n} points**"
    if planned.half_width is not None:
        said += f" tell the overall accuracy to within ±{100 * planned.half_width:.1f} points (95%)"
    st.markdown(f"{said}.")
    few = [name for name in planned.sizes if planned.points[name] < 2]
    if few:
        st.caption(
            as_markdown(
                f"Fewer than two points in {', '.join(few)}: how exact the answer will be cannot "
                "be foretold, and nothing can be said of these. Ask for more points each."
            )
        )
    if len(planned.sizes) > 1:
        total = sum(planned.sizes.values())
        st.dataframe(
            pd.DataFrame(
                {
                    "Stratum": list(planned.sizes),
                    "Share of the map (%)": [
                        round(100 * size / total, 2) for size in planned.sizes.values()
                    ],
                    "Pixels": list(planned.sizes.values()),
                    "Points": [planned.points[name] for name in planned.sizes],
                }
            ),
            hide_index=True,
            width="content",
        )


def _choose_image() -> Subject | None:
    chosen = st.segmented_control(
        "Image to label from",
        list(IMAGES),
        format_func=lambda source: IMAGES[source],
        default="none",
        required=True,
        key="check-image",
    )
    if chosen == "upload":
        return choose_upload()
    return choose_server_file() if chosen == "server" else None

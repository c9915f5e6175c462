"""Draw the points of a check, and put all that labelling needs into its folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from rasterio.windows import Window

from lcviz import __version__
from lcviz.assessment import samples
from lcviz.assessment.class_map import ClassMap, open_class_map
from lcviz.assessment.confidence import write_confidence
from lcviz.assessment.drawing import Frame
from lcviz.assessment.folder import Check, CheckedMap, CheckRecord
from lcviz.assessment.samples import (
    Plan,
    Strata,
    one_stratum,
    strata_of_classes,
    strata_of_confidence,
    strata_of_polygons,
)
from lcviz.assessment.surroundings import Read, cut_surroundings
from lcviz.errors import ConfigurationError
from lcviz.legends import SCHEMES, Scheme
from lcviz.rasters.areas import pixel_area
from lcviz.rasters.reading import open_raster
from lcviz.rasters.subject import PatchSubject, Subject
from lcviz.ui.check.source import Candidate


@dataclass(frozen=True, eq=False)
class Wish:
    """What was planned."""

    candidate: Candidate
    design: str
    by: Path | None
    """Polygons, or confidence, that strata are made by."""
    frame: Frame
    planned: Plan
    seed: int
    scheme: Scheme
    """Of the labels."""
    subject: Subject | None
    """Image to label from."""
    title: str


@contextmanager
def opened(candidate: Candidate, by: Path | None, design: str) -> Iterator[tuple[ClassMap, Strata]]:
    """The map to draw for, and how a design parts it; `by` is what it is parted by."""
    with open_class_map(candidate.first, candidate.scheme) as of_map:
        if design == "simple":
            yield of_map, one_stratum(of_map)
        elif by is None:
            yield of_map, strata_of_classes(of_map)
        elif design == "confidence":
            yield of_map, strata_of_confidence(of_map, by)
        else:
            yield of_map, strata_of_polygons(of_map, by)


def draw_check(wish: Wish, parent: Path, name: str) -> Check:
    """Draw the points, cut their pictures, and keep all of it.

    Args:
        wish: what was planned.
        parent: folder of checks.
        name: of the new one.

    Raises:
        LcvizError: the map or the image cannot be read, or the folder not be written.
    """
    candidate, scheme, subject = wish.candidate, wish.scheme, wish.subject
    with opened(candidate, wish.by, wish.design) as (of_map, strata):
        try:
            table, how = samples.draw(of_map, strata, wish.frame, wish.planned, wish.seed)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        side = _side(of_map, subject)
    sources = {f"maps/{key}.tif": path for key, path in candidate.maps.items()}
    schemes = {}
    for use, each in (("map", candidate.scheme), ("labels", scheme)):
        if each.name in SCHEMES:
            schemes[use] = each.name
        elif use == "labels" and each.name == candidate.scheme.name:
            schemes[use] = schemes["map"]
        else:
            schemes[use] = f"schemes/{use}.csv"
            sources[schemes[use]] = Path(each.name)
    how |= {"scheme": scheme.name if scheme.name in SCHEMES else scheme.title}
    record = CheckRecord(
        title=wish.title.strip() or candidate.title,
        maps={
            key: CheckedMap(
                candidate.titles[key],
                f"maps/{key}.tif",
                model=candidate.tags(key),
                promise=candidate.promises.get(key),
            )
            for key in candidate.maps
        },
        map_scheme=schemes["map"],
        label_scheme=schemes["labels"],
        study=st.session_state.get("study", ""),
        image=subject.name if subject is not None else "",
        pixel=side,
        lcviz=__version__,
    )

    def extra(folder: Path) -> CheckRecord:
        if subject is not None:
            with bar("Cutting pictures of the points") as tell:
                _cut(subject, folder / "around.npy", table, tell)
        first = record.drawn_for
        probabilities = candidate.probabilities.get(first)
        if probabilities is None or not probabilities.is_file():
            return record
        with bar("Keeping how sure the model is") as tell:
            write_confidence(probabilities, folder / "maps" / "confidence.tif", tell)
        sure = replace(record.maps[first], confidence="maps/confidence.tif")
        return replace(record, maps={**record.maps, first: sure})

    return Check.create(parent, name, record, sources, table, how, extra)


def _cut(subject: Subject, file: Path, table: pd.DataFrame, tell: Callable[[float], None]) -> None:
    with ExitStack() as stack:
        if isinstance(subject, PatchSubject):
            raster = subject.raster

            def of_patch(window: Window) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
                rows, columns = (slice(*each) for each in window.toranges())
                return raster.values[:, rows, columns], raster.valid[rows, columns]

            read: Read = of_patch

        else:
            opened = stack.enter_context(open_raster(subject.path, subject.folder))
            read = opened.reading(subject.units).read
        cut_surroundings(
            file,
            table.longitude.to_numpy(np.float64),
            table.latitude.to_numpy(np.float64),
            read=read,
            geobox=subject.geobox,
            progress=tell,
        )


def _side(of_map: ClassMap, subject: Subject | None) -> float:
    """Side of the map's pixel, in pixels of the image."""
    if subject is None:
        return 1.0
    mapped, seen = (
        pixel_area(box, Window(0, 0, box.shape[1], box.shape[0]))
        for box in (of_map.box, subject.geobox)
    )
    return 1.0 if not mapped or not seen else float(np.sqrt(mapped / seen))


@contextmanager
def bar(doing: str) -> Iterator[Callable[[float], None]]:
    """A bar to tell a share of 1 to, gone in the end."""
    place = st.empty()
    try:
        yield lambda share: _tell(place, share, doing)
    finally:
        place.empty()


def _tell(place: st.delta_generator.DeltaGenerator, share: float, doing: str) -> None:
    place.progress(min(share, 1.0), f"{doing} ...")

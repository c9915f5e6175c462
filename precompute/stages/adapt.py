"""Adapt the model that made a map to labels of its place."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lcviz.assessment import adapting
from lcviz.assessment.adapting import Adapting
from lcviz.assessment.class_map import ClassMap, open_class_map
from lcviz.assessment.points import read_points
from lcviz.assessment.seen_maps import maps_at
from lcviz.assessment.words import improvement_sentence, interim_sentence
from lcviz.atomic import write_text
from lcviz.errors import ConfigurationError, RasterError
from lcviz.legends import EIGHT, find_scheme
from lcviz.network.loading import LoadedModel, load_model
from lcviz.rasters.products.opening import prepare
from lcviz.rasters.reading import open_raster
from lcviz.rasters.subject import RasterSource
from lcviz.study import Study
from precompute.running.stage import console, share_bar
from precompute.stages.predict import look_at


def adapt(
    study: Study,
    map_file: Path,
    image: Path,
    points: Path,
    place: str,
    *,
    label: str,
    scheme: str,
    design: str | None,
    answers: Mapping[str, str],
    out: Path | None,
) -> None:
    """Refit the last layer of the map's model to labels; keep the model if that helps.

    Args:
        study: of the model.
        map_file: what the model made of the image.
        image: that it was predicted from: a GeoTIFF, or a product.
        points: drawn by design, with labels.
        place: what the new model is called after.
        label: column of the labels.
        scheme: what they mean: a name or a CSV.
        design: `simple-random` where the points do not say how they were drawn.
        answers: what the guard would ask of the image.
        out: JSON file to write.

    Raises:
        LcvizError: map, image, points or model cannot be used.
    """
    if design not in (None, "simple-random"):
        raise ConfigurationError(f"--design {design} is not known; say simple-random, or nothing")
    adapting.name_of("", place)
    read, legend = read_points(points), find_scheme(scheme)
    with open_class_map(map_file, EIGHT) as of_map, tempfile.TemporaryDirectory() as folder:
        model = _model_of(study, of_map)
        prepared = prepare([image.expanduser()], Path(folder))
        source = look_at(prepared.path, answers)
        _check_grid(of_map, source)
        table = read.table
        rows, columns = of_map.pixels_of(
            table.longitude.to_numpy(float), table.latitude.to_numpy(float)
        )
        inside = of_map.at(rows, columns) >= 0
        maps = np.full((len(table), model.network.head.in_channels), np.nan, np.float32)
        if inside.any():
            with share_bar("looking at the image") as progress:
                maps[inside] = maps_at(model, source, rows[inside], columns[inside], progress)
        with share_bar("refitting") as progress:
            found = adapting.adapt(
                model,
                of_map,
                read,
                label,
                legend,
                maps,
                simple_random=design is not None,
                progress=progress,
            )
    name = None
    if found.improvement.helps:
        name = adapting.keep(study, model, found, place=place, image=image.name, scheme=legend)
    if out is not None:
        write_text(out.expanduser(), json.dumps(_report(found, name), indent=1) + "\n")
    for remark in found.measured.remarks:
        console.print(remark, markup=False)
    if found.measured.interim:
        console.print(interim_sentence(found.measured), markup=False)
    console.print(improvement_sentence(found).replace("**", ""), markup=False)
    console.print(
        "Cross-validated: no label judged a layer that was fitted to it. It holds for this map."
    )
    if name is not None:
        console.print(
            f"Kept as {name}. Predict with it: python -m precompute predict IMAGE OUT.tif --study "
            f"{study.path} --model {name}",
            markup=False,
            soft_wrap=True,
        )


def _model_of(study: Study, of_map: ClassMap) -> LoadedModel:
    tags = of_map.dataset.tags()
    name = tags.get("LCVIZ_MODEL", "")
    if name not in study.experiments():
        raise ConfigurationError(
            f"{of_map.file.name} was made by {name or 'no model that it names'}; only a model of "
            f"the study can be adapted: {', '.join(study.experiments()) or 'it has none'}"
        )
    model = load_model(study, name)
    if not model.digest.startswith(tags.get("LCVIZ_WEIGHTS", "") or "-"):
        raise ConfigurationError(
            f"{of_map.file.name} was made by other weights than {name} has in {study.path}. "
            "Predict it again"
        )
    return model


def _check_grid(of_map: ClassMap, source: RasterSource) -> None:
    with open_raster(source.path) as raster:
        shape, transform = raster.geobox.shape, raster.geobox.transform
    if shape != of_map.box.shape or not transform.almost_equals(of_map.box.transform, 1e-6):
        raise RasterError(
            f"{source.name} has {shape[0]} x {shape[1]} pixels, or lies elsewhere than the map's "
            f"{of_map.box.shape[0]} x {of_map.box.shape[1]}. Give the image that was predicted; if "
            "only an area of it was, cut that out first"
        )


def _report(found: Adapting, name: str | None) -> dict[str, object]:
    one = found.improvement
    return {
        "helps": one.helps,
        "kept_as": name,
        "before": asdict(one.before),
        "after": asdict(one.after),
        "gain": asdict(one.gain),
        "strength": one.strength,
        "labels": dict(found.labels),
        "n": found.n,
        "cross_validated": True,
        "interim": found.measured.interim,
        "remarks": list(found.measured.remarks),
    }

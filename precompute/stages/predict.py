"""Predict a person's image with one model of a study, without the app."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lcviz.atomic import atomic_path
from lcviz.errors import ConfigurationError
from lcviz.network.loading import LoadedModel, load_model
from lcviz.rasters import guard
from lcviz.rasters.geotiff import write_cog
from lcviz.rasters.guard import Finding
from lcviz.rasters.legend_files import write_legend
from lcviz.rasters.maps import raster_maps
from lcviz.rasters.prediction import RasterPrediction
from lcviz.rasters.products.opening import Wish, opened_once
from lcviz.rasters.products.places import place_of_box, place_of_file
from lcviz.rasters.reading import InputRaster, open_raster
from lcviz.rasters.subject import RasterSource
from lcviz.study import Study
from precompute.running.stage import console

OPTIONS: Final = {"order": "--bands", "unit": "--unit", "offset": "--offset", "fill": "--fill"}
"""Topic of a question of the guard -> option of the command line."""


def predict(
    study: Study,
    experiment: str,
    sources: Sequence[Path],
    target: Path,
    *,
    wish: Wish | None = None,
    answers: Mapping[str, str] | None = None,
    probabilities: Path | None = None,
    areas: Path | None = None,
    mode: str = "fast",
    device: str = "auto",
) -> None:
    """Write the class map of an image to `target`, and what else is asked for: all, or nothing.

    Args:
        study: the study that holds the model.
        experiment: name of the model.
        sources: a Sentinel-2 GeoTIFF, SAFE folder or zip, folder of bands; or parts of an export.
        target: Cloud-Optimised GeoTIFF to write; one that is there is replaced.
        wish: an area, a scene and others, as `prepare` takes it.
        answers: what the guard would ask, as `lcviz.rasters.guard.inspect` takes it.
        probabilities: Cloud-Optimised GeoTIFF for the probabilities.
        areas: CSV for the areas of the classes.
        mode: as `Predictor` takes it.
        device: likewise.

    Raises:
        ConfigurationError: no such model, a file would be overwritten by another, or the guard
            asks something that was not answered.
        RasterError: the raster cannot be used.
    """
    known = (*study.experiments(), *study.adapted_models())
    if experiment not in known:
        raise ConfigurationError(
            f"{study.path} has no model {experiment!r}. It has: {', '.join(known) or 'none'}"
        )
    sources, target = [source.expanduser() for source in sources], target.expanduser()
    probabilities, areas = (path and path.expanduser() for path in (probabilities, areas))
    _check_places(sources, [path for path in (target, probabilities, areas) if path is not None])
    # What cannot be cleared away afterwards does not make a map that is there a failure.
    with tempfile.TemporaryDirectory(
        prefix=".lcviz-", dir=target.parent, ignore_cleanup_errors=True
    ) as folder:
        with ExitStack() as opened:
            with _bar("read") as progress:
                image = opened.enter_context(
                    opened_once(sources, Path(folder), wish, progress=progress)
                )
                progress(1.0)
            for note in image.notes:
                console.print(note, markup=False, soft_wrap=True)
            read_as = replace(look_at_opened(image.raster, answers), files=image.files)
            model = load_model(study, experiment)
            prediction = _predict(
                model,
                study.info.name,
                read_as,
                image.raster,
                Path(folder),
                mode,
                device,
                probabilities is not None,
            )
        with ExitStack() as written:
            write_cog(prediction.classes, written.enter_context(atomic_path(target)))
            if probabilities is not None and prediction.probabilities is not None:
                likely = written.enter_context(atomic_path(probabilities))
                write_cog(prediction.probabilities, likely)
            if areas is not None:
                table = written.enter_context(atomic_path(areas))
                table.write_text(prediction.areas.to_csv(index=False), encoding="utf-8")
    _legend_beside(target)
    console.print(prediction.areas.round(2).to_string(index=False))
    console.print(f"predict: {target}", markup=False, soft_wrap=True)


def _legend_beside(class_map: Path) -> None:
    """Names of the classes for GIS; a map without them is still a map."""
    try:
        written = write_legend(class_map)
    except OSError as error:
        console.print(
            f"[yellow]warning:[/] the legend for QGIS and GDAL cannot be written beside the map: "
            f"{escape(error.strerror or str(error))}",
            soft_wrap=True,
        )
        return
    names = ", ".join(path.name for path in written)
    console.print(f"names of the classes for QGIS and GDAL: {names}", markup=False, soft_wrap=True)


def wished(
    box: tuple[float, float, float, float] | None,
    area: Path | None,
    scene: str | None,
    *,
    resample: bool,
    without_clouds: bool,
) -> Wish:
    """What the options ask for.

    Raises:
        ConfigurationError: two areas are named.
        RasterError: an area is none.
    """
    if box is not None and area is not None:
        raise ConfigurationError("--box and --area name two areas; give one of them")
    place = place_of_box(*box) if box is not None else None
    if area is not None:
        place = place_of_file(area)
    return Wish(place, resample, without_clouds, scene)


def look_at(path: Path, answers: Mapping[str, str] | None) -> RasterSource:
    """Let the guard say what a GeoTIFF is taken for.

    Raises:
        ConfigurationError: it asks something that was not answered.
        RasterError: the raster cannot be used.
    """
    with open_raster(path) as raster:
        return look_at_opened(raster, answers)


def look_at_opened(raster: InputRaster, answers: Mapping[str, str] | None) -> RasterSource:
    """The same of a raster that is open."""
    finding = guard.inspect(raster, answers)
    console.print(finding.statement, markup=False, soft_wrap=True)
    for warning in finding.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if not finding.certain:
        raise ConfigurationError(_unanswered(finding))
    return RasterSource(raster.path, None, finding.units, seen=raster.stamp)


def _check_places(sources: Sequence[Path], targets: list[Path]) -> None:
    places = [path.resolve() for path in targets]
    if len(set(places)) < len(places):
        raise ConfigurationError("Two results would go to one file; give each a name of its own")
    for path in targets:
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder; give the name of a file")
        if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
            raise ConfigurationError(f"{path} would overwrite the input; choose another name")
    for path in targets:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{path.parent} cannot be made: {error.strerror}") from error
        if not os.access(path.parent, os.W_OK):
            raise ConfigurationError(f"{path.parent} cannot be written to; choose another folder")


def _unanswered(finding: Finding) -> str:
    """The guard's question, and the options that answer it."""
    option = OPTIONS[finding.topic]
    answers = "\n".join(f"  {option} {c.key}: {c.label}" for c in finding.questions)
    return f"{finding.question} Nothing is predicted before this is answered:\n{answers}"


def _predict(
    model: LoadedModel,
    study: str,
    source: RasterSource,
    raster: InputRaster,
    folder: Path,
    mode: str,
    device: str,
    probabilities: bool,
) -> RasterPrediction:
    with _bar("predict") as progress:
        name = model.card.experiment
        predictions = raster_maps(
            {name: model},
            study,
            source,
            folder,
            mode=mode,
            device=device,
            probabilities=probabilities,
            opened=raster,
            progress=progress,
        )
    return predictions[name]


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)

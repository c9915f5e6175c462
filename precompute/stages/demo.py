"""Write the demo dataset: a folder in SEN12MS's layout, with the truth as a fourth sensor."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from lcviz.atomic import write_text
from lcviz.data.demo import (
    VERSION,
    DemoSettings,
    Site,
    generate_patch,
    patch_numbers,
    patch_paths,
    sites,
    write_patch,
)
from lcviz.errors import ConfigurationError, DatasetError
from precompute.running.stage import progress_bar
from precompute.running.workers import Workers, as_workers


def make(
    out: Path, scenes: int, patches: int, seed: int, workers: Workers | int = 0
) -> DemoSettings:
    """Write a demo dataset to `out`, or finish one that was interrupted.

    Args:
        out: Folder of the dataset; made if it is not there.
        scenes: Scenes in all.
        patches: Patches in each scene.
        seed: Any integer from 0.
        workers: Who does the work; a number starts so many processes, 0 works in this one.

    Returns:
        The settings, which are also in `out/demo.json`.

    Raises:
        ConfigurationError: A number is out of range, or `out` holds something else.
        DatasetError: A scene could not be written.
        WorkersError: as `Workers.map`.
    """
    settings = DemoSettings(seed=seed, scenes=scenes, patches=patches)
    _claim(out, settings)
    tasks = {site.scene_id: (out.absolute(), settings, site) for site in sites(settings)}
    failures: dict[str, str] = {}
    with progress_bar("demo", len(tasks)) as advance, as_workers(workers) as at_work:
        for scene_id, outcome in at_work.map(_write_scene, tasks):
            if outcome.failure is not None:
                failures[scene_id] = outcome.failure
            advance()
    if failures:
        scene_id, reason = next(iter(failures.items()))
        raise DatasetError(
            f"{len(failures)} of {len(tasks)} scenes could not be written, {scene_id} first: "
            f"{reason}; run the command again to finish the demo"
        )
    write_text(out / "scenes.csv", _scene_list(settings))
    return settings


def _write_scene(task: tuple[Path, DemoSettings, Site]) -> None:
    """Write those patches of a scene that are not there yet."""
    out, settings, site = task
    for number in patch_numbers(settings, site):
        if not _complete(out, site, number):
            write_patch(out, generate_patch(settings, site, number))


def _claim(out: Path, settings: DemoSettings) -> None:
    """Write `demo.json`, or check that the one there asks for the same dataset."""
    file = out / "demo.json"
    wanted = asdict(settings) | {"version": VERSION}
    if file.exists():
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{file} cannot be read ({error}); delete {out}") from error
        if found != wanted:
            raise ConfigurationError(
                f"{out} holds another demo dataset ({found}), asked for was {wanted}; "
                f"delete it or choose another folder"
            )
        return
    # A run stopped at its very first file leaves only that file's temporary behind.
    if out.exists() and (
        not out.is_dir() or any(not f.name.startswith(".demo.json.tmp-") for f in out.iterdir())
    ):
        raise ConfigurationError(f"{out} is not an empty folder; choose another one for the demo")
    write_text(file, json.dumps(wanted, indent=2) + "\n")


def _complete(out: Path, site: Site, number: int) -> bool:
    """Whether all files of a patch are there and can be read to their end."""
    for path in patch_paths(out, site, number).values():
        try:
            with rasterio.open(path) as dataset:
                dataset.read()
        except (RasterioError, OSError):
            return False
    return True


def _scene_list(settings: DemoSettings) -> str:
    """The catalogue's columns for the demo's scenes; none of them is a hold-out scene."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("season", "scene", "longitude", "latitude", "country", "continent", "patches", "holdout")
    )
    for s in sites(settings):
        row = (s.season.lower(), s.scene, s.longitude, s.latitude, s.country, s.continent)
        writer.writerow((*row, settings.patches, 0))
    return text.getvalue()

"""What every stage has in common: is it up to date, where are its patches, how far has it got."""

import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lcviz import __version__
from lcviz.atomic import write_text
from lcviz.data.overlap import overlap_groups
from lcviz.data.sen12ms import PatchFiles, PatchList, find_scenes
from lcviz.errors import ArtefactMissingError, DatasetNotFoundError, LcvizError
from lcviz.study import Study
from precompute.running.workers import Workers, as_workers

_LISTED: Final = 10
"""Failures that are printed; the stage's stamp holds all."""
for stream in (sys.stdout, sys.stderr):
    # A terminal that knows ASCII alone, and names that are no text, stop no stage.
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


class _Console(Console):
    """A console whose reader may go away, as `| head` does: no stage ends for that."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


console = _Console(highlight=False)


def digest(*parts: Any) -> str:
    """Short fingerprint of JSON-like values; the order of a mapping's entries does not matter."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def is_current(study: Study, stage: str, inputs: str, *, whole: bool) -> bool:
    """Whether `stage` finished with these inputs; says so when it did.

    Args:
        study: the study.
        stage: name of the stage.
        inputs: fingerprint of all that the stage's result depends on.
        whole: whether everything the stage made is still there; what was deleted is made again.
    """
    stamp = study.stamp(stage)
    current = whole and stamp is not None and stamp.get("inputs") == inputs
    if current:
        console.print(f"{stage}: up to date")
    return current


def finish(
    study: Study, stage: str, inputs: str, failures: Mapping[str, str] | None = None, **notes: Any
) -> None:
    """Note that `stage` finished with these inputs; its partial results are no longer needed.

    Where scenes failed, the reasons (by scene) are noted, and the stage is not up to date: the
    next run tries those scenes again and keeps the rest.
    """
    if not failures:
        shutil.rmtree(study.path / "partial" / stage, ignore_errors=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    stamp = {"inputs": None if failures else inputs, "finished": now, "lcviz_version": __version__}
    study.write_stamp(stage, stamp | ({"failures": dict(failures)} if failures else {}) | notes)


def tell_failures(stage: str, failures: Mapping[str, str]) -> None:
    """Print what could not be done, and why."""
    console.print(
        f"[bold yellow]{stage}: {len(failures)} not done[/]; the same command tries again:"
    )
    for name in list(failures)[:_LISTED]:
        console.print(f"  {name}: {failures[name]}", markup=False, soft_wrap=True)
    if len(failures) > _LISTED:
        console.print(f"  and {len(failures) - _LISTED} more; see stages/{stage}.json")


def scene_digests(study: Study) -> dict[str, str]:
    """Fingerprint of each scene's files, as the index found them.

    Raises:
        ArtefactMissingError: the study has no index.
    """
    study.scenes()  # Says which command makes it, if it is not there.
    stamp = study.stamp("index")
    if stamp is None or not isinstance(stamp.get("scenes"), dict):
        raise ArtefactMissingError(
            f"The index of {study.path} was not finished. Run it again: "
            f"python -m precompute index --data {study.data or 'DATA'} --study {study.path}"
        )
    return dict(stamp["scenes"])


def grouped_scenes(study: Study) -> pd.DataFrame:
    """The study's scenes with their overlap groups, which an older study gains here.

    Those are made from the scenes' centres alone, which takes more scenes to share ground than do;
    the stage `index` knows the patches' places.
    """
    scenes = study.scenes()
    if "overlap_group" not in pq.read_schema(study.path / "scenes.parquet").names:
        scenes = scenes.assign(overlap_group=scenes.scene_id.map(overlap_groups(scenes)))
        study.write_scenes(scenes)
    return scenes


def patches_by_scene(study: Study) -> dict[str, list[PatchFiles]]:
    """The dataset's files, scene by scene.

    Raises:
        DatasetNotFoundError: as `patch_lists`.
    """
    return {scene_id: patches.files() for scene_id, patches in patch_lists(study).items()}


def patch_lists(study: Study) -> dict[str, PatchList]:
    """The dataset's patches, scene by scene, in a form that is small and can be sent to workers.

    Raises:
        DatasetNotFoundError: the study knows no dataset, or it is not where it was.
    """
    if study.data is None:
        raise DatasetNotFoundError(
            f"The study {study.path} has no dataset, or another demo lies where its own was. Index "
            "one with: "
            f"python -m precompute index --data DATA --study {study.path}"
        )
    return {patches.scene_id: patches for patches in find_scenes(study.data.absolute())}


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar with the time left; yields a function that moves it on by one."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        task = progress.add_task(description, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def share_bar(description: str) -> Iterator[Callable[[float], None]]:
    """A progress bar of a share; yields a function that takes how much is done, 0 to 1."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(description, total=1.0)
        yield lambda share: progress.update(task, completed=share)


class Pass(NamedTuple):
    """What a pass over scenes made of them."""

    results: dict[str, Any]
    """Scene id -> result."""
    failures: dict[str, str]
    """Scene id -> why it has none."""


def over_scenes(
    study: Study,
    stage: str,
    scenes: Mapping[str, tuple[str, Any]],
    work: Callable[[Any], Any],
    workers: Workers | int,
) -> Pass:
    """Do `work` for each scene, and go on where a stopped run left off.

    Args:
        study: where results are kept until the stage has finished (under `partial/`).
        stage: name of the stage.
        scenes: scene id -> (fingerprint of all that the result depends on, argument of `work`).
        work: a function at the top of a module; its result must be JSON-like.
        workers: who does the work; a number starts so many processes, 0 works in this one.

    Returns:
        Results and failures in the order of `scenes`, whichever was done first.

    Raises:
        LcvizError: not one scene could be done.
        WorkersError, OSError: as `Workers.map`; what was done is kept.
    """
    folder = study.path / "partial" / stage
    results: dict[str, Any] = {}
    failures: dict[str, str] = {}
    tasks = {}
    for scene_id, (inputs, argument) in scenes.items():
        kept = _read_partial(folder / f"{scene_id}.json")
        if kept is not None and kept["inputs"] == inputs:
            results[scene_id] = kept["result"]
        else:
            tasks[scene_id] = argument

    with progress_bar(stage, len(scenes)) as advance, as_workers(workers) as at_work:
        for _ in results:
            advance()
        for scene_id, outcome in at_work.map(work, tasks):
            if outcome.failure is not None:
                failures[scene_id] = outcome.failure
            else:
                results[scene_id] = outcome.result
                partial = {"inputs": scenes[scene_id][0], "result": outcome.result}
                write_text(folder / f"{scene_id}.json", json.dumps(partial))
            advance()
    in_order = Pass(*({s: found[s] for s in scenes if s in found} for found in (results, failures)))
    if failures and not results:
        reason = next(iter(in_order.failures.values()))
        raise LcvizError(f"{stage}: none of {len(failures)} scenes could be done. {reason}")
    if failures:
        tell_failures(stage, in_order.failures)
    return in_order


def forget(study: Study, stage: str, scene_id: str) -> None:
    """Drop the partial result of a scene, where what was made with it is gone."""
    (study.path / "partial" / stage / f"{scene_id}.json").unlink(missing_ok=True)


def _read_partial(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and {"inputs", "result"} <= set(content) else None

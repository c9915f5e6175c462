"""What every stage has in common: is it up to date, where are its patches, how far has it got."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lcviz import __version__
from lcviz.atomic import write_text
from lcviz.errors import ArtefactMissingError, DatasetNotFoundError
from lcviz.sen12ms import PatchFiles, find_patches
from lcviz.study import Study

console = Console(highlight=False)


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


def finish(study: Study, stage: str, inputs: str, **notes: Any) -> None:
    """Note that `stage` finished with these inputs; its partial results are no longer needed."""
    shutil.rmtree(study.path / "partial" / stage, ignore_errors=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    study.write_stamp(
        stage, {"inputs": inputs, "finished": now, "lcviz_version": __version__, **notes}
    )


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


def patches_by_scene(study: Study) -> dict[str, list[PatchFiles]]:
    """The dataset's files, scene by scene.

    Raises:
        DatasetNotFoundError: the study knows no dataset, or it is not where it was.
    """
    if study.data is None:
        raise DatasetNotFoundError(
            f"The study {study.path} has no dataset. Index one with: "
            f"python -m precompute index --data DATA --study {study.path}"
        )
    scenes: dict[str, list[PatchFiles]] = {}
    for patch in find_patches(study.data):
        scenes.setdefault(patch.scene_id, []).append(patch)
    return scenes


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


def over_scenes(
    study: Study,
    stage: str,
    scenes: Mapping[str, tuple[str, Any]],
    work: Callable[[Any], Any],
    workers: int,
) -> dict[str, Any]:
    """Do `work` for each scene on several processes, and go on where a stopped run left off.

    Args:
        study: where results are kept until the stage has finished (under `partial/`).
        stage: name of the stage.
        scenes: scene id -> (fingerprint of all that the result depends on, argument of `work`).
        work: a function at the top of a module; its result must be JSON-like.
        workers: processes; 0 works in this one.

    Returns:
        scene id -> result, in the order of `scenes`, whichever was done first.
    """
    folder = study.path / "partial" / stage
    results: dict[str, Any] = {}
    todo = {}
    for scene_id, (inputs, argument) in scenes.items():
        kept = _read_partial(folder / f"{scene_id}.json")
        if kept is not None and kept["inputs"] == inputs:
            results[scene_id] = kept["result"]
        else:
            todo[scene_id] = argument

    with progress_bar(stage, len(scenes)) as advance:
        for _ in results:
            advance()
        for scene_id, result in _map(work, todo, workers):
            results[scene_id] = result
            partial = {"inputs": scenes[scene_id][0], "result": result}
            write_text(folder / f"{scene_id}.json", json.dumps(partial))
            advance()
    return {scene_id: results[scene_id] for scene_id in scenes}


def _map(
    work: Callable[[Any], Any], arguments: Mapping[str, Any], workers: int
) -> Iterable[tuple[str, Any]]:
    if workers == 0 or len(arguments) < 2:
        for name, argument in arguments.items():
            yield name, work(argument)
        return
    # A forked child of a process with threads may hang; "spawn" starts clean ones.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(work, argument): name for name, argument in arguments.items()}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _read_partial(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and {"inputs", "result"} <= set(content) else None

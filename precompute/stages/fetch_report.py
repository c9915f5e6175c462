"""What `fetch` says before and after it reads."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from lcviz.data.fetching.unpacking import Expected, Unpacked
from precompute.stages.fetch_plan import Task


def tell_plan(console: Console, tasks: Sequence[Task], rate: float | None, data: Path) -> None:
    """Say how much will be read and written, and how long that takes."""
    if not tasks:
        return
    known = [task.size for task in tasks if task.size is not None]
    written = [task.to_write for task in tasks]
    files = sum(task.missing or 0 for task in tasks)
    to_write = (
        "what is wanted of them, which no list tells"
        if None in written
        else f"{_size(sum(each or 0 for each in written))} in {files:,} files"
    )
    of = "" if len(known) == len(tasks) else f" ({len(tasks) - len(known)} of unknown size)"
    console.print(
        f"fetch: up to {_size(sum(known))} to read from {len(tasks)} archives{of}, {to_write} to "
        f"write to {data} (room for {_size(free_bytes(data))})",
        soft_wrap=True,
    )
    if rate is not None and known:
        seconds = sum(known) / rate
        console.print(
            f"fetch: at most {_duration(seconds)} at {_size(rate)}/s, measured on one archive"
        )


def tell_outcome(console: Console, outcome: Unpacked, wanted: Expected | None) -> str | None:
    """Say what became of one archive.

    Returns:
        Why it is not as it should be; None if it is.
    """
    name = outcome.archive.name
    checked = " (MD5 as published)" if outcome.md5 and outcome.md5 == outcome.archive.md5 else ""
    console.print(f"{name}: {outcome.written:,} files written{checked}", soft_wrap=True)
    if outcome.refused_count:
        console.print(
            f"{name}: {outcome.refused_count:,} members passed over, such as "
            f"{outcome.refused[0][0]!r}: {outcome.refused[0][1]}",
            markup=False,
            soft_wrap=True,
        )
    if outcome.md5_differs:
        return (
            f"its MD5 is {outcome.md5}, published is {outcome.archive.md5}: it is another archive, "
            f"or hurt. {outcome.written:,} files of it are in place; look at them with `check`"
        )
    if outcome.damaged:
        return (
            f"{len(outcome.damaged):,} files cannot be used, such as {outcome.damaged[0][0]}: "
            + (outcome.damaged[0][1])
        )
    short = {
        scene: (outcome.seen.get(scene, 0), count)
        for scene, count in (wanted or {}).items()
        if count is not None and outcome.is_whole and outcome.seen.get(scene, 0) < count
    }
    if short:
        scene, (seen, count) = next(iter(short.items()))
        console.print(
            f"{name}: {len(short)} scenes have fewer files there than the catalogue lists, such as "
            f"scene {scene}: {seen} of {count}"
        )
    return None


def free_bytes(folder: Path) -> int:
    """Bytes that can be written to a folder, which need not be there yet."""
    place = folder.absolute()
    return shutil.disk_usage(next(p for p in (place, *place.parents) if p.exists())).free


def _size(count: float) -> str:
    for unit, power in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= power:
            return f"{count / power:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{timedelta(seconds=seconds).days + 1} days"

"""`python -m precompute check`: compare a copy of SEN12MS with the catalogue and known sizes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
from rich.markup import escape
from rich.table import Table

from lcviz.data.catalog import SEASON_FOLDERS, sen12ms_scenes
from lcviz.data.patchfile import SENSORS, check_file
from lcviz.data.relatives import advice_on
from lcviz.data.scenes import describe_scenes
from lcviz.data.sen12ms import PatchFiles, PatchList, Unexpected, find_scenes
from lcviz.data.sufficiency import Aim, aims, aims_in_words
from lcviz.errors import DatasetError, PatchDamagedError, PatchVanishedError
from precompute.running.stage import console, progress_bar
from precompute.running.workers import Outcome, Workers, as_workers

SOURCE: Final = "https://mediatum.ub.tum.de/1474000"
"""Where SEN12MS is published (DOI 10.14459/2019mp1474000)."""
_LISTED: Final = 20
"""Entries of a list that are printed; the rest is counted."""


@dataclass(frozen=True, eq=False)
class CheckReport:
    """What a copy holds, and what is wrong with it. A partial copy is not wrong."""

    root: Path
    folders: pd.DataFrame
    """One row a season's folder: folder, scenes, scenes_expected, patches, patches_expected (Int64,
    missing if unknown), s1, s2, lc (files found)."""
    scenes: pd.DataFrame
    """As `lcviz.data.scenes.describe_scenes` returns it."""
    damaged: tuple[tuple[Path, str], ...]
    """File, and why it cannot be used."""
    unreachable: tuple[tuple[Path, str], ...]
    """File, and what keeps it from being read, which is no fault of its own."""
    other_size: tuple[Path, ...]
    """Files that read well but have not the size that SEN12MS ships: compressed later, perhaps."""
    unexpected: tuple[Unexpected, ...]
    aims: tuple[Aim, ...] = ()
    """What a copy of SEN12MS is enough for; none for any other dataset."""

    @property
    def is_damaged(self) -> bool:
        """Whether any file has to be fetched again."""
        return bool(self.damaged)

    @property
    def unknown_scenes(self) -> list[str]:
        """Scenes that neither the catalogue nor the folder's `scenes.csv` lists."""
        return list(self.scenes.scene_id[~self.scenes.known])


def check(root: Path, workers: Workers | int = 0) -> CheckReport:
    """Look at every file of a copy: names, sizes and headers; pixels where the size is odd.

    Args:
        root: folder in SEN12MS's layout.
        workers: who does the work; a number starts so many processes, 0 works in this one.

    Raises:
        DatasetNotFoundError: `root` holds nothing in SEN12MS's layout.
        WorkersError: as `Workers.map`.
    """
    unexpected: list[Unexpected] = []
    listed = find_scenes(root, unexpected)
    damaged: list[tuple[Path, str]] = []
    unreachable: list[tuple[Path, str]] = []
    other_size: list[Path] = []
    tasks = {scene.scene_id: replace(scene, root=root.absolute()) for scene in listed}
    found: dict[str, Outcome] = {}
    with progress_bar("check", len(tasks)) as advance, as_workers(workers) as at_work:
        for scene_id, outcome in at_work.map(_check_scene, tasks):
            found[scene_id] = outcome
            advance()
    for scene_id, task in tasks.items():
        if (failure := found[scene_id].failure) is not None:
            damaged.append((root / task.folder, f"scene {task.scene} was not checked: {failure}"))
            continue
        result = _SceneCheck(*found[scene_id].result)
        damaged.extend((root / path, reason) for path, reason in result.damaged)
        unreachable.extend((root / path, reason) for path, reason in result.unreachable)
        other_size.extend(root / path for path in result.other_size)
    try:
        scenes = describe_scenes(root, _patches(listed))
    except DatasetError as error:
        # The copy can be checked without its own list of scenes.
        own_list = root / "scenes.csv"
        damaged.append((own_list, str(error).removeprefix(str(own_list)).lstrip(",: ")))
        scenes = describe_scenes(root, _patches(listed), own_list=False)
    return CheckReport(
        root=root,
        folders=_count_folders(_patches(listed), scenes),
        scenes=scenes,
        damaged=tuple(damaged),
        unreachable=tuple(unreachable),
        other_size=tuple(other_size),
        unexpected=tuple(unexpected),
        aims=tuple(aims(listed)) if any(_is_sen12ms(scene) for scene in listed) else (),
    )


def _is_sen12ms(scene: PatchList) -> bool:
    return scene.folder in SEASON_FOLDERS.values()


class _SceneCheck(NamedTuple):
    """Files of a scene, relative to the dataset; with reasons, but for the last."""

    damaged: list[tuple[Path, str]]
    unreachable: list[tuple[Path, str]]
    other_size: list[Path]


def _check_scene(patches: PatchList) -> _SceneCheck:
    found = _SceneCheck([], [], [])
    for patch in patches.files():
        for sensor, path in patch.files.items():
            place = path.relative_to(patches.root)
            try:
                if not check_file(path, sensor):
                    found.other_size.append(place)
            except PatchDamagedError as error:
                outside = isinstance(error, PatchVanishedError)
                reasons = found.unreachable if outside else found.damaged
                reasons.append((place, str(error).removeprefix(f"{path}: ")))
    return found


def _patches(scenes: Iterable[PatchList]) -> Iterator[PatchFiles]:
    return (patch for scene in scenes for patch in scene.files())


def _count_folders(patches: Iterable[PatchFiles], scenes: pd.DataFrame) -> pd.DataFrame:
    files = pd.DataFrame(
        [(p.folder, p.scene_id, *(sensor in p.files for sensor in SENSORS)) for p in patches],
        columns=["folder", "scene_id", *SENSORS],
    )
    counts = files.groupby("folder").agg(
        scenes=("scene_id", "nunique"),
        patches=("scene_id", "size"),
        **{sensor: (sensor, "sum") for sensor in SENSORS},
    )
    listed = sen12ms_scenes()
    expected = listed.groupby(listed.season.map(SEASON_FOLDERS)).patches.agg(["size", "sum"])
    own = scenes[scenes.expected.notna()]
    own = own.groupby(own.scene_id.str.rsplit("_", n=1).str[0]).expected.agg(["size", "sum"])
    own = own.drop(index=list(SEASON_FOLDERS.values()), errors="ignore")
    seasons = [f for f in SEASON_FOLDERS.values() if f in counts.index]
    if seasons:  # A copy of SEN12MS: the seasons that it lacks are told, too.
        own = pd.concat([expected, own])
        counts = counts.reindex(counts.index.union(expected.index), fill_value=0)
    counts = counts.astype(int)
    counts["scenes_expected"] = own["size"].reindex(counts.index).astype("Int64")
    counts["patches_expected"] = own["sum"].reindex(counts.index).astype("Int64")
    return counts.rename_axis("folder").reset_index()


def print_report(report: CheckReport) -> None:
    """Say on the console what is there, what is missing, and what to do about damage."""
    table = Table(title=f"Patches in {escape(str(report.root))}", title_justify="left")
    table.add_column("folder")
    for heading in ("scenes", "patches", "Sentinel-1", "Sentinel-2", "labels"):
        table.add_column(heading, justify="right")
    for row in report.folders.itertuples():
        table.add_row(
            str(row.folder),
            _of(row.scenes, row.scenes_expected),
            _of(row.patches, row.patches_expected),
            *(f"{count:,}" for count in (row.s1, row.s2, row.lc)),
        )
    console.print(table)

    names = {"s1": "Sentinel-1", "s2": "Sentinel-2", "lc": "labels"}
    lacking = {names[s]: int((report.folders.patches - report.folders[s]).sum()) for s in SENSORS}
    told = [f"{count:,} without {name}" for name, count in lacking.items() if count]
    known = report.scenes[report.scenes.expected.notna()]
    absent = int((report.folders.scenes_expected - report.folders.scenes).sum())
    short = int((known.patches < known.expected).sum())
    if told:
        console.print(f"Patches: {', '.join(told)}.")
    if absent or short:
        console.print(
            f"A partial copy, which is fine: {absent} scenes are not there, {short} lack patches."
        )
    for sentence in aims_in_words(list(report.aims)) if report.aims else ():
        console.print(sentence, soft_wrap=True)
    if any(aim.lacking for aim in report.aims):
        console.print(
            f"What is missing is brought by: python -m precompute fetch --data {report.root}",
            markup=False,
            soft_wrap=True,
        )
    surplus = known[known.patches > known.expected]
    _print_list(
        "Scenes with more patches than listed",
        [f"{row.scene_id}: {row.patches} of {row.expected}" for row in surplus.itertuples()],
    )
    _print_list("Scenes that no list knows (placed by their georeference)", report.unknown_scenes)
    _print_list("Passed over", [f"{path}: {why}" for path, why in report.unexpected])
    for advice in advice_on(path.name for path, _ in report.unexpected):
        console.print(f"  {advice}", markup=False, soft_wrap=True)
    _print_list("Readable, but not of the size that SEN12MS ships", report.other_size)
    _print_list(
        "Not read, for a reason outside of the files",
        [f"{path}: {why}" for path, why in report.unreachable],
    )
    _print_list("Damaged", [f"{path}: {why}" for path, why in report.damaged])
    if report.is_damaged:
        console.print(_advice(report), soft_wrap=True)
    elif report.unreachable:
        console.print("No file is known to be damaged. Set that right, then check again.")
    else:
        console.print("Nothing is damaged.")


def _of(found: int, expected: int) -> str:
    return f"{found:,}" if pd.isna(expected) else f"{found:,} of {expected:,}"


def _print_list(heading: str, entries: Iterable[object]) -> None:
    lines = [str(entry) for entry in entries]
    if not lines:
        return
    console.print(f"{heading}: {len(lines):,}")
    for line in lines[:_LISTED]:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    if len(lines) > _LISTED:
        console.print(f"  and {len(lines) - _LISTED:,} more")


def _advice(report: CheckReport) -> str:
    paths = [path for path, _ in report.damaged]
    archives = sorted(
        {
            f"{path.parts[-3]}_{path.parts[-2].split('_')[0]}.tar.gz"
            for path in paths
            if len(path.parts) > 2 and path.parts[-3] in SEASON_FOLDERS.values()
        }
    )
    if archives:
        return f"Unpack these again: {', '.join(archives)} (from {SOURCE})."
    return "Make or copy these files again."


def run(data: Path, workers: Workers | int = 0) -> int:
    """Check the copy in `data` and print what was found.

    Returns:
        0: the check did its work, whatever it found.

    Raises:
        DatasetNotFoundError: `data` holds nothing in SEN12MS's layout.
    """
    print_report(check(data, workers))
    return 0

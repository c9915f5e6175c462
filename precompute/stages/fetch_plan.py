"""Which archives `fetch` has to read, and for what."""

from dataclasses import dataclass
from pathlib import Path

from lcviz.data.archives import Archive
from lcviz.data.catalog import SEASON_FOLDERS
from lcviz.data.fetching.record import Record
from lcviz.data.fetching.selection import Selection, selected_scenes
from lcviz.data.fetching.sources import Address
from lcviz.data.fetching.unpacking import Expected, files_there
from lcviz.errors import ConfigurationError


@dataclass(frozen=True)
class Task:
    """One archive that has to be read."""

    archive: Archive
    address: Address
    scenes: Expected | None
    """Scene -> files of it that there should be in the end; None wants all."""
    missing: int | None
    """Files that are to be written; None if unknown."""
    size: int | None = None
    """Bytes of the archive; None if unknown."""

    @property
    def to_write(self) -> int | None:
        """Bytes that are to be written; None if unknown."""
        return None if self.missing is None else self.missing * self.archive.file_size


def plan(
    data: Path, selection: Selection, archives: dict[Archive, Address], record: Record
) -> list[Task]:
    """The archives that hold something wanted which is not in place.

    Raises:
        ConfigurationError: none of the archives holds anything wanted.
    """
    archives = {a: where for a, where in archives.items() if a.sensor in selection.sensors}
    folders = {folder: season for season, folder in SEASON_FOLDERS.items()}
    tasks, is_wanted = [], False
    chosen = selected_scenes(selection) if any(a.folder in folders for a in archives) else None
    for archive, address in archives.items():
        known = record.get(str(address))
        scenes: Expected | None
        if chosen is not None and archive.folder in folders:
            mine = chosen[chosen.season == folders[archive.folder]]
            counts = zip(mine.scene.astype(int), mine.patches.astype(int), strict=True)
            scenes = dict(counts) if known is None else {n: known.get(n, 0) for n, _ in counts}
            if not scenes:
                continue
        elif selection.scenes or selection.continents or not _season_fits(archive, selection):
            continue  # No list says where the scenes of this archive lie.
        else:
            scenes = known
        is_wanted = True
        missing = None if scenes is None else _missing(data, archive, scenes)
        if missing is None or any(missing.values()):
            total = None if missing is None else sum(missing.values())
            tasks.append(Task(archive, address, scenes, total))
    if not is_wanted:
        raise ConfigurationError(
            "None of the archives there holds what was asked for: "
            + (", ".join(sorted(a.name for a in archives)) or "no archive of these sensors")
        )
    return tasks


def _season_fits(archive: Archive, selection: Selection) -> bool:
    season = archive.folder.rpartition("_")[2].capitalize()
    return not selection.seasons or season in selection.seasons


def _missing(data: Path, archive: Archive, scenes: Expected) -> dict[int, int]:
    return {
        scene: max(0, (count or 0) - len(files_there(data, archive, scene)))
        for scene, count in scenes.items()
    }

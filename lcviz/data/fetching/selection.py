"""Which scenes and sensors of SEN12MS are wanted, and how large that is."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import pandas as pd

from lcviz.data.catalog import SEASON_FOLDERS, sen12ms_scenes
from lcviz.data.patchfile import SENSORS
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import CONTINENTS, SEASONS

_SCENE: Final = re.compile(
    r"(?:(?:ROIs[0-9]{4}_)?(?P<season>spring|summer|fall|winter)_)?(?P<scene>[0-9]{1,3})"
)
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


@dataclass(frozen=True)
class Selection:
    """What is wanted of SEN12MS; nothing named means all."""

    seasons: tuple[str, ...] = ()
    """Of `taxonomy.SEASONS`."""
    scenes: tuple[str, ...] = ()
    """As a person says them: `ROIs1158_spring_1`, `spring_1`, or `1` for every season's."""
    continents: tuple[str, ...] = ()
    """Of `taxonomy.CONTINENTS`."""
    sensors: tuple[str, ...] = tuple(SENSORS)
    most: int | None = None
    """Bytes on disk that the files may take together."""

    @property
    def patch_size(self) -> int:
        """Bytes of a patch with all wanted sensors."""
        return sum(SENSORS[sensor].size for sensor in self.sensors)


def selected_scenes(selection: Selection) -> pd.DataFrame:
    """The wanted scenes of SEN12MS's catalogue.

    Where they would take too much room, whole scenes are left out. Those that stay are taken in
    turn from the continents and seasons, so that a small copy has something of each.

    Returns:
        Rows of `catalog.sen12ms_scenes`, in its order.

    Raises:
        ConfigurationError: no scene is wanted, or not one has room.
    """
    scenes = sen12ms_scenes()
    chosen = scenes
    if selection.seasons:
        chosen = chosen[chosen.season.isin(selection.seasons)]
    if selection.continents:
        chosen = chosen[chosen.continent.isin(selection.continents)]
    if selection.scenes:
        chosen = chosen[_named(chosen, selection.scenes)]
    if chosen.empty:
        raise ConfigurationError("No scene of SEN12MS is in all that was asked for; ask for less")
    if selection.most is None:
        return chosen
    room, kept = selection.most, []
    for place in _in_turn(chosen):
        size = int(chosen.patches[place]) * selection.patch_size
        if size <= room:
            room -= size
            kept.append(place)
    if not kept:
        smallest = int(chosen.patches.min()) * selection.patch_size
        raise ConfigurationError(
            f"Not one scene has room: the smallest takes {smallest / 1e9:.2f} GB; allow more with "
            "--most, or name fewer sensors"
        )
    return chosen.loc[sorted(kept)]


def _named(scenes: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    wanted = pd.Series(False, index=scenes.index)
    for name in names:
        match = _SCENE.fullmatch(name.strip())
        same = pd.Series(False, index=scenes.index)
        if match is not None:
            same = scenes.scene == int(match["scene"])
            if match["season"]:
                same &= scenes.season == match["season"].capitalize()
            if name.startswith("ROIs"):
                same &= scenes.scene_id == name
        if not same.any():
            raise ConfigurationError(
                f"{name!r} is no scene of what was asked for; expected names like "
                "ROIs1158_spring_1, spring_1 or 1"
            )
        wanted |= same
    return wanted


def _in_turn(scenes: pd.DataFrame) -> list[int]:
    """The scenes' places: one of each continent and season, then a second of each, and so on."""
    groups = [list(each.index) for _, each in scenes.groupby(["season", "continent"])]
    turns = zip_longest(*groups)
    return [place for turn in turns for place in turn if place is not None]


def parse_size(text: str) -> int:
    """Bytes of a size such as 20GB, 500 MB or 1.5 TiB.

    Raises:
        ConfigurationError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(f"{text!r} is no size; expected one like 20GB, 500MB or 1.5TiB")
    number, prefix, binary = match.groups()
    power = " kmgt".index(prefix.lower() or " ")
    return int(float(number) * (1024 if binary else 1000) ** power)


def parse_seasons(names: Collection[str]) -> tuple[str, ...]:
    """Seasons by their names in any case, or by the names of SEN12MS's folders.

    Raises:
        ConfigurationError: one is neither.
    """
    folders = {folder.casefold(): season for season, folder in SEASON_FOLDERS.items()}
    return _parse(names, {s.casefold(): s for s in SEASONS} | folders, "season", SEASONS)


def parse_continents(names: Collection[str]) -> tuple[str, ...]:
    """Continents by their names in any case, with a space, `-` or `_`; errors as for seasons."""
    known = {continent.casefold(): continent for continent in CONTINENTS}
    plain = [name.replace("-", " ").replace("_", " ") for name in names]
    return _parse(plain, known, "continent", CONTINENTS)


def parse_sensors(names: Collection[str]) -> tuple[str, ...]:
    """Sensors by their names in any case, all of them if none is named; errors as for seasons."""
    known = {sensor: sensor for sensor in SENSORS}
    return _parse(names, known, "sensor", tuple(SENSORS)) or tuple(SENSORS)


def parse_words(texts: Collection[str]) -> tuple[str, ...]:
    """The words of some texts, parted by commas or spaces."""
    return tuple(word for text in texts for word in text.replace(",", " ").split())


def _parse(
    names: Collection[str], known: dict[str, str], what: str, order: tuple[str, ...]
) -> tuple[str, ...]:
    parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
    for part in parts:
        if part.casefold() not in known:
            raise ConfigurationError(f"{part!r} is no {what}; there are {', '.join(order)}")
    found = {known[part.casefold()] for part in parts}
    return tuple(each for each in order if each in found)

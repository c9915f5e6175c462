"""A first look at a product before any of it is read: where it lies, and a small picture."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lcviz.errors import RasterError
from lcviz.georeference import GeoBox
from lcviz.imagery import stretched
from lcviz.rasters.products.holdings import Holding, is_zip
from lcviz.rasters.products.metadata import METADATA_FILE
from lcviz.rasters.products.scenes import find_scenes
from lcviz.rasters.products.sheets import open_sheet

_VISIBLE: Final = ("B4", "B3", "B2")


@dataclass(frozen=True, eq=False)
class Glance:
    """A product as it lies on the ground, small."""

    geobox: GeoBox
    """Of the finest of its visible bands."""
    picture: npt.NDArray[np.uint8]
    """True colour (rows, columns, 3), by percentiles, grey where a band is 0."""

    @property
    def pixels(self) -> int:
        """Rows times columns."""
        return self.geobox.shape[0] * self.geobox.shape[1]


def glance(
    path: Path, work: Path, folder: Path | None = None, scene: str | None = None, side: int = 512
) -> Glance | None:
    """Look at a product; None at what is no product of bands in files, or of several scenes.

    Args:
        path: a file, zip or folder.
        work: folder for what is taken out of a zip; nothing is left there.
        folder: all files must lie in it, links resolved.
        scene: which of several, as `Wish.scene`.
        side: rows and columns of the picture, at most.

    Raises:
        RasterError: it is hostile or damaged.
    """
    if METADATA_FILE.fullmatch(path.name):
        path = path.parent
    if not (path.is_dir() or is_zip(path)):
        return None
    if folder is not None and not path.resolve(strict=True).is_relative_to(folder.resolve()):
        raise RasterError(f"{path.name} is not in the allowed folder")
    with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as taken:
        holding = Holding(Path(taken), folder)
        scenes = find_scenes(holding.members(path), holding.reach)
        scenes = [s for s in scenes if scene is None or scene in s.name]
        if len(scenes) != 1:
            return None
        with ExitStack() as opened:
            sheets = [
                opened.enter_context(open_sheet(holding.reach(scenes[0].bands[band])))
                for band in _VISIBLE
            ]
            box = sheets[0].geobox
            step = max(1, -(-max(box.shape) // side))
            shape = -(-box.shape[0] // step), -(-box.shape[1] // step)
            bands = np.stack([sheet.thumbnail(shape) for sheet in sheets])
    return Glance(box, stretched(bands, np.asarray((bands > 0).all(axis=0))))

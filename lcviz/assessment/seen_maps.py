"""What the last layer of a network sees at single pixels of an image: its 240 maps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lcviz.network.loading import LoadedModel
from lcviz.rasters.prediction import Reader
from lcviz.rasters.reading import open_raster
from lcviz.rasters.subject import PatchSubject, RasterSource
from lcviz.rasters.tiling import OVERLAP, Tile, tiles

if TYPE_CHECKING:
    from lcviz.network.predictor import Predictor

_TILES: Final = (64, 128, 256, 640)
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


def maps_at(
    model: LoadedModel,
    subject: PatchSubject | RasterSource,
    rows: Integers,
    columns: Integers,
    progress: Callable[[float], None] = lambda share: None,
) -> Floats:
    """The maps at pixels of what is predicted; args, result and errors as `maps_of_raster`."""
    if isinstance(subject, PatchSubject):
        raster = subject.raster
        return maps_of_patch(model, raster.values, raster.valid, rows, columns)
    with open_raster(subject.path, subject.folder) as opened:
        return maps_of_raster(model, opened.reading(subject.units), rows, columns, progress)


def maps_of_raster(
    model: LoadedModel,
    reader: Reader,
    rows: Integers,
    columns: Integers,
    progress: Callable[[float], None] = lambda share: None,
) -> Floats:
    """The maps at pixels of a raster, as they are when it is predicted whole.

    Only what the network needs to see around the points is read and computed.

    Args:
        model: the network.
        reader: the raster.
        rows: of the pixels, (n,).
        columns: likewise.
        progress: told the share that is done.

    Returns:
        (n, 240) float32, NaN where the raster has no data.

    Raises:
        RasterError: a window cannot be read.
    """
    predictor = model.predictor("cpu")
    found: Floats | None = None
    parts = _cheapest(reader.geobox.shape, rows, columns)
    for done, (tile, here) in enumerate(parts):
        s2, valid = reader.read(tile.read)
        padded = tile.pad(valid)
        maps = _maps(model, predictor, tile.pad(s2), padded)
        r, c = rows[here] - tile.inner.row_off, columns[here] - tile.inner.col_off
        seen = tile.crop(maps)[:, r, c].T
        seen[~tile.crop(padded)[r, c]] = np.nan
        if found is None:
            found = np.full((len(rows), seen.shape[1]), np.nan, np.float32)
        found[here] = seen
        progress((done + 1) / len(parts))
    assert found is not None
    return found


def maps_of_patch(
    model: LoadedModel,
    s2: npt.NDArray[np.uint16],
    valid: npt.NDArray[np.bool_],
    rows: Integers,
    columns: Integers,
) -> Floats:
    """The maps at pixels of a patch of a study, which is not mirrored at its edges.

    Args:
        model: the network.
        s2: DN (10, rows, columns).
        valid: where they are valid, (rows, columns).
        rows: of the pixels, (n,).
        columns: likewise.

    Returns:
        (n, 240) float32, NaN where not valid.
    """
    seen = _maps(model, model.predictor("cpu"), s2, valid)[:, rows, columns].T
    seen[~valid[rows, columns]] = np.nan
    return seen


def _maps(
    model: LoadedModel,
    predictor: "Predictor",
    s2: npt.NDArray[np.uint16],
    valid: npt.NDArray[np.bool_],
) -> Floats:
    import torch  # noqa: PLC0415 - takes seconds

    with torch.inference_mode():
        x = torch.from_numpy(predictor.standardised(s2[None], valid[None]))
        maps: Floats = model.network.maps_before_head(x)[0].numpy()
    return maps


def _cheapest(
    shape: tuple[int, int], rows: Integers, columns: Integers
) -> list[tuple[Tile, Integers]]:
    """Tiles that hold all points, with the points of each: those with the fewest pixels to do."""
    ways = []
    for side in _TILES:
        parts = []
        for tile in tiles(*shape, side):
            top, left = tile.inner.row_off, tile.inner.col_off
            inside = (rows >= top) & (rows < top + tile.inner.height)
            inside &= (columns >= left) & (columns < left + tile.inner.width)
            if inside.any():
                parts.append((tile, np.flatnonzero(inside)))
        pixels = sum(
            (tile.inner.height + 2 * OVERLAP) * (tile.inner.width + 2 * OVERLAP)
            for tile, _ in parts
        )
        ways.append((pixels, parts))
    return min(ways, key=lambda way: way[0])[1]

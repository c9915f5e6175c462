"""Predict a raster of any size: read, predict and write window by window, in flat memory."""

import shutil
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.enums import Resampling
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from lcviz import __version__
from lcviz.errors import LcvizError
from lcviz.georeference import GeoBox, open_dataset
from lcviz.network.predictor import Predictor, WindowPredictor
from lcviz.rasters.areas import areas, count_classes, pixel_area
from lcviz.rasters.geotiff import (
    class_map_writer,
    decode_probabilities,
    encode_probabilities,
    most_probable,
    probability_writer,
)
from lcviz.rasters.tiling import OVERLAP, Tile, count_tiles, tile_shape, tiles
from lcviz.taxonomy import CLASSES

_DIGITS: Final = 32
"""Of a digest, in a tag."""
_SQUARE: Final = 64
_SQUARES: Final = 8
"""Along each side of a raster."""


class PredictionCancelledError(LcvizError):
    """The one who asked for a prediction no longer wants it; its files are gone."""


class Reader(Protocol):
    """A raster in the models' unit; `lcviz.rasters.reading.RasterReader` is one."""

    @property
    def geobox(self) -> GeoBox:
        """Rows and columns, and where they lie."""

    def read(self, window: Window) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """DN (10, rows, columns), uint16, and where they are valid (rows, columns), bool."""


@dataclass(frozen=True)
class RasterPrediction:
    """What one model predicts of one raster; two GeoTIFFs of `lcviz.rasters.geotiff`, and areas."""

    classes: Path
    """Class map."""
    probabilities: Path | None
    """Probabilities, unless they were not wanted."""
    areas: pd.DataFrame
    """As `lcviz.rasters.areas.areas` makes it."""

    def class_overview(self, side: int) -> npt.NDArray[np.uint8]:
        """Class map, uint8, of at most `side` rows and columns: every n-th pixel, none averaged."""
        return _overview(self.classes, side)[0]

    def probability_overview(self, side: int) -> npt.NDArray[np.float32]:
        """Probabilities (classes, rows, columns), float32, likewise; NaN without data.

        Raises:
            ValueError: the probabilities were not kept.
        """
        return decode_probabilities(_overview(self._kept(), side))

    def probabilities_at(self, row: int, column: int) -> npt.NDArray[np.float32]:
        """Probabilities (classes,) of one pixel, float32; NaN without data. Errors likewise."""
        with open_dataset(self._kept()) as file:
            stored = file.read(window=Window(column, row, 1, 1))
        return decode_probabilities(stored[:, 0, 0])

    def _kept(self) -> Path:
        if self.probabilities is None:
            raise ValueError("The probabilities were not kept")
        return self.probabilities


def predict_raster(
    predictors: Mapping[str, Predictor],
    reader: Reader,
    folder: Path,
    *,
    probabilities: bool = True,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    tile: int | None = None,
    overlap: int = OVERLAP,
    progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, RasterPrediction]:
    """Predict a raster with one or several models; each window is read once.

    Args:
        predictors: by name of the experiment.
        reader: the raster.
        folder: where the files are put, in a folder for each experiment; made if need be.
        probabilities: whether to keep the probabilities too.
        tags: metadata of the files, by name of the experiment.
        tile: rows and columns of a window without its overlap, at most; what the models' working
            memory allows if None.
        overlap: as `tiles` takes it.
        progress: called after each window and model with the fraction that is done, up to 1.
        cancelled: asked before each window and model.

    Returns:
        By name of the experiment, in the same order.

    Raises:
        PredictionCancelledError: `cancelled` said so; nothing is left in `folder`.
        RasterError: a window cannot be read; nothing is left in `folder`.
        OSError, rasterio's errors: a file cannot be written; nothing is left in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outputs: dict[str, _Output] = {}
    try:
        with ExitStack() as stack:
            for name in predictors:
                own_tags = (tags or {}).get(name, {})
                outputs[name] = _Output(
                    stack, folder / name, reader.geobox, probabilities, own_tags
                )
            shape = reader.geobox.shape
            if tile is None:
                tile = min(p.window_side for p in predictors.values()) - 2 * overlap
            ready = _made_ready(predictors, reader, tile, overlap)
            steps = count_tiles(*shape, tile) * len(predictors)
            done = 0
            # Closed before the files are, so that no thread reads or writes what is not there.
            writing = stack.enter_context(closing(_WriteBehind()))
            ahead = stack.enter_context(closing(_read_ahead(reader, tiles(*shape, tile, overlap))))
            for part, s2, valid in ahead:
                area = pixel_area(reader.geobox, part.inner)
                for name, windows in ready.items():
                    if cancelled():
                        raise PredictionCancelledError(
                            "The prediction was cancelled; start it again for a result"
                        )
                    writing.submit(
                        outputs[name].write, part, _predict_tile(windows, part, s2, valid), area
                    )
                    if len(ready) > 1:  # Not the working memory of all models at once.
                        windows.release()
                    done += 1
                    progress(done / steps)
            writing.finish()
        return {name: output.finished() for name, output in outputs.items()}
    except BaseException:
        for name in outputs:
            shutil.rmtree(folder / name, ignore_errors=True)
        raise
    finally:
        for predictor in predictors.values():
            predictor.release()


def _made_ready(
    predictors: Mapping[str, Predictor], reader: Reader, tile: int, overlap: int
) -> dict[str, WindowPredictor]:
    """Models for the windows of a raster; where they round, alike in all of several windows."""
    shape = reader.geobox.shape
    count = count_tiles(*shape, tile)
    sample = None
    if count > 1 and any(p.rounds_by_sample for p in predictors.values()):
        sample = _sample(reader)
    rows, columns = tile_shape(*shape, tile, overlap)
    return {
        name: predictor.for_windows(rows, columns, overlap, count, sample)
        for name, predictor in predictors.items()
    }


def _sample(reader: Reader) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    """Squares from all over a raster, side by side: DN (10, n, n), and where they are valid."""
    height, width = reader.geobox.shape
    rows, columns = min(_SQUARE, height), min(_SQUARE, width)
    tops = np.linspace(0, height - rows, _SQUARES).astype(int)
    lefts = np.linspace(0, width - columns, _SQUARES).astype(int)
    lines = [
        [reader.read(Window(left, top, columns, rows)) for left in lefts.tolist()]
        for top in tops.tolist()
    ]
    return (
        np.concatenate([np.concatenate([s2 for s2, _ in line], axis=2) for line in lines], axis=1),
        np.concatenate([np.concatenate([ok for _, ok in line], axis=1) for line in lines]),
    )


class _WriteBehind:
    """Writes what was predicted while the next window is; one thread, one window behind."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write-behind")
        self._last: Future[None] | None = None

    def submit(self, write: Callable[..., None], *what: object) -> None:
        """Have something written once what was given before is, whose errors are raised."""
        self.finish()
        self._last = self._pool.submit(write, *what)

    def finish(self) -> None:
        """Wait until all is written; raises what went wrong."""
        if self._last is not None:
            last, self._last = self._last, None
            last.result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


def _read_ahead(
    reader: Reader, parts: Iterable[Tile]
) -> Generator[tuple[Tile, npt.NDArray[np.uint16], npt.NDArray[np.bool_]]]:
    """Read each window while the one before it is predicted; one thread does all the reading."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        waiting: tuple[Tile, Future[tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]]] | None
        waiting = None
        for part in parts:
            coming = part, pool.submit(reader.read, part.read)
            if waiting is not None:
                yield waiting[0], *waiting[1].result()
            waiting = coming
        if waiting is not None:
            yield waiting[0], *waiting[1].result()


def _predict_tile(
    windows: WindowPredictor,
    tile: Tile,
    s2: npt.NDArray[np.uint16],
    valid: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    """Probabilities of the inner window (classes, rows, columns); NaN where there is no data."""
    padded = tile.pad(valid)
    inner = tile.crop(padded)
    if not inner.any():
        return np.full((len(CLASSES), *inner.shape), np.nan, dtype=np.float32)
    return tile.kept(windows.probabilities(tile.pad(s2), padded))


class _Output:
    """The growing files and areas of one model."""

    def __init__(
        self,
        stack: ExitStack,
        folder: Path,
        geobox: GeoBox,
        probabilities: bool,
        tags: Mapping[str, str],
    ):
        folder.mkdir(parents=True, exist_ok=True)
        self._classes = folder / "classes.tif"
        self._probabilities = folder / "probabilities.tif" if probabilities else None
        self._class_file = stack.enter_context(class_map_writer(self._classes, geobox, tags))
        self._probability_file: DatasetWriter | None = None
        if self._probabilities is not None:
            writer = probability_writer(self._probabilities, geobox, tags)
            self._probability_file = stack.enter_context(writer)
        self._pixels = np.zeros(len(CLASSES), dtype=np.int64)
        self._area: npt.NDArray[np.float64] | None = np.zeros(len(CLASSES))

    def write(self, tile: Tile, probabilities: npt.NDArray[np.float32], area: float | None) -> None:
        """Add the inner window of a tile, whose pixels cover `area` m² each."""
        classes = most_probable(probabilities)
        self._class_file.write(classes, 1, window=tile.inner)
        if self._probability_file is not None:
            self._probability_file.write(encode_probabilities(probabilities), window=tile.inner)
        pixels = count_classes(classes)
        self._pixels += pixels
        if area is None or self._area is None:
            self._area = None
        else:
            self._area = self._area + pixels * area

    def finished(self) -> RasterPrediction:
        return RasterPrediction(self._classes, self._probabilities, areas(self._pixels, self._area))


def _overview(path: Path, side: int) -> npt.NDArray[np.uint8]:
    with open_dataset(path) as file:
        step = max(1, -(-max(file.height, file.width) // side))
        shape = (file.count, -(-file.height // step), -(-file.width // step))
        values: npt.NDArray[np.uint8] = file.read(out_shape=shape, resampling=Resampling.nearest)
    return values


def predict_patch(
    predictor: Predictor, s2: npt.NDArray[np.uint16], valid: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Probabilities of a patch of a study, as when the model was scored.

    It differs from `predict_raster` within the network's reach of the edges, where that mirrors the
    raster and this leaves the network its zeros.

    Args:
        predictor: the model.
        s2: DN (10, rows, columns), uint16.
        valid: where they are valid (rows, columns), bool.

    Returns:
        (classes, rows, columns), float32; NaN where not `valid`.
    """
    return predictor.probabilities(s2[None], valid[None])[0]


def provenance_tags(
    *,
    experiment: str,
    study: str,
    weights_digest: str,
    mode: str,
    input_name: str,
    input_digest: str,
    conversion: str,
) -> dict[str, str]:
    """Tags that say what made a map: which model, which version, what input.

    Args:
        experiment: name of the model.
        study: name of the study.
        weights_digest: of the weights file, hexadecimal; its first digits are kept.
        mode: "fast" or "exact".
        input_name: file or patch.
        input_digest: of the input file, likewise.
        conversion: how values became the models' DN, in words or numbers.
    """
    return {
        "LCVIZ_VERSION": __version__,
        "LCVIZ_MODEL": experiment,
        "LCVIZ_STUDY": study,
        "LCVIZ_WEIGHTS": weights_digest[:_DIGITS],
        "LCVIZ_MODE": mode,
        "LCVIZ_INPUT": input_name,
        "LCVIZ_INPUT_DIGEST": input_digest[:_DIGITS],
        "LCVIZ_CONVERSION": conversion,
    }

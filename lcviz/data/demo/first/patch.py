"""Make the Sentinel-2 pixels of one patch of the first demo, from its settings alone."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.first.appearance import optical
from lcviz.data.demo.first.landscape import Ground, survey
from lcviz.data.demo.first.sites import DemoSettings, Site, patch_numbers
from lcviz.data.demo.noise import Floats, Noise, Window
from lcviz.errors import ConfigurationError
from lcviz.taxonomy import PATCH_GRID_COLUMNS, PATCH_STRIDE

Values = TypeVar("Values", bound=npt.NDArray[Any])

# Everything is computed in blocks of one stride, with a border for the sensors' blur. Each block
# is always computed the same way, so that patches which share it agree to the last bit.
_BORDER = 2
_BLUR_10M = np.array([0.0, 0.1, 0.8, 0.1, 0.0])
_BLUR_20M = np.array([0.0, 0.25, 0.5, 0.25, 0.0])
_BLUR_60M = np.array([0.1, 0.24, 0.32, 0.24, 0.1])
_BLURS = (_BLUR_60M, _BLUR_10M, _BLUR_10M, _BLUR_10M, _BLUR_20M, _BLUR_20M, _BLUR_20M, _BLUR_10M,
          _BLUR_20M, _BLUR_60M, _BLUR_60M, _BLUR_20M, _BLUR_20M)  # fmt: skip


@lru_cache(maxsize=16)
def _ground(site: Site, row: int, column: int) -> tuple[Ground, Noise]:
    size = PATCH_STRIDE + 2 * _BORDER
    window = Window(row * PATCH_STRIDE - _BORDER, column * PATCH_STRIDE - _BORDER, size)
    return survey(site, window), Noise(site.seed, window)


def _blur(values: Floats, kernel: Floats) -> Floats:
    """Blur (n, n) along both axes and drop the border; (n - 4, n - 4)."""
    n = values.shape[0] - 2 * _BORDER
    down = sum(k * values[i : i + n] for i, k in enumerate(kernel) if k)
    return np.asarray(sum(k * np.asarray(down)[:, i : i + n] for i, k in enumerate(kernel) if k))


@lru_cache(maxsize=16)
def _s2_block(site: Site, row: int, column: int) -> npt.NDArray[np.uint16]:
    ground, noise = _ground(site, row, column)
    seen = optical(site, ground, noise)
    sharp = np.stack([_blur(band, kernel) for band, kernel in zip(seen, _BLURS, strict=True)])
    inner = slice(_BORDER, -_BORDER)
    grain = noise.white("sensor", range(13))[:, inner, inner]
    sharp += grain * (3.0 + 0.004 * sharp)
    return np.clip(np.rint(sharp), 1, 28_000).astype(np.uint16)


def _joined(block: Callable[[Site, int, int], Values], site: Site, number: int) -> Values:
    row, column = divmod(number, PATCH_GRID_COLUMNS)
    upper, lower = ((block(site, r, column), block(site, r, column + 1)) for r in (row, row + 1))
    joined = np.concatenate([np.concatenate(p, axis=-1) for p in (upper, lower)], axis=-2)
    return cast(Values, joined)


def generate_s2(settings: DemoSettings, site: Site, number: int) -> npt.NDArray[np.uint16]:
    """The Sentinel-2 pixels of one patch, without the other sensors.

    Returns:
        uint16 (13, 256, 256), digital numbers.

    Raises:
        ConfigurationError: the dataset of these settings has no such patch.
    """
    _check(settings, site, number)
    return _joined(_s2_block, site, number)


def _check(settings: DemoSettings, site: Site, number: int) -> None:
    if number not in patch_numbers(settings, site):
        raise ConfigurationError(
            f"The demo with {settings} has no patch {site.scene_id}_p{number}; "
            f"lcviz.data.demo.patch_numbers lists those it has"
        )

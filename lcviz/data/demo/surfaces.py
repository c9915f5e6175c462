"""Shares of pure surfaces at every pixel, and how one scene's surfaces differ from another's."""

import numpy as np
import numpy.typing as npt

from lcviz.data.demo.noise import Floats, gaussian, hashed, key
from lcviz.data.demo.spectra import spectrum

# A surface's shade on the day, as curves over the 13 bands: brightness, slope of the visible,
# height of the near infrared, dryness (short-wave infrared). Plants of one kind differ so by
# species, age and water, soils by moisture and stones.
_MOODS = np.array(
    [
        (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
        (-1.2, -1.0, -0.2, 1.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.4),
        (-0.1, -0.1, 0.0, -0.1, 0.2, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.0),
        (0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.8, 1.2),
    ]
)
_SPREAD = np.array((0.12, 0.09, 0.14, 0.13))
_STEADY = frozenset({"snow", "firn", "clear water", "shallow water"})


def shade_of_the_day(seed: int, name: str) -> Floats:
    """Factors on a surface's spectrum that belong to one scene, float64 (13,), near 1."""
    draw = gaussian(hashed(key(seed, "mood", name), np.arange(len(_SPREAD)))) * _SPREAD
    if name in _STEADY:
        draw = draw * 0.3
    return np.asarray(np.exp(draw @ _MOODS))


class Mixture:
    """Shares of pure surfaces at every pixel, filled in cover by cover."""

    def __init__(self, seed: int, shape: tuple[int, int]) -> None:
        self.seed = seed
        self.shape = shape
        self.shares: dict[str, Floats] = {}

    def put(self, where: npt.NDArray[np.bool_], **parts: Floats | float) -> None:
        """Set the shares on a cover's pixels; names have underscores for spaces."""
        if not where.any():
            return
        for name, share in parts.items():
            layer = self._layer(name)
            np.copyto(layer, share, where=where)

    def add(self, where: npt.NDArray[np.bool_], **parts: Floats | float) -> None:
        """Add to the shares on a cover's pixels."""
        if not where.any():
            return
        for name, share in parts.items():
            layer = self._layer(name)
            np.add(layer, share, out=layer, where=where)

    def clear(self, where: npt.NDArray[np.bool_]) -> None:
        """Take everything off some pixels."""
        for layer in self.shares.values():
            layer[where] = 0.0

    def cover_with(self, name: str, share: Floats) -> None:
        """Lay a surface over everything else."""
        self.shares = {under: layer * (1 - share) for under, layer in self.shares.items()}
        self._layer(name)[...] += share

    def _layer(self, name: str) -> Floats:
        return self.shares.setdefault(name.replace("_", " "), np.zeros(self.shape))

    def reflectance(self) -> Floats:
        """Surface reflectance x 10,000, (13, rows, columns)."""
        names = [name for name, layer in self.shares.items() if layer.any()]
        spectra = [spectrum(name) * shade_of_the_day(self.seed, name) for name in names]
        layers = np.stack([self.shares[name].ravel() for name in names])
        return np.asarray((np.stack(spectra, axis=1) @ layers).reshape(13, *self.shape))

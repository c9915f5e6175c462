"""DN -> what a network is given."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def standardise(
    s2: npt.NDArray[np.uint16], mean: Sequence[float], std: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Standardise reflectance band by band: (DN - mean) / std.

    Args:
        s2: Sentinel-2 DN (patches, bands, rows, columns), uint16.
        mean: mean of each band over the training scenes, DN.
        std: standard deviation of each band over the training scenes, DN.

    Returns:
        Standardised reflectance (patches, bands, rows, columns), float32, no unit.

    Raises:
        ValueError: `s2` is not uint16 or has not four axes; `mean` or `std` has not one finite
            value for each band, or a standard deviation is not positive.
    """
    if s2.dtype != np.uint16 or s2.ndim != 4:
        raise ValueError(
            f"Expected uint16 DN of shape (patches, bands, rows, columns), got {s2.dtype} "
            f"of shape {s2.shape}"
        )
    centre, scale = np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
    bands = s2.shape[1]
    if centre.shape != (bands,) or scale.shape != (bands,):
        raise ValueError(
            f"Expected a mean and a standard deviation for each of {bands} bands, got "
            f"{centre.size} and {scale.size}"
        )
    if not (np.isfinite(centre).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError(
            f"Means must be finite and standard deviations positive, got {list(mean)} and "
            f"{list(std)}; compute the band statistics again"
        )
    standardised = s2.astype(np.float32)
    standardised -= centre.astype(np.float32)[:, None, None]
    standardised /= scale.astype(np.float32)[:, None, None]
    return standardised


def network_input(
    s2: npt.NDArray[np.uint16],
    valid: npt.NDArray[np.bool_],
    mean: Sequence[float],
    std: Sequence[float],
) -> npt.NDArray[np.float32]:
    """Standardise as above, but for what is not `valid` (patches, rows, columns): 0, the mean."""
    x = standardise(s2, mean, std)
    np.copyto(x, 0, where=~valid[:, None])
    return x

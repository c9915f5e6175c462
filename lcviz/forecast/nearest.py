"""Which training patches an image is most like."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from lcviz.forecast.context import References
from lcviz.forecast.dissimilarity import scaled
from lcviz.forecast.indicators import Measured

NEAREST = 8
"""Training patches that are named."""


def nearest_patches(references: References, found: Measured) -> tuple[tuple[str, float], ...]:
    """Training patches by the mean, over the image's tiles, of the distance to their nearest tile.

    The nearest patch of each scene first, then the second of each, and so on.
    """
    known = references.bands if references.features is None else references.features
    tiles = found.tiles[np.isfinite(found.tiles).all(axis=1)]
    distances = cdist(scaled(found.space, tiles), scaled(found.space, known))
    patches, numbers = np.unique(references.patch_ids.astype(str), return_inverse=True)
    of_patch = np.stack(
        [distances[:, numbers == number].min(axis=1) for number in range(len(patches))]
    )
    table = pd.DataFrame(
        {"patch_id": patches, "distance": of_patch.mean(axis=1) / found.space.mean_distance}
    ).sort_values("distance", kind="stable")
    scene = table.patch_id.str.rpartition("_p")[0]
    table["turn"] = table.groupby(scene).cumcount()
    table = table.sort_values(["turn", "distance"], kind="stable").head(NEAREST)
    return tuple(zip(table.patch_id, table.distance.astype(float), strict=True))

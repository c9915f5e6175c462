"""A stand-in for DFC2020, in its layout, made of the demo's synthetic patches.

As there, one "scene" holds patches of several places, numbered as they come, and `dfc` files hold
its own codes: 1 Forest, 2 Shrubland, 3 Savanna, 4 Grassland, 5 Wetlands, 6 Croplands, 7 Urban,
8 Snow/Ice, 9 Barren, 10 Water; 0 where nobody knows.
"""

from pathlib import Path

import numpy as np
from sen12ms_files import save_tiff

from lcviz.data.demo import DemoSettings, generate_patch, patch_numbers, sites

FOLDERS = ("ROIs0000_test", "ROIs0000_validation")
CODES = {0: (1,), 1: (1, 3), 2: (4, 5, 6), 3: (2,), 4: (7,), 5: (8,), 6: (9,), 7: (10,)}
"""Class index -> codes that a better map may give it."""


def write_dfc2020(
    root: Path, patches: int = 3, seed: int = 5, sensors: tuple[str, ...] = ("s1", "s2", "lc")
) -> dict[str, np.ndarray]:
    """Write the stand-in; returns the true classes (256, 256) by patch id, 255 = not told."""
    settings = DemoSettings(seed=seed, scenes=2 * patches, patches=1)
    rng = np.random.default_rng(seed)
    truth = {}
    for place, site in enumerate(sites(settings)):
        folder, number = FOLDERS[place % 2], place // 2 + 100
        patch = generate_patch(settings, site, patch_numbers(settings, site)[0])
        codes = np.zeros((1, 256, 256), np.uint8)
        for index, choices in CODES.items():
            here = patch.truth == index
            codes[0][here] = rng.choice(choices, here.sum())
        codes[0, :8] = 0
        pixels = {"s1": patch.s1, "s2": patch.s2, "lc": patch.lc, "dfc": codes}
        for sensor in (*sensors, "dfc"):
            name = f"{folder}_{sensor}_0_p{number}.tif"
            path = root / folder / f"{sensor}_0" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            save_tiff(path, pixels[sensor], patch.geobox)
        truth[f"{folder}_0_p{number}"] = np.where(codes[0] == 0, 255, patch.truth)
    return truth

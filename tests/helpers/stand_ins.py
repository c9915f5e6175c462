"""Stand-ins for the real patches that tests look at, made where these are not.

Each has a real patch's name and place on the ground, and the pixels of a demo patch of a landscape
like it, in the byte layout of SEN12MS. What they cannot tell is whether the demo itself is true to
nature; all that a test says of files, names, places and numbers holds of them as of the real ones.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from sen12ms_files import save_patch

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.demo import DemoSettings, generate_patch, sites

_WHOLE = DemoSettings(patches=841)
"""Settings under which every patch of a scene exists."""
# Real scene -> patches with their sensors, and the demo's place whose pixels they have; in the
# end, patches whose pixels are of another number there, where snow lies or the water is deep.
_PATCHES = {
    "ROIs1158_spring_1": ({30: ("lc", "s1")}, "Kirensk", {}),
    "ROIs1158_spring_26": ({100: ("s2",)}, "Kosciuszko", {100: 99}),
    "ROIs1158_spring_39": ({100: ("s2",)}, "Harghita", {}),
    "ROIs1868_summer_100": ({500: ("s2",)}, "Lodz", {}),
    "ROIs1868_summer_101": ({505: ("s2",)}, "Iowa", {}),
    "ROIs1868_summer_102": ({500: ("s2",)}, "Handan", {}),
    "ROIs1868_summer_135": ({239: ("s2",), 502: ("s2",)}, "Daytona", {239: 100}),
    "ROIs1970_fall_85": ({492: ("s2",)}, "Llanos", {}),
    "ROIs1970_fall_136": (dict.fromkeys((100, 308, 309, 310), ("s2",)), "Poltava", {}),
    "ROIs1970_fall_139": ({839: ("s1", "s2")}, "Beauce", {}),
    "ROIs2017_winter_112": ({797: ("s1", "s2")}, "Beauce", {}),
}


def write_stand_ins(root: Path) -> None:
    """Write them under `root`, a folder like SEN12MS's."""
    catalogue = sen12ms_scenes().set_index("scene_id")
    by_place = {site.place: site for site in sites(_WHOLE)}
    for scene_id, (patches, place, other_numbers) in _PATCHES.items():
        row = catalogue.loc[scene_id]
        site = by_place[place]
        # The same seed, so the same pixels, elsewhere on the ground.
        there = replace(site, longitude=float(row.longitude), latitude=float(row.latitude))
        for number, sensors in patches.items():
            made = generate_patch(_WHOLE, site, other_numbers.get(number, number))
            values = {"s2": made.s2, "s1": made.s1, "lc": made.lc}
            # LCCS land use: forest, dense and open, in cells of MODIS's own shape.
            most = np.bincount(made.lc[2].ravel()).argmax()
            values["lc"][2] = np.where(made.lc[2] == most, 10, 20)
            save_patch(
                root,
                f"{scene_id}_p{number}",
                sensors,
                values=values,
                epsg=there.epsg,
                scene_origin=there.origin,
            )

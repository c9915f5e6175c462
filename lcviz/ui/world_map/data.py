"""What the world map draws of a scene."""

import json
from typing import Any

from lcviz.errors import ArtefactMissingError
from lcviz.study import Study
from lcviz.study.footprints import FOOTPRINTS, read_footprints
from lcviz.ui.shared_study import kept


@kept(FOOTPRINTS, entries=64)
def scene_footprints(study: Study, scene_id: str) -> dict[str, Any] | None:
    """GeoJSON of a scene's patches with their `patch_id`; None where the study keeps none.

    Studies that an older lcviz made have no footprints.

    Raises:
        ArtefactDamagedError: as `read_footprints` does.
    """
    try:
        found = read_footprints(study, scene_id)
    except ArtefactMissingError:
        return None
    placed = found.loc[found.geometry.notna(), ["patch_id", "geometry"]]
    return dict(json.loads(placed.to_json()))

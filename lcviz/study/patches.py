"""Which patches of a study can be trained on."""

import pandas as pd

from lcviz.errors import ConfigurationError
from lcviz.study.study import Study


def trainable_patches(study: Study) -> pd.DataFrame:
    """The patches with sound imagery and at least one labelled pixel.

    Raises:
        ConfigurationError: the patches have not been measured yet.
    """
    table = study.patches(["patch_id", "scene_id", "season", "continent", "status", "labelled"])
    if study.stamp("statistics") is None:
        raise ConfigurationError(
            f"The patches of {study.path} have not been measured. Run first: "
            f"python -m precompute statistics --study {study.path}"
        )
    return table[(table.status == "ok") & (table.labelled.fillna(0) > 0)]

"""The Sentinel-2 pixels of a study's patch: from its dataset, or made again if it is the demo's."""

import numpy as np

from lcviz.data import demo
from lcviz.data.demo import first
from lcviz.data.layout import patch_file
from lcviz.data.sen12ms import Raster, read_s2
from lcviz.errors import DatasetNotFoundError
from lcviz.georeference import GeoBox
from lcviz.study.study import Study
from lcviz.taxonomy import PATCH_SIZE, S2_BAND_INDEXES, split_patch_id, split_scene_id


def patch_pixels(study: Study, patch_id: str) -> Raster:
    """Read the ten bands of one patch, or generate them from a demo study's seed.

    Returns:
        Values (10, 256, 256), uint16, DN, in the order of `taxonomy.BANDS`.

    Raises:
        DatasetNotFoundError: the dataset is not at hand, and cannot be made again.
        PatchDamagedError: the patch's file is damaged.
        ConfigurationError: the demo has no such patch.
    """
    scene_id, number = split_patch_id(patch_id)
    folder, _, scene = split_scene_id(scene_id)
    if study.data is not None:
        file = patch_file(study.data, folder, "s2", scene, number)
        if file.is_file():
            return read_s2(file)
    if study.info.demo is None:
        raise DatasetNotFoundError(
            f"The imagery of {patch_id} is not in {study.data}. Put the dataset back, or index it "
            f"where it is: python -m precompute index --data DATA --study {study.path}"
        )
    return _generate(study.info.demo, scene_id, int(number))


def _generate(settings: dict[str, int], scene_id: str, number: int) -> Raster:
    version = settings.get("version")
    generator = {first.VERSION: first, demo.VERSION: demo}.get(version or 0)
    if generator is None:
        raise DatasetNotFoundError(
            f"The study was made with version {version} of the demo, this is version "
            f"{demo.VERSION}: its pixels cannot be made again. Make the study anew."
        )
    asked = generator.DemoSettings(**{k: v for k, v in settings.items() if k != "version"})
    site = next((s for s in generator.sites(asked) if s.scene_id == scene_id), None)
    if site is None:
        raise DatasetNotFoundError(f"The demo has no scene {scene_id}.")
    values = generator.generate_s2(asked, site, number)[[i - 1 for i in S2_BAND_INDEXES]]
    geobox = GeoBox((PATCH_SIZE, PATCH_SIZE), site.transform(number), site.crs)
    return Raster(values, np.any(values, axis=0), geobox)

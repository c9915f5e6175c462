"""The tiny study with two networks that run and the pixels of two scenes, to predict live."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from raster_factory import desert, land
from rasterio.crs import CRS
from rasterio.transform import Affine
from sen12ms_files import noise, save_patch
from study_factory import MODELS, PATCHES, TEST_SCENE, TRAINING, make_study

from lcviz.georeference import open_dataset
from lcviz.network.densenet import FCDenseNet
from lcviz.study import Study


def make_prediction_study(path: Path, *, kind: str = "demo") -> Study:
    """Random weights: what they predict means nothing, but it is the same each time."""
    study = make_study(path, kind=kind)
    data = path.with_name(f"{path.name}-data")
    for scene in (TEST_SCENE, TRAINING):
        for number in PATCHES:
            s2 = noise("s2", seed=number)
            s2[:, :10] = 0  # ten rows without data
            save_patch(data, f"{scene}_p{number}", ("s2",), {"s2": s2})
    torch.manual_seed(0)
    for experiment in MODELS:
        history = pd.DataFrame({"epoch": [1], "validation_loss": [0.5]})
        study.write_model(study.model(experiment), FCDenseNet(10, 8).state_dict(), history)
    return Study.create(path, replace(study.info, data=str(data)))


def write_raster(path: Path, *, bands: int = 13, low: int = 300, place: bool = True) -> Path:
    """A GeoTIFF of 64 x 96 pixels; from `low` 1000 on a desert, in which nothing is dark."""
    scene = desert(bands) if low >= 1000 else land(bands)
    profile = {"driver": "GTiff", "height": 64, "width": 96, "count": bands, "dtype": "uint16"}
    if place:
        profile |= {"crs": CRS.from_epsg(32632), "transform": Affine(10, 0, 5e5, 0, -10, 5e6)}
    with open_dataset(path, "w", **profile) as file:
        file.write(scene[:, :64].astype(np.uint16))
    return path

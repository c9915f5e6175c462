"""Three scenes of two continents, and one that SEN12MS does not have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.study import Study
from precompute.stages.index import index
from precompute.stages.quicklooks import quicklooks
from precompute.stages.statistics import statistics

QUICK = TrainingConfig(max_epochs=1, crop=32, batch_size=1, split="paper")
CPU = Hardware(device="cpu")
SPRING, FALL = "ROIs1158_spring", "ROIs1970_fall"


def write_scenes(root: Path, write_patch: Callable[..., Any]) -> Path:
    """Scenes 1 and 6 lie in Africa, 8 in Australia; 999 does not exist in SEN12MS."""
    for scene in (1, 6, 8):
        for number in (30, 31):
            write_patch(root, f"{SPRING}_{scene}_p{number}")
    write_patch(root, f"{SPRING}_1_p32", ("s1", "s2"))
    write_patch(root, f"{SPRING}_1_p33", ("s1", "lc"))
    write_patch(root, f"{FALL}_999_p0")
    return root


def make(data: Path, **options: Any) -> Study:
    settings = {"browsable": 2, "seed": 0, "name": None, "workers": 0} | options
    return index(data, data.parent / "study", **settings)


def measured(data: Path) -> Study:
    study = make(data)
    statistics(study, workers=0)
    quicklooks(study, workers=0)
    return study

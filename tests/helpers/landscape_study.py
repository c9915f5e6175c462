"""The tiny study with landscapes and counts of pixels, for tests of what is read off them."""

from pathlib import Path

import numpy as np
import pandas as pd
from study_factory import make_study

from lcviz.data.histograms import add_scenes
from lcviz.landscapes.clustering import cluster_patches, representatives, silhouette, usable_patches
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.landscapes import SILHOUETTE_COLUMNS, write_clustering, write_silhouettes
from lcviz.study.statistics import write_histograms
from lcviz.taxonomy import BANDS

KS = (4, 16)


def make_landscape_study(path: Path, *, kind: str = "demo") -> Study:
    study = make_study(path, kind=kind)
    add_landscapes(study)
    random = np.random.default_rng(3)
    write_histograms(
        study,
        add_scenes(
            (row.season, row.continent, random.integers(0, 50, (len(BANDS), 60)))
            for row in study.scenes().itertuples()
        ),
    )
    return study


def add_landscapes(study: Study, ks: tuple[int, ...] = KS, *, starts: int = 1) -> None:
    """Cluster the study's patches as they are now; silhouettes are of a small sample."""
    patches = usable_patches(study.patches())
    means, fits = patches[MEANS].to_numpy(), []
    for k in ks:
        found = cluster_patches(means, k, starts=starts)
        fits.append((k, silhouette(means, found, sample=1000), found.inertia))
        rows = representatives(
            found, patches.scene_id.to_numpy(), preferred=patches.browsable.to_numpy(bool)
        )
        fractions = patches.groupby(found.labels)[FRACTIONS].mean()
        clusters = pd.DataFrame(found.centroids_dn, columns=MEANS).assign(
            cluster=range(k),
            patches=np.bincount(found.labels, minlength=k),
            representatives=[patches.patch_id.iloc[row].tolist() for row in rows],
        )
        membership = patches[["patch_id"]].assign(cluster=found.labels, distance=found.distances)
        write_clustering(study, k, clusters.join(fractions), membership)
    write_silhouettes(study, pd.DataFrame(fits, columns=SILHOUETTE_COLUMNS))

"""The tables of a study as large as SEN12MS: 252 scenes, 180,662 patches, ten models.

Scenes are the real ones; all that is measured of them is drawn, seeded, from class mixtures and
their spectra, so that landscapes, distributions and scores look like those of a study. There is no
imagery: pictures and label maps are the demo's under other names.
"""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from landscape_study import add_landscapes
from places import DEMO
from scipy.ndimage import gaussian_filter1d

from lcviz.data.catalog import sen12ms_scenes
from lcviz.data.demo.spectra import spectrum, to_sensor
from lcviz.data.histograms import DN_VALUES, Histograms, add_scenes
from lcviz.distributions.distances import density, density_grid
from lcviz.landscapes.clustering import PAPER_K
from lcviz.study import PATCH_COLUMNS, RESULT_COLUMNS, SCENE_COLUMNS, Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.predictions import predictions_file
from lcviz.study.records import StudyInfo
from lcviz.study.statistics import (
    DENSITY_COLUMNS,
    QUALITY_COLUMNS,
    write_densities,
    write_histograms,
    write_quality,
    write_scene_histogram,
)
from lcviz.taxonomy import AXES, BANDS, CLASSES, CONTINENTS, EXPERIMENTS, S2_BAND_INDEXES

Floats = npt.NDArray[np.float64]

PIXELS = 256 * 256
BROWSABLE = 5
"""Pictured patches a scene, as in the demo."""
BRIGHTEST = 16_000
"""DN of the brightest pixels, but for the saturated ones."""
_SURFACE_OF_CLASS = (
    *("broadleaf", "eucalypt", "green grass", "shrub", "asphalt", "snow", "sand", "clear water"),
)


def make_full_size_study(path: Path, *, ks: tuple[int, ...] = (PAPER_K,), starts: int = 1) -> Study:
    """Write all artefacts of a study into `path`, which takes some seconds.

    Args:
        path: its folder.
        ks: numbers of clusters.
        starts: of K-Means.
    """
    random = np.random.default_rng(0)
    info = StudyInfo(
        name="SEN12MS in full size",
        kind="sen12ms",
        data="imagery",
        seed=0,
        data_digest="made for tests",
    )
    study = Study.create(path, info)
    scenes = sen12ms_scenes().assign(overlap_group=None)
    mixtures = _class_mixtures(scenes, random)
    study.write_scenes(scenes[list(SCENE_COLUMNS)])
    patches = _patches(scenes, mixtures, random)
    study.write_patches(patches)
    write_quality(study, _quality(patches, random))
    _write_histograms(study, scenes, patches)
    splits = _write_models(study, scenes)
    study.write_results(full_size_results(scenes, mixtures, splits))
    _link_pictures(study, patches)
    stages = ["index", "statistics", "quicklooks", "evaluate"]
    for stage in [*stages, *(f"{s}-{e}" for s in ("train", "evaluate") for e in EXPERIMENTS)]:
        study.write_stamp(stage, {"inputs": "made for tests"})
    add_landscapes(study, ks, starts=starts)
    return study


def full_size_results(
    scenes: pd.DataFrame | None = None,
    mixtures: Floats | None = None,
    splits: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] | None = None,
) -> pd.DataFrame:
    """Ten models on the 252 scenes, columns `RESULT_COLUMNS`; training scenes have no row.

    Args:
        scenes: as `sen12ms_scenes` gives them.
        mixtures: share of each class in each scene, (252, 8).
        splits: experiment -> training and validation scenes.
    """
    random = np.random.default_rng(1)
    scenes = sen12ms_scenes() if scenes is None else scenes
    mixtures = _class_mixtures(scenes, random) if mixtures is None else mixtures
    splits = {e: _split(scenes, e) for e in EXPERIMENTS} if splits is None else splits
    rows = []
    for experiment, (axis, group) in EXPERIMENTS.items():
        training = set(splits[experiment][0])
        for scene, mixture in zip(scenes.to_dict("records"), mixtures, strict=True):
            if scene["scene_id"] in training:
                continue
            home = scene[axis] == group
            right = random.beta(*((14, 6) if home else (9, 8)), len(CLASSES))
            wrong = random.dirichlet(mixture + 0.05, len(CLASSES)) * (1 - right)[:, None]
            pixels = mixture * scene["patches"] * PIXELS
            confusion = np.rint(pixels[:, None] * (np.diag(right) + wrong)).astype(np.int64)
            rows.append(
                {
                    "experiment": experiment,
                    "axis": axis,
                    "train_group": group,
                    "scene_id": scene["scene_id"],
                    "test_group": scene[axis],
                    "split": "home" if home else "test",
                    "variant": "paper",
                    "reference": "modis",
                    "pixels": int(confusion.sum()),
                    "accuracy": float(np.trace(confusion) / confusion.sum()),
                    "confusion": confusion.ravel().tolist(),
                }
            )
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def _split(scenes: pd.DataFrame, experiment: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    axis, group = EXPERIMENTS[experiment]
    members = np.random.default_rng(0).permutation(scenes.scene_id[scenes[axis] == group])
    held_out = len(members) // 5
    return tuple(sorted(members[held_out:])), tuple(sorted(members[:held_out]))


def _class_mixtures(scenes: pd.DataFrame, random: np.random.Generator) -> Floats:
    """Share of each class in each scene, (252, 8): scenes of a continent resemble each other."""
    of_continent = random.dirichlet([1.2, 1.2, 2.0, 1.0, 0.5, 0.08, 0.5, 0.7], len(CONTINENTS))
    places = [CONTINENTS.index(continent) for continent in scenes.continent]
    shares = random.standard_gamma(4 * of_continent[places] + 0.03)
    return shares / shares.sum(axis=1, keepdims=True)


def _patches(scenes: pd.DataFrame, mixtures: Floats, random: np.random.Generator) -> pd.DataFrame:
    """One row a patch, columns `PATCH_COLUMNS`; one in a thousand is damaged, and so on."""
    scene = np.repeat(np.arange(len(scenes)), scenes.patches)
    n = len(scene)
    side = int(np.ceil(np.sqrt(scenes.patches.max()))) + 1
    numbers = np.concatenate(
        [np.sort(random.choice(side**2, count, replace=False)) for count in scenes.patches]
    )
    table = scenes.loc[scene, ["scene_id", "season", "continent"]].reset_index(drop=True)
    table["patch_id"] = table.scene_id + "_p" + pd.Series(numbers).astype("str")
    row, column = np.divmod(numbers, side)
    latitude = scenes.latitude.to_numpy()[scene]
    table["latitude"] = latitude + (side / 2 - row) * 1280 / 111_320
    east = (column - side / 2) * 1280 / 111_320 / np.cos(np.radians(latitude))
    table["longitude"] = scenes.longitude.to_numpy()[scene] + east

    rank = table.groupby("scene_id", sort=False).cumcount()
    table["browsable"] = rank < BROWSABLE
    luck = random.random(n) + table.browsable  # what is pictured is whole
    table["status"] = np.select(
        [luck < 1e-4, luck < 1e-3, luck < 0.01],
        [
            "damaged: " + table.patch_id + ".tif ends after half of its bytes",
            "no imagery",
            "no labels",
        ],
        "ok",
    )
    labelled = table.status.isin(["ok", "no imagery"])
    table["labelled"] = pd.Series(
        np.where(labelled, PIXELS - random.binomial(PIXELS, 0.02, n), 0), dtype="Int64"
    )
    shares = random.standard_gamma(6 * mixtures[scene] + 0.01)
    shares /= shares.sum(axis=1, keepdims=True)
    surfaces = np.stack([spectrum(name) for name in _SURFACE_OF_CLASS], axis=1)
    lush = table.season.map({"Spring": 1.0, "Summer": 1.15, "Fall": 0.9, "Winter": 0.8}).to_numpy()
    light = lush * np.exp(random.normal(0, 0.1, n)) * np.exp(random.normal(0, 0.1, 252))[scene]
    bands = np.array(S2_BAND_INDEXES) - 1  # GDAL counts from one
    means = to_sensor(surfaces @ (shares * light[:, None]).T, 1.0)[bands].T
    means += random.exponential(120, (n, 1))  # haze and thin cloud
    unseen = (table.status != "ok") & (table.status != "no labels")
    table[MEANS] = np.where(unseen.to_numpy()[:, None], np.nan, means)
    table[FRACTIONS] = np.where(labelled.to_numpy()[:, None], shares, np.nan)
    return table[list(PATCH_COLUMNS)]


def _quality(patches: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """How many pixels of each patch are doubtful: few, and of few patches."""
    counts = random.binomial(PIXELS, 0.02, (len(patches), len(QUALITY_COLUMNS) - 1))
    counts[random.random(counts.shape) < 0.9] = 0
    table = pd.DataFrame(counts, columns=list(QUALITY_COLUMNS[1:])).astype("Int64")
    return table.assign(patch_id=patches.patch_id).mask(patches.status.str.startswith("damaged"))


def _write_histograms(study: Study, scenes: pd.DataFrame, patches: pd.DataFrame) -> None:
    """Counts of every scene, their sums, and densities: the patches' means, spread out.

    One scene a continent has saturated pixels, so that counts are as wide as they can be.
    """
    step = 10
    counts_of = {}
    saturated = set(scenes.drop_duplicates("continent").scene_id)
    for scene_id, rows in patches.groupby("scene_id", sort=False):
        means = rows[MEANS].dropna().to_numpy()
        coarse = np.stack(
            [np.histogram(band, BRIGHTEST // step, (0, BRIGHTEST))[0] for band in means.T]
        ).astype(np.float64)
        coarse = gaussian_filter1d(coarse, 250 / step, axis=-1)
        counts = np.rint(np.repeat(coarse * PIXELS / step, step, axis=-1)).astype(np.int64)
        if scene_id in saturated:
            counts = np.pad(counts, [(0, 0), (0, DN_VALUES - BRIGHTEST)])
            counts[:, -1] = 1000
        counts_of[scene_id] = counts
        write_scene_histogram(study, scene_id, counts, "made for tests")
    groups = zip(scenes.season, scenes.continent, scenes.scene_id, strict=True)
    histograms = add_scenes((season, place, counts_of[s]) for season, place, s in groups)
    write_histograms(study, histograms)
    write_densities(study, _densities(histograms))


def _densities(histograms: Histograms) -> pd.DataFrame:
    together = histograms.counts[..., :BRIGHTEST].sum(axis=0)
    tables = []
    for axis in AXES:
        for group, counts in histograms.by(axis).items():
            for band, name in enumerate(BANDS):
                dn, values = density(counts[band, :BRIGHTEST], grid=density_grid(together[band]))
                columns = (axis, group, name, dn, values)
                tables.append(pd.DataFrame(dict(zip(DENSITY_COLUMNS, columns, strict=True))))
    return pd.concat(tables)


def _write_models(
    study: Study, scenes: pd.DataFrame
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The demo's weights, with cards that tell of these scenes; the split of each."""
    demo, splits = Study.open(DEMO), {}
    for experiment in EXPERIMENTS:
        splits[experiment] = _split(scenes, experiment)
        training, validation = splits[experiment]
        card = replace(
            demo.model(experiment), training_scenes=training, validation_scenes=validation
        )
        study.write_model(card, demo.weights(experiment), demo.history(experiment))
    return splits


def _link_pictures(study: Study, patches: pd.DataFrame) -> None:
    """Give each browsable patch the pictures and the label maps of one of the demo's."""
    demo = Study.open(DEMO)
    shown = patches[patches.browsable].groupby("scene_id", sort=False).patch_id.agg(list)
    pictured = demo.patches(["patch_id", "scene_id", "browsable"]).query("browsable")
    sources = list(pictured.groupby("scene_id", sort=False).patch_id)
    (study.path / "quicklooks").mkdir()
    for place, (scene_id, patch_ids) in enumerate(shown.items()):
        source, of_source = sources[place % len(sources)]
        for of_demo, patch_id in zip(of_source, patch_ids, strict=True):
            for suffix in ("s1.webp", "s2.webp", "lc.png"):
                file = demo.path / "quicklooks" / f"{of_demo}.{suffix}"
                _link(file, study.path / "quicklooks" / f"{patch_id}.{suffix}")
        for experiment in EXPERIMENTS:
            kept = predictions_file(demo, experiment, source)
            copy = predictions_file(study, experiment, scene_id)
            array = json.loads((kept / "zarr.json").read_text())
            array["attributes"]["patch_ids"] = patch_ids
            _link(kept / "c/0/0/0", copy / "c/0/0/0")
            (copy / "zarr.json").write_text(json.dumps(array))


def _link(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, to)
    except OSError:  # another file system
        shutil.copyfile(file, to)

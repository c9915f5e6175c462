"""The plan that a GPU run follows, the files that it leaves, and how a study takes them in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.torch import load_file, save_file

from lcviz.atomic import atomic_path, write_text
from lcviz.errors import ConfigurationError
from lcviz.metrics import class_shares
from lcviz.network.training.recipe import TrainingConfig

IN_A_FILE = 6
"""Models whose weights share a file: 13 MB of float16."""
SAME_MEAN, SAME_SHARE = 2.0, 0.01
"""How far two makings of a patch may differ, in the mean of a band (DN) and in the share of a
class: other processors round some pixels in other ways, other settings change far more."""


@dataclass(frozen=True)
class PlannedModel:
    """A model, and the patches that it needs."""

    experiment: str
    training_patches: tuple[str, ...]
    validation_patches: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a run follows."""

    settings: dict[str, int]
    """Of the demo, as `DemoSettings` takes them."""
    config: TrainingConfig
    band_mean: tuple[float, ...]
    band_std: tuple[float, ...]
    models: tuple[PlannedModel, ...]

    @property
    def patches(self) -> tuple[str, ...]:
        """All patches that a model needs."""
        needed = {p for m in self.models for p in (*m.training_patches, *m.validation_patches)}
        return tuple(sorted(needed))


def write_plan(folder: Path, out: Path) -> int:
    """Write what a demo study needs trained; returns the number of models.

    Raises:
        ConfigurationError: it is no demo study, or was made by another generator.
    """
    from lcviz.data.demo import VERSION  # noqa: PLC0415
    from lcviz.study import Study  # noqa: PLC0415
    from lcviz.taxonomy import EXPERIMENTS, WITHOUT_EXPERIMENTS  # noqa: PLC0415
    from precompute.running.training_settings import training_config  # noqa: PLC0415
    from precompute.stages.train import BAND_MEAN, BAND_STD, planned  # noqa: PLC0415

    study = Study.open(folder)
    if study.info.demo is None:
        raise ConfigurationError(f"{folder} is no demo study: its patches cannot be made anew")
    settings = dict(study.info.demo)
    if settings.pop("version") != VERSION:
        raise ConfigurationError(f"{folder} was made by another generator than version {VERSION}")
    config = training_config(study)
    models = [
        PlannedModel(
            plan.experiment,
            *(
                _of_scenes(plan.patches, part)
                for part in (plan.split.training, plan.split.validation)
            ),
        )
        for plan in planned(study, (*EXPERIMENTS, *WITHOUT_EXPERIMENTS), config)
    ]
    plan = Plan(settings, config, BAND_MEAN, BAND_STD, tuple(models))
    write_text(out, json.dumps(asdict(plan)))
    return len(models)


def _of_scenes(patches: frozenset[str], scenes: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(p for p in patches if p.rpartition("_p")[0] in scenes))


def read_plan(file: Path) -> Plan:
    """The plan that `write_plan` wrote."""
    found = json.loads(file.read_text(encoding="utf-8"))
    models = tuple(
        PlannedModel(m["experiment"], tuple(m["training_patches"]), tuple(m["validation_patches"]))
        for m in found["models"]
    )
    return Plan(
        found["settings"],
        TrainingConfig(**found["config"]),
        tuple(found["band_mean"]),
        tuple(found["band_std"]),
        models,
    )


class RunFolder:
    """What a run leaves: models.json, weights-1.safetensors and so on, results.md.

    Each file is replaced as a whole, and models.json last, so that it names only what is there.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self.done: dict[str, dict[str, Any]] = {}
        self._weights: dict[str, dict[str, Any]] = {}
        self._world: dict[str, dict[str, list[float]]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for left in (*folder.glob("weights-*.safetensors"), folder / "models.json"):
            left.unlink(missing_ok=True)

    def note_world(self, made: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Keep what tells these patches from others: of one patch a scene."""
        for patch_id, (values, classes) in made.items():
            if patch_id.rpartition("_p")[0] not in {p.rpartition("_p")[0] for p in self._world}:
                self._world[patch_id] = description(values, classes)

    def add(
        self,
        experiment: str,
        config: dict[str, Any],
        weights: Mapping[str, Any],
        history: pd.DataFrame,
        provenance: dict[str, Any],
    ) -> None:
        """Add a trained model."""
        name = f"weights-{len(self.done) // IN_A_FILE + 1}.safetensors"
        shard = self._weights.setdefault(name, {})
        shard |= {f"{experiment}/{key}": tensor for key, tensor in weights.items()}
        with atomic_path(self.folder / name) as temporary:
            save_file(shard, temporary)
        self.done[experiment] = {
            "weights": name,
            "config": config,
            "history": history.to_dict("list"),
            "provenance": provenance,
        }
        content = {"settings": self.plan.settings, "world": self._world, "models": self.done}
        write_text(self.folder / "models.json", json.dumps(content))

    def write_results(self, lines: Sequence[str]) -> None:
        """Write the tables as far as they are."""
        write_text(self.folder / "results.md", "\n".join(lines) + "\n")


def description(values: np.ndarray, classes: np.ndarray) -> dict[str, list[float]]:
    """Means of the bands, DN, and shares of the classes of one patch."""
    shares = class_shares(classes)
    return {
        "mean": values.mean((1, 2), dtype=np.float64).round(2).tolist(),
        "shares": [] if shares is None else shares.round(5).tolist(),
    }


def install_models(folder: Path, study_folder: Path) -> Iterator[str]:
    """Take the models of a run into a study; yields a line for each.

    Raises:
        ConfigurationError: they were trained on other patches or scenes than the study's.
    """
    from lcviz.study import Study  # noqa: PLC0415
    from precompute.running.training_settings import training_config  # noqa: PLC0415
    from precompute.stages.train import keep_model, planned  # noqa: PLC0415

    study = Study.open(study_folder)
    found = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    demo = dict(study.info.demo or {})
    demo.pop("version", None)
    if demo != found["settings"]:
        raise ConfigurationError(
            f"{folder} was trained on a demo of {found['settings']}, {study_folder} is of {demo}"
        )
    yield _compare(study, found["world"])
    for plan in planned(study, tuple(found["models"]), training_config(study)):
        model = found["models"][plan.experiment]
        config = TrainingConfig(**model["config"])
        whole = load_file(folder / model["weights"])
        prefix = f"{plan.experiment}/"
        weights = {k.removeprefix(prefix): v for k, v in whole.items() if k.startswith(prefix)}
        history = pd.DataFrame(model["history"])
        kept = keep_model(study, plan, config, weights, history, model["provenance"])
        yield f"{plan.experiment}: validation accuracy {kept.validation_accuracy:.3f}"


def _compare(study: Any, world: Mapping[str, dict[str, list[float]]]) -> str:
    """Check that the run's patches are the study's, by what the study measured of its own."""
    bands = [c for c in study.patches().columns if c.startswith("mean_")]
    table = study.patches().set_index("patch_id")
    shares = [f"fraction_{k}" for k in range(8)]
    for patch_id, of_run in world.items():
        if patch_id not in table.index:
            raise ConfigurationError(f"{study.path} has no patch {patch_id}, which the run made")
        row = table.loc[patch_id]
        apart = np.abs(row[bands].to_numpy(float) - of_run["mean"]).max()
        other = np.abs(row[shares].to_numpy(float) - of_run["shares"]).max()
        if apart > SAME_MEAN or other > SAME_SHARE:
            raise ConfigurationError(
                f"{patch_id} is another patch in {study.path} than in the run: its bands' means "
                f"differ by {apart:.1f} DN. Make the plan from this study, and run it again"
            )
    return f"{len(world)} patches of the run are the study's"

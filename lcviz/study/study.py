"""A study: a folder of artefacts about one dataset, and the only code that knows its files.

Every artefact is written whole or not at all, so a study is readable at every moment. A missing
artefact raises `ArtefactMissingError` with the command that makes it; a broken one raises
`ArtefactDamagedError` with the file and the reason. Nothing here reads the dataset itself.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from PIL import Image

from lcviz.atomic import atomic_path, write_text
from lcviz.data.demo_settings import is_demo_of
from lcviz.errors import (
    ArtefactMissingError,
    ConfigurationError,
    NotPublishedError,
    StudyNotFoundError,
    StudySchemaError,
)
from lcviz.study.columns import (
    PATCH_COLUMNS,
    PLAIN_VARIANT,
    RESULT_COLUMNS,
    SCENE_COLUMNS,
    Reference,
)
from lcviz.study.folders import state_of
from lcviz.study.records import SCHEMA, ModelCard, StudyInfo, read_json, read_record, reading
from lcviz.study.splits import name_home
from lcviz.taxonomy import (
    ADAPTED_PREFIX,
    BANDS,
    CLASSES,
    EXPERIMENTS,
    WITHOUT_EXPERIMENTS,
    checked_classes,
)
from lcviz.words import is_text

if TYPE_CHECKING:
    import torch

_LATER_COLUMNS: Final = frozenset({"overlap_group", "variant", "reference"})
_MODEL_FILES: Final = ("weights.safetensors", "history.csv", "model.json")


class Study:
    """One study folder. Open it with `Study.open`, make one with `Study.create`."""

    def __init__(self, path: Path, info: StudyInfo) -> None:
        self.path = path
        self.info = info

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open an existing study.

        Raises:
            StudyNotFoundError: no such folder, or no study.json in it.
            StudySchemaError: written with another version of the contract.
            ArtefactDamagedError: study.json cannot be read.
        """
        path = Path(path).expanduser()
        if not path.is_dir():
            raise StudyNotFoundError(
                f"There is no folder {path}. Give one that `python -m precompute index` wrote."
            )
        file = path / "study.json"
        if not file.is_file():
            raise StudyNotFoundError(
                f"{path} is no study: it holds no study.json. "
                f"Make one with: python -m precompute run --data DATA --study {path}"
            )
        schema = read_json(file).get("schema")
        if schema != SCHEMA:
            raise StudySchemaError(
                f"{file} has schema {schema!r}; this lcviz reads schema {SCHEMA}. "
                f"Make the study again with: python -m precompute run --data DATA --study {path}"
            )
        info = read_record(StudyInfo, file)
        if info.bands != BANDS or info.classes != CLASSES:
            raise StudySchemaError(f"{file} names other bands or classes than this lcviz.")
        return cls(path, info)

    @classmethod
    def create(cls, path: Path | str, info: StudyInfo) -> Self:
        """Write study.json into `path` (made if need be), keeping every other artefact there.

        Raises:
            ConfigurationError: `path` is no UTF-8, with which tables cannot be written.
        """
        path = Path(path).expanduser()
        if not is_text(str(path)):
            raise ConfigurationError(f"{path} is no UTF-8; give the study a folder of another name")
        write_text(path / "study.json", json.dumps(asdict(info), indent=1) + "\n")
        return cls(path, info)

    @property
    def is_demo(self) -> bool:
        """Whether the imagery is synthetic."""
        return self.info.kind == "demo"

    @property
    def is_published(self) -> bool:
        """Whether it is of what is published of SEN12MS: no imagery, no models, no results."""
        return self.info.kind in ("facts", "published")

    @property
    def data(self) -> Path | None:
        """Folder of the dataset, whether it is there or not; None if another demo lies there."""
        if self.info.data is None:
            return None
        data = self.path / self.info.data
        if self.info.demo is not None and not is_demo_of(data, self.info.demo):
            return None
        return data

    # Tables

    def scenes(self) -> pd.DataFrame:
        """One row a scene, columns `SCENE_COLUMNS`; continent and country may be missing.

        In a study of before there were overlap groups each scene is one of its own.
        """
        stage = "published" if self.is_published else "index"
        scenes = self.read_table("scenes.parquet", SCENE_COLUMNS, stage)
        return scenes.assign(overlap_group=scenes.overlap_group.fillna(scenes.scene_id))

    def patches(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One row a patch, columns `PATCH_COLUMNS`; means (DN) and fractions may be missing."""
        return self.read_table("patches.parquet", columns or PATCH_COLUMNS, "index")

    def results(self, reference: Reference | None = "modis") -> pd.DataFrame:
        """One row an (experiment, scene) of the plain variant, columns `RESULT_COLUMNS`.

        `split` is `home`, `validation` or `test`. `confusion` is a list of 64 counts, row-major,
        rows = label, columns = prediction. `accuracy` is missing where no pixel is labelled. Scenes
        that a model was trained on, or that share ground with one, have no row.

        Args:
            reference: what the predictions are scored against; None for every reference.
        """
        table = self.read_table("results.parquet", RESULT_COLUMNS, "evaluate")
        table = name_home(table.fillna({"variant": PLAIN_VARIANT, "reference": "modis"}))
        kept = table.variant == PLAIN_VARIANT
        if reference is not None:
            kept &= table.reference == reference
        return table[kept].reset_index(drop=True)

    def write_scenes(self, scenes: pd.DataFrame) -> None:
        """Replace scenes.parquet."""
        self.write_table("scenes.parquet", scenes, SCENE_COLUMNS)

    def write_patches(self, patches: pd.DataFrame) -> None:
        """Replace patches.parquet."""
        self.write_table("patches.parquet", patches, PATCH_COLUMNS)

    def write_results(self, results: pd.DataFrame) -> None:
        """Replace results.parquet."""
        self.write_table("results.parquet", results, RESULT_COLUMNS)

    # Models

    def experiments(self) -> tuple[str, ...]:
        """Names of the trained models, in the order of `taxonomy.EXPERIMENTS`."""
        return tuple(name for name in EXPERIMENTS if self.model_file(name).is_file())

    def experiments_without(self) -> tuple[str, ...]:
        """Names of the trained models that leave one continent out, in taxonomy order."""
        return tuple(name for name in WITHOUT_EXPERIMENTS if self.model_file(name).is_file())

    def adapted_models(self) -> tuple[str, ...]:
        """Names of the models that were adapted with labels, in alphabetical order."""
        cards = (self.path / "models").glob(f"{ADAPTED_PREFIX}*/model.json")
        return tuple(sorted(card.parent.name for card in cards))

    def has_model(self, experiment: str) -> bool:
        """Whether the card, the weights and the history of a model are all there."""
        folder = self.model_file(experiment).parent
        return all((folder / name).is_file() for name in _MODEL_FILES)

    def model_file(self, experiment: str) -> Path:
        """Place of a model's card; it is written last, so where it is, its weights are too."""
        return self.path / "models" / experiment / "model.json"

    def weights_file(self, experiment: str) -> Path:
        """Place of a model's weights."""
        return self.model_file(experiment).with_name("weights.safetensors")

    def model(self, experiment: str) -> ModelCard:
        """The card of one trained model."""
        file = self.model_file(experiment)
        if not file.is_file():
            raise self.missing(file, f"train --experiment {experiment}")
        return read_record(ModelCard, file)

    def history(self, experiment: str) -> pd.DataFrame:
        """Losses and accuracies, one row an epoch."""
        file = self.model_file(experiment).with_name("history.csv")
        if not file.is_file():
            raise self.missing(file, f"train --experiment {experiment}")
        with reading(file):
            return pd.read_csv(file)

    def weights(self, experiment: str) -> "dict[str, torch.Tensor]":
        """The stored weights of one model, name -> tensor on the CPU, as stored (float16)."""
        from safetensors.torch import load_file  # noqa: PLC0415 - the app starts without torch

        file = self.weights_file(experiment)
        if not file.is_file():
            raise self.missing(file, f"train --experiment {experiment}")
        with reading(file):
            return load_file(file)

    def write_model(
        self, card: ModelCard, weights: "Mapping[str, torch.Tensor]", history: pd.DataFrame
    ) -> None:
        """Write weights, history and card of one model, replacing an older one as a whole."""
        from safetensors.torch import save_file  # noqa: PLC0415 - the app starts without torch

        with atomic_path(self.model_file(card.experiment).parent) as folder:
            folder.mkdir()
            save_file(dict(weights), folder / "weights.safetensors")
            history.to_csv(folder / "history.csv", index=False)
            write_text(folder / "model.json", json.dumps(asdict(card), indent=1) + "\n")

    # Pictures of the browsable patches

    def browsable(self, scene_id: str) -> tuple[str, ...]:
        """Patches of a scene that are kept as pictures, in patch-number order."""
        patches = self.patches(["patch_id", "scene_id", "browsable"])
        return tuple(patches.patch_id[(patches.scene_id == scene_id) & patches.browsable])

    def quicklook(self, patch_id: str, sensor: Literal["s1", "s2"]) -> npt.NDArray[np.uint8] | None:
        """RGB picture, uint8 (256, 256, 3); None when the patch has no imagery of that sensor."""
        return self._picture(patch_id, f"{sensor}.webp", "RGB")

    def labels(self, patch_id: str) -> npt.NDArray[np.uint8] | None:
        """Class indexes of a browsable patch, uint8 (256, 256), 255 = no label; None without."""
        classes = self._picture(patch_id, "lc.png", "L")
        with reading(self._quicklook_file(patch_id, "lc.png")):
            return None if classes is None else checked_classes(classes)

    def write_quicklooks(
        self,
        patch_id: str,
        *,
        s2: npt.NDArray[np.uint8] | None,
        s1: npt.NDArray[np.uint8] | None,
        labels: npt.NDArray[np.uint8] | None,
    ) -> None:
        """Write the pictures of one patch: RGB (256, 256, 3) and class indexes (256, 256)."""
        for suffix, picture in (("s2.webp", s2), ("s1.webp", s1), ("lc.png", labels)):
            file = self._quicklook_file(patch_id, suffix)
            if picture is None:
                file.unlink(missing_ok=True)
                continue
            with atomic_path(file) as temporary:
                Image.fromarray(picture).save(temporary, quality=85, method=6, optimize=True)

    def count_quicklooks(self) -> int:
        """Number of pictures kept."""
        return sum(1 for _ in (self.path / "quicklooks").glob("*.*"))

    def remove_quicklooks(self, keep: Collection[str]) -> None:
        """Delete the pictures of all patches but those in `keep`."""
        for file in (self.path / "quicklooks").glob("*"):
            if file.name.partition(".")[0] not in keep:
                file.unlink()

    # Stages

    def stamp(self, stage: str) -> dict[str, Any] | None:
        """What a finished stage noted of its inputs; None when it has not finished."""
        file = self.path / "stages" / f"{stage}.json"
        return read_json(file) if file.is_file() else None

    def write_stamp(self, stage: str, stamp: Mapping[str, Any]) -> None:
        """Note that a stage finished, and with which inputs."""
        write_text(self.path / "stages" / f"{stage}.json", json.dumps(stamp, indent=1) + "\n")

    def how_to_make(self, stage: str) -> str:
        """One or two sentences that end in the command which makes what a stage makes."""
        if self.is_published and stage != "published":
            return (
                "This study holds only what is published of SEN12MS: no imagery and no models. "
                "With a copy of SEN12MS or data of your own, make a study that does: "
                "python -m precompute run --data DATA --study STUDY"
            )
        return f"Make it with: python -m precompute {stage} --study {self.path}"

    # Files

    def digest(self, *files: str) -> str:
        """Tells whether files changed: by their sizes and times of writing, not their contents.

        Args:
            files: patterns within the study, such as `patches.parquet` or `landscapes/*/*.parquet`;
                study.json is always among them. Of a folder's name, the entries are looked at.
        """
        return state_of(self.path, ("study.json", *files))

    def _quicklook_file(self, patch_id: str, suffix: str) -> Path:
        return self.path / "quicklooks" / f"{patch_id}.{suffix}"

    def _picture(self, patch_id: str, suffix: str, mode: str) -> npt.NDArray[np.uint8] | None:
        file = self._quicklook_file(patch_id, suffix)
        if not file.is_file():
            if not file.parent.is_dir():
                raise self.missing(file.parent, "quicklooks")
            return None
        with reading(file), Image.open(file) as image:
            return np.asarray(image.convert(mode))

    def read_table(self, name: str, columns: Sequence[str], stage: str) -> pd.DataFrame:
        """Some columns of a Parquet file; `stage` is what makes it, should it be missing.

        Columns that came with a later minor version of the contract are empty in an older study.
        """
        file = self.path / name
        if not file.is_file():
            raise self.missing(file, stage)
        with reading(file):
            there = set(pq.read_schema(file).names)
            later = [name for name in columns if name in _LATER_COLUMNS and name not in there]
            if not later:
                return pd.read_parquet(file, columns=list(columns))
            table = pd.read_parquet(file, columns=[c for c in columns if c not in later])
            return table.assign(**dict.fromkeys(later)).loc[:, list(columns)]

    def write_table(self, name: str, table: pd.DataFrame, columns: Sequence[str]) -> None:
        """Replace a Parquet file as a whole."""
        with atomic_path(self.path / name) as temporary:
            table.loc[:, list(columns)].to_parquet(temporary, index=False)

    def missing(self, file: Path, stage: str) -> ArtefactMissingError:
        """The error that says which file is missing and how it is made, if it can be."""
        if self.is_published and stage != "published":
            return NotPublishedError(self.how_to_make(stage))
        name = file.relative_to(self.path).as_posix()
        return ArtefactMissingError(f"{name} is not there. {self.how_to_make(stage)}")

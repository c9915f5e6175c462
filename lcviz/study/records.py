"""What a study and its models say of themselves: the records kept as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from lcviz import __version__
from lcviz.errors import ArtefactDamagedError, LcvizError
from lcviz.taxonomy import BANDS, CLASSES

SCHEMA: Final = 1

Record = TypeVar("Record")

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class StudyInfo:
    """What a study says of itself (study.json)."""

    name: str
    kind: Literal["sen12ms", "demo", "facts", "published"]
    """Of satellite imagery, of synthetic imagery, or of the facts published of SEN12MS, without
    any (older studies of these say "published")."""
    data: str | None
    """Folder of the dataset; a relative path is relative to the study's folder."""
    seed: int
    data_digest: str
    """Changes when a file of the dataset does."""
    demo: dict[str, int] | None = None
    """Settings from which the pixels of a demo study can be made again."""
    schema: int = SCHEMA
    bands: tuple[str, ...] = BANDS
    classes: tuple[str, ...] = CLASSES
    lcviz_version: str = __version__


@dataclass(frozen=True, config=_STRICT)
class Measured:
    """A share, or a difference of two, with its 95% interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, config=_STRICT)
class Adaptation:
    """How a model was made of another one, with labels of one place."""

    derived_from: str
    """Experiment whose last layer was fitted anew."""
    weights: str
    """Digest of that model's weights."""
    image: str
    labels: dict[str, int]
    """Labelled points by class."""
    n: int
    """Points that it was fitted to and that judged it, each when it was not fitted to it."""
    label_scheme: str
    design: str
    """How the points were drawn: `stratified` or `simple-random`."""
    folds: int
    strength: float
    """Penalty on changes of the layer."""
    accuracy: Measured
    """Overall, of this place, cross-validated on the same labels."""
    accuracy_before: Measured
    """Of `derived_from`, on the same points."""
    gain: Measured
    """Paired difference of the two."""
    made: str
    """Date and time, UTC."""
    lcviz: str


@dataclass(frozen=True, config=_STRICT)
class ModelCard:
    """Everything that explains one trained model (models/<experiment>/model.json)."""

    experiment: str
    axis: str
    train_group: str
    config: dict[str, Any]
    """Every hyper-parameter of the training run."""
    training_scenes: tuple[str, ...]
    validation_scenes: tuple[str, ...]
    """They chose the epoch."""
    band_mean: tuple[float, ...]
    """Subtracted from each band before the network, DN."""
    band_std: tuple[float, ...]
    """Each band is divided by it, DN."""
    split: Literal["three", "paper"] = "paper"
    """paper: the validation scenes are the home test, too, and scenes that share ground were not
    kept apart; so are all models without this entry."""
    home_scenes: tuple[str, ...] = ()
    """The home test, which chose nothing; none under the paper's protocol."""
    departures: dict[str, str] = field(default_factory=dict)
    """Where the configuration differs from the default recipe, in words."""
    history: dict[str, Any] = field(default_factory=dict)
    """epochs, best_epoch, best_validation_loss, best_validation_accuracy."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Versions, device, precision, seconds, digest of what it was trained on."""
    adapted: Adaptation | None = None
    """Of a model that was adapted with labels; all else is that of the model that it is from."""

    @property
    def home_test(self) -> tuple[str, ...]:
        """The scenes that are this model's score at home."""
        return self.validation_scenes if self.split == "paper" else self.home_scenes


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn whatever a reader raises on a broken file into one error that names the file."""
    try:
        yield
    except LcvizError:
        raise
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise ArtefactDamagedError(
            f"{file} cannot be read ({why[:200]}). Delete it and run the stage that makes it again."
        ) from error


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in `file`; `ArtefactDamagedError` when there is none."""
    with reading(file):
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise TypeError(f"holds a {type(content).__name__}, not an object")
        return content


def read_record(kind: type[Record], file: Path) -> Record:
    """The record in `file`; a missing, unknown or wrongly typed entry is `ArtefactDamagedError`."""
    with reading(file):
        return TypeAdapter(kind).validate_json(file.read_bytes())

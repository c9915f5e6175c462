"""From a study to a model that is ready to predict: one way, and one cache in each process.

    model = load_model(study, "continent-africa")
    model.predictor(mode="fast").probabilities(s2, valid)

Nothing here loads PyTorch before a model is asked for, which takes seconds.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from lcviz.study import Study
from lcviz.study.records import ModelCard

if TYPE_CHECKING:
    from lcviz.network.densenet import FCDenseNet
    from lcviz.network.predictor import Predictor

MOST: Final = 32
"""Models kept in memory: all of two studies."""


class LoadedModel:
    """A model of a study, read once; its predictors are made when they are first asked for.

    Args:
        card: what the study says of it.
        network: in evaluation mode, float32, on the CPU.
        digest: as `weights_digest` gives it.
    """

    def __init__(self, card: ModelCard, network: "FCDenseNet", digest: str):
        self.card = card
        self.network = network
        """As PyTorch has it. Whoever changes it has to put it back: all share it."""
        self.digest = digest
        self._predictors: dict[tuple[str, str, bool], Predictor] = {}
        self._lock = threading.Lock()

    def predictor(
        self, device: str = "auto", mode: str = "auto", features: bool = False
    ) -> "Predictor":
        """The network made ready to predict, as `Predictor` takes these; threads may share it.

        One with features is another: they cost a tenth of the time on a CPU.

        Raises:
            ConfigurationError: no such device or mode, or "cuda" and there is no GPU.
        """
        from lcviz.network.predictor import Predictor  # noqa: PLC0415 - loads torch

        key = device, mode, features
        with self._lock:
            if key not in self._predictors:
                self._predictors[key] = Predictor(
                    self.network, self.card.band_mean, self.card.band_std, device, mode, features
                )
            return self._predictors[key]


class _Place:
    """Of one model: whoever comes first loads it, the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.model: LoadedModel | None = None


class ModelCache:
    """Models by study and name; one whose files changed is read again, by any thread."""

    def __init__(self, most: int = MOST):
        self._most = most
        self._places: OrderedDict[tuple[object, ...], _Place] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, study: Study, experiment: str) -> LoadedModel:
        """One model; reading it takes about half a second the first time.

        Raises:
            LcvizError: its card or its weights are missing or damaged.
        """
        files = study.model_file(experiment), study.weights_file(experiment)
        # What is missing is told when it is read.
        states = [file.stat() if file.is_file() else None for file in files]
        key = (
            study.path.resolve(),
            experiment,
            *((state.st_mtime_ns, state.st_size) if state else None for state in states),
        )
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        # Each has a lock of its own: several are loaded at once.
        with place.lock:
            if place.model is None:
                place.model = _read(study, experiment)
            return place.model


_MODELS: Final = ModelCache()


def load_model(study: Study, experiment: str) -> LoadedModel:
    """One model of a study, from the process's one cache; errors as `ModelCache.get`."""
    return _MODELS.get(study, experiment)


def _read(study: Study, experiment: str) -> LoadedModel:
    from lcviz.network.predictor import load_network  # noqa: PLC0415 - loads torch

    card = study.model(experiment)
    network = load_network(study.weights(experiment))
    return LoadedModel(card, network, weights_digest(study, experiment))


def weights_digest(study: Study, experiment: str) -> str:
    """Fingerprint of a model's weights file: BLAKE2b, hexadecimal."""
    with study.weights_file(experiment).open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def has_gpu(device: str) -> bool:
    """Whether work on `device` would go to a GPU."""
    import torch  # noqa: PLC0415 - takes seconds

    return device != "cpu" and torch.cuda.is_available()

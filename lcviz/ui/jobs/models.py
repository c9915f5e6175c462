"""The models that predict for all sessions: loaded once, never changed, never too many."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import streamlit as st

from lcviz.network.predictor import Predictor, load_network
from lcviz.study import Study
from lcviz.study.records import ModelCard
from lcviz.ui.jobs.queue import PredictionQueue
from lcviz.ui.server import at_end

MODE: Final = "fast"
_MOST: Final = 20
"""Models kept in memory, those of two studies."""


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to predict."""

    card: ModelCard
    predictor: Predictor
    digest: str
    """Of its weights file, hexadecimal."""


class _Place:
    """Of one model: whoever comes first loads it, the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.model: LoadedModel | None = None


class Models:
    """Models by study and name; a file that changed is read again."""

    def __init__(self, most: int = _MOST):
        self._most = most
        self._places: OrderedDict[tuple[str, str, int, int], _Place] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, study: Study, experiment: str) -> LoadedModel:
        """One model; reading it takes about half a second the first time.

        Raises:
            LcvizError: its card or its weights are missing or damaged.
        """
        card = study.model(experiment)
        file = study.weights_file(experiment)
        # Missing weights are told by `study.weights`.
        state = file.stat() if file.is_file() else None
        key = (
            *(str(study.path.resolve()), experiment),
            *((state.st_mtime_ns, state.st_size) if state else (0, 0)),
        )
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        # Each has a lock of its own: several are loaded at once.
        with place.lock:
            if place.model is None:
                network = load_network(study.weights(experiment))
                predictor = Predictor(network, card.band_mean, card.band_std, mode=MODE)
                with file.open("rb") as opened:
                    digest = hashlib.file_digest(opened, "blake2b").hexdigest()[:32]
                place.model = LoadedModel(card, predictor, digest)
            return place.model


@dataclass(frozen=True)
class PredictionService:
    """What all sessions of a server share."""

    models: Models
    queue: PredictionQueue


@st.cache_resource(show_spinner=False)
def prediction_service() -> PredictionService:
    """The server's one queue and its models."""
    queue = PredictionQueue()
    at_end.callback(queue.close)
    return PredictionService(Models(), queue)

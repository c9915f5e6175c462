"""The models that predict for all sessions: loaded once, never changed, never too many."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import streamlit as st

from lcviz.inference import Predictor, load_network
from lcviz.records import ModelCard
from lcviz.study import Study
from lcviz.ui.prediction_queue import PredictionQueue
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


class Models:
    """Models by study and name; a file that changed is read again."""

    def __init__(self, most: int = _MOST):
        self._most = most
        self._loaded: OrderedDict[tuple[str, str, int, int], LoadedModel] = OrderedDict()
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
            if key not in self._loaded:
                network = load_network(study.weights(experiment))
                predictor = Predictor(network, card.band_mean, card.band_std, mode=MODE)
                with file.open("rb") as opened:
                    digest = hashlib.file_digest(opened, "blake2b").hexdigest()[:32]
                self._loaded[key] = LoadedModel(card, predictor, digest)
                while len(self._loaded) > self._most:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(key)
            return self._loaded[key]


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

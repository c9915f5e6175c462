"""The models that a worker has ready."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lcviz.network.loading import LoadedModel, load_model
from lcviz.study import Study

if TYPE_CHECKING:
    from lcviz.network.predictor import Predictor


@dataclass(frozen=True)
class Networks:
    """The models of a study; small, so that it can be sent anywhere."""

    study: Path
    version: str
    """Changes when what the study keeps of one of them does."""
    device: str
    threads: int | None
    """Threads of each process; None leaves it to torch."""

    def predictor(self, experiment: str, features: bool = False) -> "Predictor":
        """A predictor, in float32 on a CPU."""
        return self.model(experiment).predictor(self.device, features=features)

    def model(self, experiment: str) -> LoadedModel:
        """A model, loaded once in each process, and again when its files are others."""
        # torch takes seconds to load, which the other stages do not need.
        import torch  # noqa: PLC0415

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        return load_model(Study.open(self.study), experiment)

"""The networks that a worker of the stage `transfer` has ready."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lcviz.study import Study

if TYPE_CHECKING:
    from lcviz.network.densenet import FCDenseNet
    from lcviz.network.predictor import Predictor


@dataclass(frozen=True)
class Networks:
    """The networks of a study; small, so that it can be sent anywhere."""

    study: Path
    version: str
    """Changes when one of them does: a worker then loads them again."""
    device: str
    threads: int | None
    """Threads of each process; None leaves it to torch."""

    def predictor(self, experiment: str) -> "Predictor":
        """A predictor that also gives features, in float32 on a CPU, as `evaluate` has it."""
        return _predictor(self, experiment)

    def network(self, experiment: str) -> "FCDenseNet":
        """The network as PyTorch has it, on the CPU."""
        return _network(self, experiment)


@lru_cache(maxsize=64)
def _predictor(networks: Networks, experiment: str) -> "Predictor":
    # torch takes seconds to load, which the other stages do not need.
    import torch  # noqa: PLC0415

    from lcviz.network.predictor import Predictor  # noqa: PLC0415

    if networks.threads is not None:
        torch.set_num_threads(networks.threads)
    study = Study.open(networks.study)
    card = study.model(experiment)
    network = networks.network(experiment)
    return Predictor(network, card.band_mean, card.band_std, networks.device, features=True)


@lru_cache(maxsize=64)
def _network(networks: Networks, experiment: str) -> "FCDenseNet":
    from lcviz.network.predictor import load_network  # noqa: PLC0415

    return load_network(Study.open(networks.study).weights(experiment))

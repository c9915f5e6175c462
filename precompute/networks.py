"""The networks that a worker of the stage `transfer` has ready."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lcviz.study import Study

if TYPE_CHECKING:
    from lcviz.densenet import FCDenseNet
    from lcviz.inference import Predictor


@cache
def predictor_of(
    study_path: Path, experiment: str, device: str, threads: int | None
) -> "Predictor":
    """A predictor that also gives features, computing in float32 on a CPU, as `evaluate` does."""
    # torch takes seconds to load, which the other stages do not need.
    import torch  # noqa: PLC0415

    from lcviz.inference import Predictor  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    card = Study.open(study_path).model(experiment)
    network = network_of(study_path, experiment)
    return Predictor(network, card.band_mean, card.band_std, device, features=True)


@cache
def network_of(study_path: Path, experiment: str) -> "FCDenseNet":
    """The network as PyTorch has it, on the CPU."""
    from lcviz.inference import load_network  # noqa: PLC0415

    return load_network(Study.open(study_path).weights(experiment))


def forget_networks() -> None:
    """A model may have been trained anew in this process."""
    predictor_of.cache_clear()
    network_of.cache_clear()

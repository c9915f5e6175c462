"""What went wrong in training, in words that say which setting to change."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Private, in PyTorch 2.13: the compiler's errors have no public base but RuntimeError, which would
# take every fault of a step for one of the compiler.
from torch._dynamo.exc import TorchDynamoException

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import TrainingConfig


@contextmanager
def explained(config: TrainingConfig) -> Iterator[None]:
    """Turn errors of memory and of the compiler into `ConfigurationError`; others pass."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ConfigurationError(_too_large(config, "GPU")) from error
    except TorchDynamoException as error:
        raise ConfigurationError(
            f"PyTorch cannot compile the network here ({' '.join(str(error).split())[:200]}). "
            "Train with --no-compile"
        ) from error
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" not in str(error):
            raise
        raise ConfigurationError(_too_large(config, "machine")) from error


def _too_large(config: TrainingConfig, where: str) -> str:
    size = config.batch_size
    text = f"The {where} has no memory for batch_size = {size} patches of {config.crop} pixels. "
    if size > 1:
        smaller = size // 2
        steps = -(-size * config.accumulate // smaller)
        text += (
            f"Lower the batch size: --batch-size {smaller} --accumulate {steps} makes steps of as "
            "many patches. "
        )
    if config.precision == "32-true":
        text += "Or train in bfloat16: --precision bf16-mixed. "
    return text + "Or train on smaller crops: --crop 128. What was done so far is kept"

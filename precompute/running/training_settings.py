"""What a user asked of training, checked."""

from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import ValidationError

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import DEMO_CONFIG, Hardware, TrainingConfig
from lcviz.study import Study

Settings = TypeVar("Settings", TrainingConfig, Hardware)


def training_config(study: Study, **changes: Any) -> TrainingConfig:
    """The paper's hyper-parameters, or the demo's for a demo study, with what the user changed."""
    base = DEMO_CONFIG if study.is_demo else TrainingConfig()
    given = {name: value for name, value in changes.items() if value is not None}
    return checked(TrainingConfig, **(asdict(base) | given))


def checked(kind: type[Settings], **values: Any) -> Settings:
    """Settings with these values.

    Raises:
        ConfigurationError: one of them is not possible.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ConfigurationError(
            f"{'.'.join(map(str, problem['loc']))} cannot be {problem['input']!r}: {problem['msg']}"
        ) from error

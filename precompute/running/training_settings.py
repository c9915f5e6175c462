"""What a user asked of training, checked."""

from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import ValidationError

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import RECIPES, Hardware, TrainingConfig
from lcviz.study import Study

Settings = TypeVar("Settings", TrainingConfig, Hardware)


def training_config(study: Study, recipe: str | None = None, **changes: Any) -> TrainingConfig:
    """A recipe with what the user changed: the demo's for a demo study, else the paper's.

    Raises:
        ConfigurationError: there is no such recipe, or no such setting of it.
    """
    name = recipe or ("demo" if study.is_demo else "paper")
    if name not in RECIPES:
        raise ConfigurationError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}")
    base = RECIPES[name]
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

"""lcviz: how far can a land-cover model travel?

From Python: `open_study`, `transfer_table`, `read_patch`, `read_image`, `predict_image` and
`forecast_image` (docs/python.md).
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "forecast_image",
    "open_study",
    "predict_image",
    "read_image",
    "read_patch",
    "transfer_table",
]

if TYPE_CHECKING:
    from lcviz.api import (
        forecast_image,
        open_study,
        predict_image,
        read_image,
        read_patch,
        transfer_table,
    )


def __getattr__(name: str) -> Any:
    """Load what scripts use when it is asked for: the app and the stages need little of it."""
    if name in __all__:
        from lcviz import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module 'lcviz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

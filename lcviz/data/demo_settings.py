"""What a demo dataset says that it follows from (demo.json), read without the generator."""

import json
from pathlib import Path

from lcviz.errors import DatasetError


def read_demo_settings(data: Path) -> dict[str, int] | None:
    """What the demo dataset in `data` follows from; None when `data` is no demo dataset.

    Raises:
        DatasetError: `data/demo.json` cannot be read.
    """
    file = data / "demo.json"
    if not file.exists():
        return None
    try:
        return {name: int(value) for name, value in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError(f"{file} cannot be read ({error}); make the demo anew") from error


def is_demo_of(data: Path, settings: dict[str, int]) -> bool:
    """Whether no other demo dataset lies in `data` than the one of these settings."""
    try:
        return read_demo_settings(data) in (None, settings)
    except DatasetError:
        return False

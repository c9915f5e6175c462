"""Fixtures that several tests share: real patches where they are, and tiny folders like them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from places import SHARED
from sen12ms_files import save_patch

# The gate must not fail by chance; elsewhere each run tries other examples. Slow machines are
# no failure anywhere.
settings.register_profile("lcviz", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("lcviz")

WritePatch = Callable[..., dict[str, Path]]


@pytest.fixture(scope="session")
def real_patches() -> Path:
    """A folder of real SEN12MS patches, which the project does not ship."""
    default = SHARED / "real_sen12ms"
    folder = Path(os.environ.get("LCVIZ_REAL_SEN12MS", default))
    if not folder.is_dir():
        pytest.skip(f"no real patches: {folder} is not there (set LCVIZ_REAL_SEN12MS)")
    return folder


@pytest.fixture(scope="session")
def write_patch() -> WritePatch:
    """Writes the files of one patch, byte for byte as SEN12MS lays them out: see `save_patch`."""
    return save_patch

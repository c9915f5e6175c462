"""Fixtures that several tests share: real patches or stand-ins for them, and tiny folders."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from places import SHARED
from sen12ms_files import save_patch
from stand_ins import write_stand_ins

# The gate must not fail by chance; elsewhere each run tries other examples. Slow machines are
# no failure anywhere.
settings.register_profile("lcviz", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("lcviz")

WritePatch = Callable[..., dict[str, Path]]


@pytest.fixture(scope="session")
def real_patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real SEN12MS patches, which the project does not ship, or of their stand-ins."""
    folder = Path(os.environ.get("LCVIZ_REAL_SEN12MS", SHARED / "real_sen12ms"))
    if folder.is_dir():
        return folder
    if os.environ.get("LCVIZ_REQUIRE_REAL"):
        pytest.fail(f"no real patches: {folder} is not there (set LCVIZ_REAL_SEN12MS)")
    stand_ins = tmp_path_factory.mktemp("stand_ins")
    write_stand_ins(stand_ins)
    return stand_ins


@pytest.fixture(scope="session")
def write_patch() -> WritePatch:
    """Writes the files of one patch, byte for byte as SEN12MS lays them out: see `save_patch`."""
    return save_patch

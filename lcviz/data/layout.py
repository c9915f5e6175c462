"""Where SEN12MS keeps a patch, for whoever reads it and whoever writes one."""

from pathlib import Path


def patch_file(root: Path, folder: str, sensor: str, scene: int, number: int | str) -> Path:
    """Where SEN12MS's layout puts one file of a patch, whether it is there or not."""
    return root / folder / f"{sensor}_{scene}" / f"{folder}_{sensor}_{scene}_p{number}.tif"

"""Archives like SEN12MS's, made of the demo's synthetic patches, and tars that mean harm."""

import io
import tarfile
from functools import cache
from pathlib import Path

from sen12ms_files import save_patch

from lcviz.data.archives import Archive
from lcviz.data.demo import DemoSettings, generate_patch, sites

PATCHES = ("ROIs1158_spring_1_p30", "ROIs1158_spring_1_p31", "ROIs1158_spring_7_p0")


@cache
def _pixels() -> dict:
    settings = DemoSettings(seed=3, scenes=6, patches=1)
    site = sites(settings)[0]
    from lcviz.data.demo import patch_numbers  # noqa: PLC0415

    patch = generate_patch(settings, site, patch_numbers(settings, site)[0])
    return {"s1": patch.s1, "s2": patch.s2, "lc": patch.lc}


def write_dataset(root: Path, patches: tuple[str, ...] = PATCHES) -> Path:
    """A folder in SEN12MS's layout with these patches, which all look alike."""
    for patch in patches:
        save_patch(root, patch, values=_pixels())
    return root


def write_archive(
    dataset: Path, archive: Archive, folder: Path, top: str = "", level: int = 1
) -> Path:
    """Pack the dataset's files of one archive, below the folder `top` if one is named."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / archive.name
    options = {} if archive.suffix == ".tar" else {"compresslevel": level}
    mode = "w" if archive.suffix == ".tar" else "w:gz"
    with tarfile.open(target, mode, **options) as tar:
        for file in sorted((dataset / archive.folder).glob(f"{archive.sensor}_*/*.tif")):
            tar.add(file, f"{top}{file.relative_to(dataset).as_posix()}")
    return target


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """A member with any fields, such as type and linkname."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def write_tar(
    target: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz"
) -> Path:
    """A tar of these members, whatever they say."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, mode) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return target


def tree(root: Path) -> dict[str, bytes]:
    """The dataset's files below a folder, by their relative path."""
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and ".fetch" not in file.parts
    }

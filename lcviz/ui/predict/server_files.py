"""Files on the server's disk that the one who runs the app allows to be predicted."""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from lcviz.errors import ConfigurationError, RasterError
from lcviz.rasters.products.metadata import METADATA_FILE
from lcviz.rasters.products.names import named_file
from lcviz.taxonomy import S2_BAND_NAMES
from lcviz.words import is_text

HOW_TO_ALLOW: Final = (
    "The one who runs the app can allow a folder of large rasters: "
    "`streamlit run app.py -- --rasters FOLDER`, or the environment variable `LCVIZ_RASTERS`."
)
_MOST: Final = 500
"""Files that are listed; others can still be named."""
_SUFFIXES: Final = (".tif", ".tiff", ".zip")


def allowed_folder() -> Path | None:
    """The folder that the command line (`-- --rasters FOLDER`) or `LCVIZ_RASTERS` names.

    Raises:
        ConfigurationError: there is no such folder, or no folder follows --rasters.
    """
    return named_folder("rasters", "allowed rasters")


def named_folder(option: str, what: str) -> Path | None:
    """The folder that `-- --OPTION FOLDER` or the environment variable `LCVIZ_OPTION` names.

    Raises:
        ConfigurationError: there is no such folder, or no folder follows the option.
    """
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False)
    parser.add_argument(f"--{option}", type=Path)
    try:
        path = getattr(parser.parse_known_args(sys.argv[1:])[0], option)
    except argparse.ArgumentError as error:
        raise ConfigurationError(
            f"No folder follows --{option}. Start the app with: "
            f"streamlit run app.py -- --{option} FOLDER"
        ) from error
    if path is None and os.environ.get(f"LCVIZ_{option.upper()}"):
        path = Path(os.environ[f"LCVIZ_{option.upper()}"])
    if path is None:
        return None
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise ConfigurationError(
            f"The folder of {what}, {folder}, is not there. Start the app with one that is"
        )
    return folder


def list_rasters(folder: Path) -> list[str]:
    """GeoTIFFs, zips and folders of products in a folder, relative to it; links are left out."""
    found: list[str] = []
    for root, folders, files in os.walk(folder):
        folders.sort()
        if _is_product(files) and is_text(root):
            found.append(Path(root).relative_to(folder).as_posix())
            folders.clear()
            continue
        for name in sorted(files):
            path = Path(root, name)
            if path.suffix.lower() in _SUFFIXES and is_text(str(path)) and not path.is_symlink():
                found.append(path.relative_to(folder).as_posix())
            if len(found) == _MOST:
                return found
    return found


def _is_product(files: list[str]) -> bool:
    """Whether a folder holds a product's metadata, or one file for each of ten bands."""
    bands = {named.band for name in files if (named := named_file(name))} - {None}
    return len(bands) >= len(S2_BAND_NAMES) or any(METADATA_FILE.fullmatch(f) for f in files)


def within(folder: Path, name: str) -> Path:
    """The file or folder of that name in a folder.

    Raises:
        RasterError: there is none, or it is a link out of the folder. It does not tell which, nor
            where the folder is: what else the server has is nobody's business.
    """
    try:
        path = (folder / name).resolve(strict=True)
        if path.is_relative_to(folder.resolve()) and (path.is_file() or path.is_dir()):
            return path
    except (OSError, ValueError, RuntimeError):
        pass
    raise RasterError(f"The allowed folder holds no file {name[:200]!r}. Choose one of the list")

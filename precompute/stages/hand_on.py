"""Hand a study on as one file, and open one that was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lcviz.errors import ConfigurationError
from lcviz.study import Study
from lcviz.study.handing_on import export_study, import_study
from precompute.running.stage import console


@contextmanager
def _bar(description: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def export_to(path: Path, out: Path) -> None:
    """Write the study at `path` to the zip `out`.

    Raises:
        ConfigurationError: `out` is no name for a zip.
        StudyError: there is no study at `path`.
    """
    study = Study.open(path)
    if out.suffix.lower() != ".zip" or out.is_dir():
        raise ConfigurationError(f"{out} is no name for a zip; name one, such as study.zip")
    with _bar("export") as progress:
        manifest, digest = export_study(study, out, progress)
    console.print(
        f"export: {len(manifest.files):,} files, {out.stat().st_size / 1e6:.1f} MB in {out}",
        soft_wrap=True,
    )
    console.print(f"export: SHA-256 {digest}; tell it to whoever gets the file", soft_wrap=True)


def import_from(file: Path, path: Path, sha256: str | None) -> None:
    """Unpack the zip `file` to the study `path`.

    Raises:
        StudyError: it is not to be trusted, or `path` is not empty.
    """
    with _bar("import") as progress:
        study = import_study(file, path, sha256=sha256, progress=progress)
    console.print(
        f"import: {study.info.name}. Open it with: streamlit run app.py -- --study {path}",
        soft_wrap=True,
    )

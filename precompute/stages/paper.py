"""Write a study as a manuscript: tables, figures, methods, a page that shows all, what to cite."""

from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lcviz.atomic import atomic_path, write_text
from lcviz.errors import ConfigurationError
from lcviz.figures.exports import csv
from lcviz.figures.paper.sheet import save
from lcviz.manuscript.citation import citation_cff
from lcviz.manuscript.contents import PARTS
from lcviz.manuscript.items import Item, Lacking, Table, gather
from lcviz.manuscript.methods import as_markdown, methods
from lcviz.manuscript.page import by_reason, lacking_lines, page
from lcviz.manuscript.tex import paper_tex, table_tex
from lcviz.study import Study
from precompute.running.stage import console
from precompute.stages.cards import write_cards


def paper(study: Study, out: Path, authors: Sequence[str] = ()) -> list[Lacking]:
    """Write everything that a study has for a manuscript to `out`; other files there are kept.

    Args:
        study: any; what it lacks is told, and stops nothing else.
        out: a folder, made if need be.
        authors: `Family, Given`, for CITATION.cff.

    Returns:
        What the study lacks.

    Raises:
        ConfigurationError: `out` cannot be written.
    """
    title = f"Tables and figures of the study “{study.info.name}”"
    items: list[Item] = []
    lacking: list[Lacking] = []
    pictures: dict[str, bytes] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            task = progress.add_task("paper", total=len(PARTS))
            for part in PARTS:
                found, missing = gather(study, [part])
                for item in found:
                    _write(item, out, pictures)
                items += found
                lacking += missing
                progress.advance(task)
        sections = methods(study)
        reasons = by_reason(lacking)
        write_text(out / "paper.tex", paper_tex(title, items))
        write_text(out / "methods.md", as_markdown("Methods", sections))
        write_text(out / "captions.md", _captions(title, items))
        write_text(out / "CITATION.cff", citation_cff(study, authors))
        write_text(out / "index.html", page(title, items, reasons, sections, pictures))
        write_cards(study, out / "models")
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written ({error}); give another --out"
        ) from error
    tables = sum(isinstance(item, Table) for item in items)
    console.print(
        f"paper: {tables} tables and {len(items) - tables} figures; open {out / 'index.html'}",
        soft_wrap=True,
        markup=False,
    )
    for line in lacking_lines(reasons):
        console.print(f"paper: not in this study: {line}", soft_wrap=True, markup=False)
    return lacking


def _write(item: Item, out: Path, pictures: dict[str, bytes]) -> None:
    if isinstance(item, Table):
        _write_csv(out / "tables" / f"{item.name}.csv", csv(item.table))
        write_text(out / "tables" / f"{item.name}.tex", table_tex(item))
        return
    svg, *_ = save(item.figure, out / "figures", item.name)
    pictures[item.name] = svg.read_bytes()
    if item.numbers is not None:
        _write_csv(out / "figures" / f"{item.name}.csv", csv(item.numbers))


def _write_csv(file: Path, content: bytes) -> None:
    with atomic_path(file) as temporary:
        temporary.write_bytes(content)


def _captions(title: str, items: Sequence[Item]) -> str:
    parts = [f"# Captions: {title}", *(f"**{item.title}.** {item.caption}" for item in items)]
    return "\n\n".join(parts) + "\n"

"""The commands that bring a dataset here, hand a study on, and make a paper of it."""

from pathlib import Path
from typing import Annotated

import typer

from lcviz.data.archives import ADDRESS
from precompute import options
from precompute.running.many_values import ManyValues
from precompute.running.messages import one_message


def fetch(
    data: options.Data,
    season: Annotated[
        list[str] | None, typer.Option("--season", help="Spring, summer, fall, winter.")
    ] = None,
    scenes: Annotated[
        list[str] | None, typer.Option("--scenes", help="Such as ROIs1158_spring_1 or spring_1.")
    ] = None,
    continent: Annotated[
        list[str] | None, typer.Option("--continent", help="Such as africa or north-america.")
    ] = None,
    sensors: Annotated[
        list[str] | None, typer.Option("--sensors", help="s1, s2, lc; all if not given.")
    ] = None,
    most: Annotated[
        str | None,
        typer.Option("--most", help="Room the files may take, such as 20GB; whole scenes."),
    ] = None,
    place: Annotated[
        str, typer.Option("--from", help="Address or folder of the archives, or one archive.")
    ] = ADDRESS,
    user: Annotated[str | None, typer.Option("--user", envvar="LCVIZ_FETCH_USER")] = None,
    password: Annotated[
        str | None,
        typer.Option("--password", envvar="LCVIZ_FETCH_PASSWORD", help="Better in the variable."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=12, help="Archives read at the same time.")
    ] = 3,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Folder to keep whole archives in.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Bring SEN12MS here: only the wanted scenes, unpacked as its archives stream by."""
    from lcviz.data.fetching import selection as wanted  # noqa: PLC0415
    from precompute.stages.fetch import Means  # noqa: PLC0415
    from precompute.stages.fetch import fetch as run_fetch  # noqa: PLC0415

    with one_message():
        selection = wanted.Selection(
            seasons=wanted.parse_seasons(season or ()),
            scenes=wanted.parse_words(scenes or ()),
            continents=wanted.parse_continents(continent or ()),
            sensors=wanted.parse_sensors(sensors or ()),
            most=None if most is None else wanted.parse_size(most),
        )
        means = Means(place, user, password, at_once, keep)
        raise typer.Exit(run_fetch(data, selection, means, dry_run=dry_run))


def export(
    study: options.Study,
    out: Annotated[Path, typer.Option("--out", help="Zip to write.")],
) -> None:
    """Write a study as one file to hand on: tables, models, small pictures; no dataset."""
    from precompute.stages.hand_on import export_to  # noqa: PLC0415

    with one_message():
        export_to(study, out)


def import_(
    file: Annotated[Path, typer.Argument(metavar="STUDY.zip", help="What `export` wrote.")],
    study: options.Study,
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Checksum of the file, if you know it.")
    ] = None,
) -> None:
    """Open a study that was handed on, after checking paths, sizes and checksums."""
    from precompute.stages.hand_on import import_from  # noqa: PLC0415

    with one_message():
        import_from(file, study, sha256)


def paper(
    study: options.Study,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    author: Annotated[
        list[str] | None, typer.Option("--author", help="'Family, Given', for CITATION.cff.")
    ] = None,
) -> None:
    """Write every table and figure of the paper from a study, with captions and methods."""
    from lcviz.study import Study as OpenStudy  # noqa: PLC0415
    from precompute.stages.paper import paper as write_paper  # noqa: PLC0415

    with one_message():
        write_paper(OpenStudy.open(study), out, author or ())


def add_to(app: typer.Typer) -> None:
    """Make these functions commands of the app."""
    app.command(cls=ManyValues)(fetch)
    app.command()(export)
    app.command("import")(import_)
    app.command()(paper)

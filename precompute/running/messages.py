"""How a command ends that cannot do its work."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.markup import escape

from lcviz.errors import LcvizError
from precompute.running.stage import console


@contextmanager
def one_message() -> Iterator[None]:
    """End with status 1 and one clear message when a stage cannot do its work."""
    try:
        yield
    except LcvizError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from error
    except UnicodeEncodeError as error:
        told = f"{error.object[:300]!r} is no UTF-8: rename it, or link to it by another name"
        console.print(f"[bold red]error:[/] {escape(told)}", soft_wrap=True)
        raise typer.Exit(1) from error
    except OSError as error:
        told = f"{escape(str(error))}. Check the disk, then run again."
        console.print(f"[bold red]error:[/] {told}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        console.print("stopped; the same command goes on from here")
        raise typer.Exit(130) from error

"""Options that take several values at once: `--sensors s2 lc` for `--sensors s2 --sensors lc`."""

import typer
from typer.core import TyperCommand, TyperOption


class ManyValues(TyperCommand):
    """A command without arguments: what follows a repeatable option belongs to it."""

    # typer keeps the class of its contexts to itself.
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Repeat the option's name before each of its values."""
        repeatable = {
            name
            for parameter in self.params
            if isinstance(parameter, TyperOption) and parameter.multiple
            for name in parameter.opts
        }
        spelled, option = [], None
        for place, word in enumerate(args):
            if word.startswith("-"):
                option = word if word in repeatable else None
            elif option is not None and not (place and args[place - 1] == option):
                spelled.append(option)
            spelled.append(word)
        return super().parse_args(ctx, spelled)

"""Words that every room needs."""

from collections.abc import Sequence


def is_text(name: str) -> bool:
    """Whether a name is UTF-8, as pages, JSON and tables hold it; on a disk it need not be."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def percent(share: float) -> str:
    """A share from 0 to 1 as the app says it everywhere: `62.4%`."""
    return f"{share:.1%}"


def points(difference: float) -> str:
    """A difference of two shares, in points of a per cent: `+19.4 points`."""
    return f"{100 * difference:+.1f} points"

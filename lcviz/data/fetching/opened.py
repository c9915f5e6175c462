"""What an archive is, once it is open, wherever it lies."""

from dataclasses import dataclass
from typing import Final, Protocol

TIMEOUT_S: Final = 60.0
"""Seconds without a byte after which a connection is given up."""


class Readable(Protocol):
    """What can be read from and closed."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size` of them; none at the end."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(frozen=True)
class Opened:
    """An archive's bytes from some place on."""

    stream: Readable
    start: int
    """Where they begin: 0 where the other side cannot begin elsewhere."""
    total: int | None
    """Bytes of the whole archive, as the other side says; None if it does not."""
    mark: str | None = None
    """Changes when the archive does."""

"""Keep freed memory for the next step instead of returning it to the kernel."""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_MAX: Final = -4
_M_ARENA_MAX: Final = -8


def keep_freed_memory() -> bool:
    """Make glibc keep large freed blocks for reuse; call it before torch allocates.

    A network allocates and frees the same big activations at every step. By default glibc maps
    each of them from the kernel and gives it back when freed, so that every step pays again for
    page faults and for zeroing pages that are overwritten at once: half of the time of a step on a
    CPU. Numbers do not change. The price is that the process keeps its peak memory until it ends.

    Settings are of the whole process, and threads started later share the one heap (a thread's
    own heap cannot hold blocks of 64 MB and more). Calling it again changes nothing.

    Returns:
        Whether it had an effect: False where the C library is not glibc.

    Source: mallopt(3).
    """
    try:
        libc = ctypes.CDLL(None)
        # Other C libraries may have a mallopt whose options mean something else.
        libc.gnu_get_libc_version  # noqa: B018
        mallopt = libc.mallopt
    except (OSError, TypeError, AttributeError):
        return False
    options = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_ARENA_MAX, 1))
    done = [bool(mallopt(option, value)) for option, value in options]
    return all(done)

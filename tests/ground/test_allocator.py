import subprocess
import sys

import pytest

from lcviz.allocator import keep_freed_memory

# Page faults of taking and freeing 200 MB a second time, in a process of its own: the settings
# last as long as a process.
SCRIPT = """
import resource, sys, threading
from lcviz.allocator import keep_freed_memory
import numpy as np

if sys.argv[1] == "keep":
    assert keep_freed_memory() and keep_freed_memory()

def work():
    np.ones(200_000_000, dtype=np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(200_000_000, dtype=np.uint8)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

if sys.argv[2] == "thread":
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
"""


def page_faults(keep: str, where: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, keep, where], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.parametrize("where", ["main", "thread"])
def test_freed_memory_is_used_again(where):
    if not keep_freed_memory():
        pytest.skip("the C library is not glibc")
    assert page_faults("keep", where) <= page_faults("leave", where) / 4

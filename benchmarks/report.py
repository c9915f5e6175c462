"""Where the benchmarks put what they measured: a section each of RESULTS.md."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def processor() -> str:
    """Model and number of cores."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return f"{found[1] if found else 'unknown CPU'}, {os.cpu_count()} cores"


def write_section(name: str, lines: Sequence[str]) -> None:
    """Print the lines, and put them in place of the benchmark's old section."""
    print("\n".join(lines))
    section = "\n".join([f"<!-- {name} -->", *lines, f"<!-- /{name} -->"])
    text = RESULTS.read_text() if RESULTS.exists() else "# Benchmark results\n"
    old = re.compile(f"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
    text = old.sub(lambda _: section, text) if old.search(text) else f"{text}\n{section}\n"
    RESULTS.write_text(text)

"""Fast or exact, and what each costs as benchmarks/RESULTS.md has it measured."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

from lcviz.ui.choices import choose

MODES: Final = {"fast": "Fast", "exact": "Exact"}
_RESULTS: Final = Path(__file__).parents[3] / "benchmarks" / "RESULTS.md"
_SECONDS: Final = "seconds"
_SAME: Final = "same class: mean, worst patch"


@dataclass(frozen=True)
class Cost:
    """What a mode was measured to cost."""

    seconds: float
    """For one patch of 256 x 256 pixels, one model."""
    same: str
    """Share of the pixels of real patches with the same class as plain PyTorch: `99.821%`."""
    worst: str
    """Likewise of the worst patch."""


def choose_mode() -> str:
    """Choose a mode, with what it costs; a key of `MODES`."""
    costs, machine = measured()
    with st.popover("Fast or exact", icon=":material/speed:"):
        mode = choose(
            st.segmented_control,
            "How to compute",
            list(MODES),
            name="mode",
            format_func=MODES.get,
            required=True,
        )
        st.markdown(in_words(costs))
        if machine:
            st.caption(
                f"Measured by benchmarks/prediction.py {machine}, in bfloat16. Other processors: "
                "benchmarks/RESULTS.md, instruction sets."
            )
    return mode


def in_words(costs: dict[str, Cost]) -> str:
    """What the two modes cost, in sentences (Markdown); without figures where none is known."""
    said = (
        "**Fast** rounds to bfloat16 where the processor has it, else convolutions to 8 bits; "
        "**exact** computes in float32."
    )
    if not {"fast", "exact"} <= set(costs):
        return said
    fast, exact = costs["fast"], costs["exact"]
    return (
        f"{said} One patch of 256 x 256 pixels and one model take {fast.seconds:.2f} s fast and "
        f"{exact.seconds:.2f} s exact. Fast gives {fast.same} of the pixels of real patches the "
        f"class that PyTorch gives ({fast.worst} in the worst patch); exact {exact.same}."
    )


@cache
def measured() -> tuple[dict[str, Cost], str]:
    """Mode -> its cost, and on what machine; empty where there is no such file or figure."""
    try:
        text = _RESULTS.read_text(encoding="utf-8")
    except OSError:
        return {}, ""
    return costs_of(text)


def costs_of(results: str) -> tuple[dict[str, Cost], str]:
    """Read the table of prediction in the text of RESULTS.md.

    Returns:
        As `measured` does.
    """
    part = results.partition("<!-- prediction -->")[2].partition("<!-- /prediction -->")[0]
    machine = part.partition("` on ")[2].partition(".")[0]
    costs: dict[str, Cost] = {}
    head: list[str] = []
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if _SAME in cells:
            head = cells
        for mode in MODES:
            if not head or len(cells) != len(head) or not cells[0].startswith(f"{mode}:"):
                continue
            row = dict(zip(head, cells, strict=True))
            try:
                same, worst = (share.strip() for share in row[_SAME].split(","))
                costs[mode] = Cost(float(row[_SECONDS]), same, worst)
            except (KeyError, ValueError):
                continue
    return costs, f"on {machine}" if machine and costs else ""

"""In which precision to train, where nobody said."""

import re
from pathlib import Path
from typing import Literal

_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = re.compile(r"\b(avx512_bf16|amx_bf16|bf16)\b")


def precision_here(on_gpu: bool) -> Literal["32-true", "bf16-mixed"]:
    """bfloat16 on a GPU and on processors with instructions for it, else float32.

    Without them a step in bfloat16 takes twice as long as one in float32.
    """
    return "bf16-mixed" if on_gpu or processor_has_bfloat16() else "32-true"


def processor_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; no, where the system does not say."""
    try:
        return _INSTRUCTIONS.search(_CPUINFO.read_text(encoding="utf-8")) is not None
    except OSError:
        return False

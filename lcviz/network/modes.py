"""What predicting fast costs, in words: figures of benchmarks/RESULTS.md."""

from typing import Final

_COSTS: Final = {
    "float32": "Computed in float32: as exact as the network is.",
    "bfloat16": (
        "Computed in bfloat16, which is faster: about 2 pixels in 1,000 get another class than in "
        "float32."
    ),
    "int8": (
        "Computed with 8-bit convolutions, which is faster on this processor: about 4 pixels in "
        "1,000 get another class than in float32."
    ),
}


def cost_of(precision: str) -> str:
    """What a prediction with this `Predictor.precision` costs, as one sentence."""
    return _COSTS[precision]

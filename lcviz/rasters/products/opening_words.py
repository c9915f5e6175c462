"""What was made of what a person brought, in words."""

from collections.abc import Sequence
from typing import Final

from lcviz.rasters.products.scenes import Scene
from lcviz.rasters.products.sheets import METRES
from lcviz.rasters.products.stack import Written
from lcviz.taxonomy import S2_BAND_NAMES

BY_SCENE_CLASSES: Final = "Cloud and its shadow, by the scene classification (SCL)"
CLASSES_KNOWN: Final = (
    "It holds a scene classification (SCL): cloud and its shadow, which are predicted like land, "
    "can be left out (--no-clouds).",
)


def scene_told(scene: Scene, coarse: Sequence[str]) -> list[str]:
    """Which scene it is, which of its bands are coarser than the others, what is not used."""
    kind = "product" if scene.metadata is not None else "bands"
    parts = [f"Read from the {kind} {scene.name}"]
    if scene.baseline:
        parts.append(f"processing baseline {scene.baseline}")
    offsets = {scene.offset(band) for band in S2_BAND_NAMES}
    if offsets != {None}:
        by = "its metadata" if scene.metadata and scene.metadata.offsets else "its baseline"
        said = ", ".join(f"{offset:.0f}" for offset in sorted(o or 0.0 for o in offsets))
        parts.append(f"to be added by {by}: {said} DN")
    notes = ["; ".join(parts) + "."]
    if coarse:
        notes.append(
            f"{', '.join(coarse)} are coarser: each of their pixels is repeated, as in the imagery "
            "that the models learned from."
        )
    if scene.aside:
        notes.append(f"Set aside: {', '.join(scene.aside)}.")
    return notes


def clouds_unseen_told(without: bool) -> tuple[str, ...]:
    """That clouds could not be looked for, where they were to be left out."""
    return ("There is no scene classification (SCL): clouds are not left out.",) * without


def clouds_told(seen: Written, by: str, without: bool) -> tuple[str, ...]:
    """How much is cloud, as `by` says, and whether it is left out."""
    share = seen.clouded / max(1, seen.classified)
    done = "left out" if without else "predicted like land"
    return (f"{by}: {share:.0%}, {done}.",)


def resampled_told(size: float | None, resampled: bool) -> tuple[str, ...]:
    """How pixels of another size, m, were brought to 10 m."""
    if not resampled or size is None:
        return ()
    how = "averaged" if size < METRES else "repeated"
    return (f"Pixels of {size:.3g} m were {how} to {METRES:.0f} m: expect a worse map.",)

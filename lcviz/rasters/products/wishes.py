"""What a person asks of a raster before it is read, and has to name."""

from collections.abc import Sequence
from dataclasses import dataclass

from lcviz.errors import RasterError
from lcviz.rasters.products.places import Place


@dataclass(frozen=True)
class Wish:
    """What a person asks of a raster before it is read."""

    place: Place | None = None
    """Only this area is read and predicted."""
    resample: bool = False
    """Whether pixels that are not 10 m are brought to 10 m."""
    without_clouds: bool = False
    """Whether cloud is made no data: by the scene classification, which tells shadow too, or for
    Level-1C as `clouds` tells it."""
    scene: str | None = None
    """Which of several scenes: its name, or a part that no other has."""


class SeveralScenesError(RasterError):
    """There are several scenes, and none was named."""

    def __init__(self, names: Sequence[str]):
        super().__init__(
            f"There are {len(names)} scenes: {', '.join(names[:20])}. Name one (--scene)"
        )
        self.names = tuple(names)

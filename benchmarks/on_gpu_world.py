"""The demo's patches, made in memory by all cores while the GPU is measured."""

import multiprocessing
import os
import time
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

Made = tuple[str, np.ndarray, np.ndarray]


class World:
    """Makes patches from the moment it is entered.

    Args:
        settings: of the demo.
        patches: patch ids; made in an order in which any first part is spread over all scenes.
        workers: processes.
    """

    def __init__(self, settings: dict[str, int], patches: Sequence[str], workers: int) -> None:
        self.settings = settings
        self.patches = spread(patches)
        self.workers = workers
        self.made: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def __enter__(self) -> Self:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"
        self._pool = multiprocessing.get_context("spawn").Pool(self.workers)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            del os.environ[name]
        tasks = [(self.settings, patch_id) for patch_id in self.patches]
        self._results = self._pool.imap_unordered(make, tasks, chunksize=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.terminate()

    def collect(
        self, until: float, needed: Sequence[Collection[str]] = ()
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Patch id -> (DN (10, 256, 256), classes (256, 256)), of all that is made by then.

        May be called again, for more.

        Args:
            until: time of `time.monotonic`.
            needed: waits longer until there is a patch of each of these.
        """
        made = self.made
        while len(made) < len(self.patches):
            enough = all(any(p in made for p in patches) for patches in needed)
            patience = max(until - time.monotonic(), 0.0) if enough else None
            try:
                patch_id, values, classes = self._results.next(patience)
            except multiprocessing.TimeoutError:
                break
            made[patch_id] = values, classes
        return {patch_id: made[patch_id] for patch_id in sorted(made)}


def spread(patches: Sequence[str]) -> list[str]:
    """The first patch of each scene, then the second of each, and so on."""
    turn: dict[str, int] = {}
    ranked = []
    for patch_id in patches:
        scene = patch_id.rpartition("_p")[0]
        turn[scene] = turn.get(scene, -1) + 1
        ranked.append((turn[scene], patch_id))
    return [patch_id for _, patch_id in sorted(ranked)]


def make(task: tuple[dict[str, int], str]) -> Made:
    """Make one patch: its id, what the network sees, and its labels."""
    from lcviz.data.demo import DemoSettings, generate_labelled, sites  # noqa: PLC0415

    given, patch_id = task
    settings = DemoSettings(**given)
    scene_id, _, number = patch_id.rpartition("_p")
    site: Any = next(site for site in sites(settings) if site.scene_id == scene_id)
    values, classes, _ = generate_labelled(settings, site, int(number))
    return patch_id, values, classes

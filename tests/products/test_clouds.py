"""Clouds of Level-1C, which has no scene classification."""

import importlib.util
import sys

import numpy as np
import pytest
import rasterio
from product_factory import TEN, metadata, safe

from lcviz.rasters.products.opening import Wish, prepare

GROUND = dict(zip(TEN, (1000, 900, 700, 1100, 2000, 2400, 2500, 2600, 1700, 900), strict=True))
CLOUD = dict(zip(TEN, (5500, 5400, 5500, 5700, 5800, 5900, 6000, 6000, 4200, 3200), strict=True))
BESIDE = {"B1": (1300, 6000), "B9": (800, 3000), "B10": (15, 300)}
"""On the ground and in the cloud."""


def bands(*beside: str) -> dict[str, np.ndarray]:
    """Cloud over the upper half of (96, 96)."""
    spectra = {band: (GROUND[band], CLOUD[band]) for band in TEN}
    spectra |= {band: BESIDE[band] for band in beside}
    noise = np.random.default_rng(0).integers(0, 30, (96, 96), dtype=np.uint16)
    made = {}
    for band, (ground, cloud) in spectra.items():
        made[band] = noise + np.uint16(ground)
        made[band][:48] += np.uint16(cloud - ground)
    return made


def left_out(tmp_path, *beside: str, xml: str | None = None, add: int = 0, without: bool = True):
    """Where the product has no data, and what is told last."""
    held = {band: values + np.uint16(add) for band, values in bands(*beside).items()}
    (tmp_path / "w").mkdir()
    wish = Wish(without_clouds=without)
    prepared = prepare([safe(tmp_path, bands=held, xml=xml)], tmp_path / "w", wish)
    with rasterio.open(prepared.path) as file:
        return (file.read() == 0).all(axis=0), prepared.notes[-1]


@pytest.mark.parametrize("beside", [(), ("B10",)])
def test_without_the_bands_of_s2cloudless_bright_and_white_is_suspected(tmp_path, beside):
    empty, told = left_out(tmp_path, *beside)
    assert empty[:48].all() and not empty[48:].any()
    assert "its colour alone, a suspicion" in told and "50%, left out" in told


def test_without_s2cloudless_the_suspicion_is_used(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "s2cloudless", None)
    empty, told = left_out(tmp_path, *BESIDE)
    assert empty[:48].all() and not empty[48:].any()
    assert "its colour alone" in told


def test_the_offset_of_the_product_is_taken_off_first(tmp_path):
    """With it left in, the ground would be as bright as haze."""
    offsets = dict.fromkeys((*TEN, *BESIDE), -1000.0)
    empty, _ = left_out(tmp_path, xml=metadata(baseline="04.00", offsets=offsets), add=1000)
    assert empty[:48].all() and not empty[48:].any()


def test_it_is_not_looked_for_unless_asked(tmp_path):
    empty, told = left_out(tmp_path, *BESIDE, without=False)
    assert not empty.any() and "Cloud" not in told


@pytest.mark.skipif(importlib.util.find_spec("s2cloudless") is None, reason="it is optional")
def test_s2cloudless_is_used_where_it_is_installed(tmp_path):
    empty, told = left_out(tmp_path, *BESIDE)
    assert empty[:48].all() and not empty[72:].any()
    assert "by s2cloudless" in told and "left out" in told


def test_ground_that_is_no_data_stays_so(tmp_path):
    held = bands()
    for values in held.values():
        values[60:84] = 0
    (tmp_path / "w").mkdir()
    product = safe(tmp_path, bands=held)
    prepared = prepare([product], tmp_path / "w", Wish(without_clouds=True))
    assert "67%, left out" in prepared.notes[-1]
    with rasterio.open(prepared.path) as file:
        empty = (file.read() == 0).all(axis=0)
    assert empty[60:84].all() and not empty[48:60].any()

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lcviz.network.densenet import FCDenseNet
from lcviz.rasters.tiling import OVERLAP, REACH, count_tiles, tile_shape, tiles


@pytest.mark.parametrize("axis", [2, 3])
def test_the_reach_is_where_the_gradient_ends(axis):
    network = FCDenseNet(1, 1).eval()
    with torch.no_grad():
        for parameter in network.parameters():  # So that no path is cut by a ReLU.
            parameter.abs_().add_(1e-3)
    image = torch.ones(1, 1, 224 if axis == 2 else 8, 224 if axis == 3 else 8, requires_grad=True)
    output = network(image)
    reached = []
    for place in range(112, 120):  # All places on the pooling grid.
        chosen = output.select(axis, place).sum()
        (gradient,) = torch.autograd.grad(chosen, image, retain_graph=True)
        seen = gradient[0, 0].any(dim=3 - axis).nonzero().ravel()
        reached.append(max(place - int(seen.min()), int(seen.max()) - place))
    assert max(reached) == REACH
    assert REACH <= OVERLAP < REACH + 8


@given(st.integers(1, 900), st.integers(1, 900), st.sampled_from([8, 64, 100, 640]))
def test_tiles_cover_the_raster_once_and_lie_on_the_pooling_grid(height, width, tile):
    if tile == 8:
        height, width = min(height, 60), min(width, 60)
    seen = np.zeros((height, width), np.uint8)
    parts = list(tiles(height, width, tile))
    for part in parts:
        inner = part.inner
        assert inner.col_off % 8 == inner.row_off % 8 == 0
        assert max(inner.height, inner.width) <= tile
        seen[inner.toslices()] += 1
        read = part.read.toslices()
        assert read[0].start >= 0 and read[1].start >= 0
        assert read[0].stop <= height and read[1].stop <= width
    assert (seen == 1).all()
    assert len(parts) == count_tiles(height, width, tile)


@pytest.mark.parametrize(("height", "width"), [(5, 3), (40, 200), (130, 131), (333, 60)])
def test_a_padded_tile_is_cut_out_of_the_mirrored_raster(height, width):
    raster = np.arange(height * width).reshape(height, width)
    rows, columns = tile_shape(height, width, 64)
    mirrored = np.pad(raster, ((OVERLAP, OVERLAP + 64), (OVERLAP, OVERLAP + 64)), mode="reflect")
    for part in tiles(height, width, 64):
        padded = part.pad(raster[part.read.toslices()])
        top, left = part.inner.row_off, part.inner.col_off
        expected = mirrored[top : top + rows, left : left + columns]
        np.testing.assert_array_equal(padded, expected)
        inner = raster[part.inner.toslices()]
        np.testing.assert_array_equal(part.crop(padded), inner)
        within = padded[OVERLAP:-OVERLAP, OVERLAP:-OVERLAP]
        np.testing.assert_array_equal(part.kept(within), inner)

import numpy as np
import pytest
import torch
from networks import uneven_network

from lcviz.network.cpu import CompiledNetwork, Window, largest_values
from lcviz.network.densenet import FCDenseNet
from lcviz.network.int8_graph import in_8_bits
from lcviz.network.modes import cost_of


@pytest.fixture(scope="module")
def network() -> FCDenseNet:
    return uneven_network()


@pytest.fixture(scope="module")
def compiled(network) -> CompiledNetwork:
    return CompiledNetwork(network, "int8")


def image(*shape: int, scale: float = 1) -> np.ndarray:
    return (scale * np.random.default_rng(0).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_it_is_near_float32_however_far_the_image_is_from_the_training(network, compiled, scale):
    x = image(1, 10, 32, 40, scale=scale)
    exact, rough = CompiledNetwork(network, "float32")(x), compiled(x)
    assert 0 < np.abs(exact - rough).max() < 0.05 * np.abs(exact).max()


def test_a_bright_neighbour_in_the_batch_changes_nothing(compiled):
    dark, bright = image(1, 10, 16, 16), image(1, 10, 16, 16, scale=100)
    both = compiled(np.concatenate([dark, bright]))
    np.testing.assert_allclose(both[:1], compiled(dark), atol=1e-4)


def test_windows_that_are_rounded_alike_are_the_whole_image(network):
    """The edge of a window is seen from no farther than the reach; its values round the same."""
    x = image(1, 10, 272, 320)
    ranges = largest_values(network, x[:, :, :64, :64])
    whole, window = (
        CompiledNetwork(network, "int8", window=Window(part.shape, 112, ranges))(part)
        for part in (x, x[:, :, :, 32:272])
    )
    assert whole.shape == (1, 8, 48, 96)
    np.testing.assert_allclose(window, whole[..., 32:48], atol=1e-4)


def test_rounded_by_its_own_largest_values_a_window_is_near_float32(network):
    x = image(1, 10, 256, 264)
    window = Window(x.shape, 112, largest_values(network, x))
    exact = CompiledNetwork(network, "float32", window=window)(x)
    rough = CompiledNetwork(network, "int8", window=window)(x)
    assert exact.shape == (1, 8, 32, 40)
    assert 0 < np.abs(exact - rough).max() < 0.05 * np.abs(exact).max()


def test_an_image_of_one_value_gives_numbers(compiled):
    assert np.isfinite(compiled(np.zeros((1, 10, 8, 8), np.float32))).all()


def test_features_are_near_those_of_float32(network):
    x = image(1, 10, 16, 24)
    (exact, all_maps), (rough, rounded) = (
        CompiledNetwork(network, kind, features=True).with_features(x)
        for kind in ("float32", "int8")
    )
    assert rounded.shape == all_maps.shape == (1, 240, 2, 3)
    assert np.abs(all_maps - rounded).max() < 0.05 * np.abs(all_maps).max()
    assert np.abs(exact - rough).max() < 0.05 * np.abs(exact).max()


def test_rounding_keeps_the_sum_of_a_kernel():
    """By hand: 0.4 + 0.4 + 0.4 is 1.2 units, so one of three is rounded up, the largest of all."""
    kernel = torch.tensor([[[[127.0, 0, 0]], [[0.4, 0.45, 0.4]]]])
    whole, unit = in_8_bits(kernel)
    assert unit.item() == 1
    assert whole.tolist() == [[[[127, 0, 0]], [[0, 1, 0]]]]


@pytest.mark.parametrize("size", [1, 3])
def test_rounding_is_within_a_unit_and_sums_within_half_a_unit(size):
    weight = torch.from_numpy(image(16, 40, size, size))
    whole, unit = in_8_bits(weight)
    left = weight / unit - whole
    assert left.abs().max() <= 1
    assert left.sum((2, 3)).abs().max() <= 0.5 + 1e-6
    assert whole.abs().max() <= 127
    assert torch.equal(whole, whole.round())


def test_a_kernel_of_zeros_stays_so():
    whole, unit = in_8_bits(torch.zeros(2, 3, 3, 3))
    assert not whole.any()
    assert torch.isfinite(unit).all()


def test_each_precision_says_what_it_costs():
    said = {precision: cost_of(precision) for precision in ("float32", "bfloat16", "int8")}
    assert len(set(said.values())) == len(said)

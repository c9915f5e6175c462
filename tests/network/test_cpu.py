import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from networks import uneven_network

from lcviz.network.cpu import CompiledNetwork, Window, has_bfloat16
from lcviz.network.densenet import FCDenseNet


@pytest.fixture(scope="module")
def network() -> FCDenseNet:
    return uneven_network()


@pytest.fixture(scope="module")
def compiled(network) -> CompiledNetwork:
    return CompiledNetwork(network, "float32")


def image(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 10, 32, 32), (2, 10, 16, 40), (1, 10, 8, 8)])
def test_it_computes_what_pytorch_does(network, compiled, shape):
    x = image(*shape)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(compiled(x), expected, rtol=1e-4, atol=1e-4)


def test_it_does_not_change_with_the_module(network, compiled):
    x = image(1, 10, 16, 16)
    before = compiled(x)
    with torch.no_grad():
        network.head.weight.mul_(-1)
    try:
        np.testing.assert_array_equal(compiled(x), before)
    finally:
        with torch.no_grad():
            network.head.weight.mul_(-1)


def test_several_threads_get_their_own_results(compiled):
    images = [image(1, 10, 8 * (1 + i % 3), 16, seed=i) for i in range(12)]
    expected = [compiled(x) for x in images]
    with ThreadPoolExecutor(4) as pool:
        for one, alone in zip(pool.map(compiled, images), expected, strict=True):
            np.testing.assert_allclose(one, alone, atol=1e-5)


def test_it_works_on_after_its_memory_was_released(compiled):
    x = image(1, 10, 16, 16)
    before = compiled(x)
    compiled.release()
    np.testing.assert_allclose(compiled(x), before, atol=1e-5)


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
def test_bfloat16_is_near_and_not_the_same(network, compiled):
    x = image(1, 10, 32, 32)
    exact, rough = compiled(x), CompiledNetwork(network, "bfloat16")(x)
    assert 0 < np.abs(exact - rough).max() < 0.1 * np.abs(exact).max()


def test_it_does_not_phone_home():
    script = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen"):
        print(event, arguments, file=sys.stderr)
sys.addaudithook(watch)
from lcviz.network.densenet import FCDenseNet
from lcviz.network.cpu import CompiledNetwork
import numpy as np
print(CompiledNetwork(FCDenseNet(1, 8), 'float32')(np.zeros((1, 1, 8, 8), np.float32)).shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(1, 8, 8, 8)"
    assert "socket" not in done.stderr
    assert "Popen" not in done.stderr


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_is_within_the_margin_is_as_in_the_whole_image(network, precision):
    if precision == "bfloat16" and not has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    x = np.random.default_rng(0).normal(size=(1, 10, 256, 280)).astype(np.float32)
    window = CompiledNetwork(network, precision, window=Window(x.shape, 112))
    whole = CompiledNetwork(network, precision)(x)[..., 112:-112, 112:-112]
    assert np.abs(whole).max() > 0.1
    np.testing.assert_allclose(window(x), whole, atol=1e-4 * np.abs(whole).max())

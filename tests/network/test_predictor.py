import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from places import DEMO

from lcviz.data.sen12ms import read_s2
from lcviz.errors import ConfigurationError, WeightsError
from lcviz.network.cpu import CompiledNetwork, fast_precision
from lcviz.network.densenet import FCDenseNet
from lcviz.network.gpu import GpuNetwork
from lcviz.network.predictor import Predictor, load_network
from lcviz.network.standardisation import standardise
from lcviz.study import Study

MEAN = tuple(range(1000, 2000, 100))
STD = tuple(range(300, 800, 50))


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return FCDenseNet(10, 8).state_dict()


@pytest.fixture(scope="module")
def predictor(state) -> Predictor:
    return Predictor(load_network(state), MEAN, STD, device="cpu")


def patches(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4000, shape, dtype=np.uint16)


def everywhere(s2: np.ndarray) -> np.ndarray:
    return np.ones((len(s2), *s2.shape[2:]), dtype=bool)


def test_standardise_by_hand():
    s2 = np.array([[[[0, 1000]], [[65535, 1100]]]], dtype=np.uint16)
    result = standardise(s2, (500, 1100), (250, 1000))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [[[[-2, 2]], [[64.435, 0]]]], rtol=1e-6)


@pytest.mark.parametrize(
    ("s2", "mean", "std", "message"),
    [
        (np.zeros((1, 2, 1, 1), np.float32), (0, 0), (1, 1), "uint16 DN.*got float32"),
        (np.zeros((2, 1, 1), np.uint16), (0, 0), (1, 1), r"shape \(2, 1, 1\)"),
        (np.zeros((1, 2, 1, 1), np.uint16), (0,), (1, 1), "each of 2 bands, got 1 and 2"),
        (np.zeros((1, 2, 1, 1), np.uint16), (0, 0), (1, 0), "positive"),
        (np.zeros((1, 2, 1, 1), np.uint16), (0, float("nan")), (1, 1), "finite"),
    ],
)
def test_standardise_refuses(s2, mean, std, message):
    with pytest.raises(ValueError, match=message):
        standardise(s2, mean, std)


def test_load_network_from_a_file_gives_the_same_network(state, tmp_path):
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(state, path)
    network = load_network(path)
    assert not network.training
    assert all(torch.equal(network.state_dict()[name], state[name]) for name in state)


def test_load_network_casts_half_precision_to_float32(state, tmp_path):
    half = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(half, path)
    loaded = load_network(path).state_dict()
    for name, tensor in loaded.items():
        if tensor.is_floating_point():
            assert tensor.dtype == torch.float32
            assert torch.equal(tensor, half[name].float())


def test_load_network_does_not_share_memory_with_what_it_was_given(state):
    given = {name: tensor.clone() for name, tensor in state.items()}
    network = load_network(given)
    for tensor in given.values():
        tensor.zero_()
    assert all(torch.equal(network.state_dict()[name], state[name]) for name in state)


def test_load_network_missing_file(tmp_path):
    with pytest.raises(WeightsError, match=r"no weights file .*gone\.safetensors"):
        load_network(tmp_path / "gone.safetensors")


@pytest.mark.parametrize("kept", [0, 5, 1000])
def test_load_network_damaged_file(state, tmp_path, kept):
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(state, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"weights\.safetensors cannot be read as safetensors"):
        load_network(path)


def test_load_network_refuses_weights_of_another_network(state):
    with pytest.raises(WeightsError, match=r"network of 4 bands and 8 classes: .*stem"):
        load_network(state, bands=4)
    with pytest.raises(WeightsError, match=r"Missing key.*head"):
        load_network({name: tensor for name, tensor in state.items() if "head" not in name})


def test_load_network_refuses_values_that_are_no_numbers(state):
    infinite = state["head.weight"].clone()
    infinite[0] = torch.inf
    with pytest.raises(WeightsError, match=r"no finite floats at head\.weight"):
        load_network({**state, "head.weight": infinite})
    with pytest.raises(WeightsError, match=r"head\.weight \(torch.int32\)"):
        load_network({**state, "head.weight": state["head.weight"].int()})


def test_probabilities_are_the_softmax_of_the_network(state, predictor):
    s2 = patches(2, 10, 16, 24)
    inputs = torch.from_numpy((s2 - np.reshape(MEAN, (10, 1, 1))) / np.reshape(STD, (10, 1, 1)))
    network = FCDenseNet(10, 8)
    network.load_state_dict(state)
    with torch.no_grad():
        expected = network.eval()(inputs.float()).softmax(dim=1)
    result = predictor.probabilities(s2, everywhere(s2))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_classes_are_the_most_probable(predictor):
    s2 = patches(2, 10, 16, 16)
    valid = everywhere(s2)
    valid[1, 3:5, 2] = False
    probabilities, classes = predictor.probabilities(s2, valid), predictor.classes(s2, valid)
    assert classes.dtype == np.uint8
    assert np.isnan(probabilities[1, :, 3:5, 2]).all()
    assert np.isnan(probabilities).sum() == 2 * 8
    assert (classes == 255).sum() == 2
    assert (classes[1, 3:5, 2] == 255).all()
    np.testing.assert_array_equal(classes[valid], probabilities.argmax(axis=1)[valid])
    assert len(np.unique(classes[valid])) > 1


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(1, 20), columns=st.integers(1, 20), seed=st.integers(0, 9))
def test_any_size_is_padded_by_reflection(predictor, rows, columns, seed):
    s2 = patches(1, 10, rows, columns, seed=seed)
    result = predictor.probabilities(s2, everywhere(s2))
    assert result.shape == (1, 8, rows, columns)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-5)
    padding = ((0, 0), (0, 0), (0, -rows % 8), (0, -columns % 8))
    padded = np.pad(s2, padding, mode="reflect")
    whole = predictor.probabilities(padded, everywhere(padded))
    np.testing.assert_allclose(result, whole[:, :, :rows, :columns], atol=1e-6)


def test_what_lies_under_the_mask_does_not_matter(predictor):
    s2 = patches(1, 10, 16, 16)
    valid = everywhere(s2)
    valid[0, :, 12:] = False
    other = s2.copy()
    other[:, :, :, 12:] = 65535
    np.testing.assert_array_equal(
        predictor.probabilities(s2, valid), predictor.probabilities(other, valid)
    )
    seen = predictor.probabilities(other, everywhere(other))
    assert np.abs(seen - predictor.probabilities(other, valid))[..., :12].max() > 1e-3


def test_patches_do_not_influence_each_other(predictor):
    s2 = patches(3, 10, 16, 16)
    together = predictor.probabilities(s2, everywhere(s2))
    for i in range(3):
        alone = predictor.probabilities(s2[i : i + 1], everywhere(s2[i : i + 1]))
        np.testing.assert_allclose(together[i], alone[0], atol=1e-6)


def test_no_patches_give_no_classes(predictor):
    s2 = patches(0, 10, 16, 16)
    assert predictor.classes(s2, everywhere(s2)).shape == (0, 16, 16)
    assert predictor.probabilities(s2, everywhere(s2)).shape == (0, 8, 16, 16)


def test_wrong_masks_are_refused(predictor):
    s2 = patches(2, 10, 8, 8)
    with pytest.raises(ValueError, match="bool mask"):
        predictor.classes(s2, np.ones((8, 8), dtype=bool))
    with pytest.raises(ValueError, match="and uint8 of shape"):
        predictor.classes(s2, np.ones((2, 8, 8), dtype=np.uint8))
    with pytest.raises(ValueError, match="got int16"):
        predictor.classes(s2.astype(np.int16), everywhere(s2))
    with pytest.raises(ValueError, match="each of 4 bands"):
        predictor.classes(s2[:, :4], everywhere(s2))


def test_fast_changes_little(state, predictor):
    s2 = patches(1, 10, 32, 32)
    fast = Predictor(load_network(state), MEAN, STD, device="cpu", mode="fast")
    exact, rough = (p.probabilities(s2, everywhere(s2)) for p in (predictor, fast))
    assert rough.dtype == np.float32
    assert fast.precision == fast_precision()
    assert np.abs(exact - rough).max() < 0.1


@pytest.mark.parametrize(("int8", "precision"), [(True, "int8"), (False, "float32")])
def test_fast_without_bfloat16_takes_what_the_processor_has(
    state, predictor, monkeypatch, int8, precision
):
    monkeypatch.setattr("lcviz.network.cpu.has_bfloat16", lambda: False)
    monkeypatch.setattr("lcviz.network.cpu.has_int8", lambda: int8)
    s2 = patches(1, 10, 16, 16)
    fast = Predictor(load_network(state), MEAN, STD, device="cpu", mode="fast")
    assert (fast.mode, fast.precision) == ("fast", precision)
    exact, rough = (p.probabilities(s2, everywhere(s2)) for p in (predictor, fast))
    np.testing.assert_allclose(exact, rough, atol=0.1 if int8 else 1e-6)


def test_the_default_on_a_cpu_is_exact(predictor):
    assert (predictor.device, predictor.mode, predictor.precision) == ("cpu", "exact", "float32")


def test_fast_has_the_class_of_exact_on_real_patches(real_patches):
    demo = Study.open(DEMO)
    files = sorted(real_patches.glob("*/s2_*/*.tif"))
    same = []
    for name, file in list(zip(demo.experiments(), files, strict=False))[::2]:
        card, network = demo.model(name), load_network(demo.weights(name))
        s2 = read_s2(file).values[None]
        exact, fast = (
            Predictor(network, card.band_mean, card.band_std, "cpu", mode)
            for mode in ("exact", "fast")
        )
        same.append(exact.classes(s2, everywhere(s2)) == fast.classes(s2, everywhere(s2)))
    assert np.mean(same) >= 0.998


def test_8_bits_have_the_class_of_exact_on_real_patches(real_patches):
    demo = Study.open(DEMO)
    files = sorted(real_patches.glob("*/s2_*/*.tif"))
    same = []
    for name, file in list(zip(demo.experiments(), files, strict=False))[::3]:
        card, network = demo.model(name), load_network(demo.weights(name))
        x = standardise(read_s2(file).values[None], card.band_mean, card.band_std)
        exact, rough = (CompiledNetwork(network, kind)(x) for kind in ("float32", "int8"))
        same.append(exact.argmax(1) == rough.argmax(1))
    assert np.mean(same) >= 0.99


def test_exact_is_nearer_to_float64_than_pytorch_is(real_patches):
    """Where rounding is seen most: a model that has learned no snow gives logits of a hundred."""
    demo = Study.open(DEMO)
    card = demo.model("continent-australia")
    network = load_network(demo.weights("continent-australia"))
    snow = read_s2(sorted(real_patches.glob("ROIs1158_spring/s2_26/*.tif"))[0]).values[None]
    x = torch.from_numpy(standardise(snow, card.band_mean, card.band_std))
    exact = Predictor(network, card.band_mean, card.band_std, "cpu", "exact")
    probabilities = exact.probabilities(snow, everywhere(snow))
    with torch.inference_mode():
        pytorch = network(x).softmax(dim=1).numpy()
        expected = network.double()(x.double()).softmax(dim=1).numpy()
    errors, usual = probabilities - expected, pytorch - expected
    # Half of PyTorch's; summed without parts it is 0.87 of it.
    assert np.sqrt(np.square(errors).mean()) < 0.65 * np.sqrt(np.square(usual).mean())
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 10, 64, 48), (1, 10, 60, 44)])
def test_what_a_gpu_is_given_is_computed_by_pytorch_alike(state, predictor, monkeypatch, shape):
    """On the CPU, which PyTorch knows as a device like any other."""
    network = load_network(state)
    gpu = Predictor(network, MEAN, STD, device="cpu", features=True)
    seeing = Predictor(network, MEAN, STD, device="cpu", features=True)
    monkeypatch.setattr(gpu, "_network", GpuNetwork(network, MEAN, STD, "cpu", bfloat16=False))
    s2 = patches(*shape)
    valid = np.random.default_rng(0).random((shape[0], *shape[2:])) > 0.1
    expected, features = seeing.probabilities_and_features(s2, valid)
    np.testing.assert_allclose(gpu.probabilities(s2, valid), expected, atol=1e-5)
    assert (gpu.classes(s2, valid) == seeing.classes(s2, valid)).mean() > 0.999
    found = gpu.probabilities_and_features(s2, valid)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    np.testing.assert_allclose(found[1], features, atol=1e-4)
    rough = GpuNetwork(network, MEAN, STD, "cpu", bfloat16=True)
    monkeypatch.setattr(gpu, "_network", rough)
    difference = np.nanmax(np.abs(gpu.probabilities(s2, valid) - expected))
    assert 0 < difference < 0.1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there(state):
    with pytest.raises(ConfigurationError, match="No GPU"):
        Predictor(load_network(state), MEAN, STD, device="cuda")
    assert Predictor(load_network(state), MEAN, STD, device="auto").device == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_agrees_with_the_cpu(state, predictor):
    s2 = patches(2, 10, 64, 64)
    gpu = Predictor(load_network(state), MEAN, STD, device="cuda", mode="exact")
    expected = predictor.probabilities(s2, everywhere(s2))
    np.testing.assert_allclose(gpu.probabilities(s2, everywhere(s2)), expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(2, 10, 64, 48), (1, 10, 60, 44)])
def test_features_are_what_the_head_saw(state, shape):
    seeing = Predictor(load_network(state), MEAN, STD, device="cpu", features=True)
    s2 = patches(*shape)
    probabilities, features = seeing.probabilities_and_features(s2, everywhere(s2))
    np.testing.assert_allclose(probabilities, seeing.probabilities(s2, everywhere(s2)), atol=1e-6)
    network = load_network(state)
    with torch.inference_mode():
        maps = network.maps_before_head(torch.from_numpy(seeing.standardised(s2, everywhere(s2))))
        expected = torch.nn.functional.avg_pool2d(maps, 8).numpy()
    assert features.shape == (shape[0], 240, -(-shape[2] // 8), -(-shape[3] // 8))
    np.testing.assert_allclose(features, expected, atol=1e-4)
    # The head is linear: means of logits are sums of means of maps.
    logits = np.einsum("kc,ncrw->nkrw", network.head.weight[..., 0, 0].detach(), features)
    with torch.inference_mode():
        pooled = torch.nn.functional.avg_pool2d(network.head(maps), 8).numpy()
    np.testing.assert_allclose(logits, pooled, atol=1e-3)

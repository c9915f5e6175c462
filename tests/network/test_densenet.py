import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from places import SHARED
from torch import Tensor
from torch.nn import functional

from lcviz.errors import WeightsError
from lcviz.network.cpu import CompiledNetwork
from lcviz.network.densenet import FCDenseNet, _upsample, l2_penalty
from lcviz.network.keras_weights import _keras_tensors, load_keras_weights

FACTS = Path(os.environ.get("LCVIZ_FACTS", SHARED / "facts"))
REFERENCE = FACTS / "densenet_reference.npz"


@pytest.fixture(scope="module")
def network() -> FCDenseNet:
    torch.manual_seed(0)
    return FCDenseNet(10, 8).eval()


@pytest.fixture(scope="module")
def keras_arrays(network) -> dict[str, np.ndarray]:
    """Random weights in Keras's layout, with batch normalisations that do something."""
    generator = np.random.default_rng(1)
    arrays = {}
    for name, tensor in _keras_tensors(network).items():
        shape = tuple(tensor.shape)
        if len(shape) == 4:
            rows, columns = shape[2:]
            array = generator.normal(0, 0.05, (rows, columns, shape[1], shape[0]))
        elif name.endswith(("gamma", "variance")):
            array = generator.uniform(0.5, 1.5, shape)
        else:
            array = generator.normal(0, 0.2, shape)
        arrays[name] = array.astype(np.float32)
    return arrays


def keras_forward(arrays: dict[str, np.ndarray], image: Tensor) -> Tensor:
    """The notes' layer table once more, written down plainly: consumes arrays as Keras builds."""
    weights: Iterator[Tensor] = iter(torch.from_numpy(array).double() for array in arrays.values())

    def convolve(x: Tensor) -> Tensor:
        return functional.conv2d(x, next(weights).permute(3, 2, 0, 1), padding="same")

    def norm_relu(x: Tensor) -> Tensor:
        gamma, beta, mean, variance = (next(weights)[:, None, None] for _ in range(4))
        return torch.relu((x - mean) / torch.sqrt(variance + 1.1e-5) * gamma + beta)

    def dense_block(x: Tensor) -> tuple[Tensor, Tensor]:
        new = x[:, :0]
        for _ in range(4):
            y = convolve(norm_relu(x))
            x, new = torch.cat([x, y], 1), torch.cat([new, y], 1)
        return x, new

    x = norm_relu(convolve(image))
    skips = []
    for _ in range(3):
        x, _ = dense_block(x)
        skips.append(x)
        x = functional.avg_pool2d(convolve(norm_relu(x)), 2)
    x, new = dense_block(x)
    for skip in reversed(skips):
        kernel, bias = next(weights).permute(3, 2, 0, 1), next(weights)
        up = functional.conv_transpose2d(new, kernel, bias, stride=2)[:, :, :-1, :-1]
        x, new = dense_block(torch.cat([torch.relu(up), skip], 1))
    logits = convolve(x)
    assert next(weights, None) is None
    return logits


def test_parameter_count_of_the_paper(network):
    trainable = sum(parameter.numel() for parameter in network.parameters())
    statistics = sum(b.numel() for b in network.buffers() if b.is_floating_point())
    assert trainable == 1_093_472
    assert trainable + statistics == 1_106_336


def test_trainable_parameters_of_each_stage(network):
    def count(module: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    assert count(network.stem) == 23_616
    assert [count(down.block) for down in network.down] == [42_048, 79_424, 116_800]
    assert [count(down) - count(down.block) for down in network.down] == [12_768, 31_328, 58_080]
    assert count(network.bottleneck) == 154_176
    assert [count(up.conv) for up in network.up] == [36_928] * 3
    assert [count(up.block) for up in network.up] == [191_552, 154_176, 116_800]
    assert count(network.head) == 1_920


@pytest.mark.parametrize("size", [(8, 8), (40, 24)])
def test_agrees_with_the_layer_table_written_plainly(keras_arrays, tmp_path, size):
    path = tmp_path / "weights.npz"
    np.savez(path, input=np.zeros(3), **keras_arrays)
    model = FCDenseNet(10, 8).eval()
    load_keras_weights(model, path)
    image = torch.randn(2, 10, *size, dtype=torch.float64)
    with torch.no_grad():
        logits = model.double()(image)
    assert logits.shape == (2, 8, *size)
    expected = keras_forward(keras_arrays, image)
    assert expected.std() > 0.01
    torch.testing.assert_close(logits, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.skipif(
    not REFERENCE.exists() and not os.environ.get("LCVIZ_REQUIRE_REAL"),
    reason=f"no {REFERENCE}; set LCVIZ_FACTS",
)
def test_reproduces_keras():
    model = FCDenseNet(10, 8).eval()
    load_keras_weights(model, REFERENCE)
    with np.load(REFERENCE) as file:
        image, expected = file["input"], file["probabilities"]
    bands = torch.from_numpy(image).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = {"PyTorch": model(bands)}
    logits["exact"] = torch.from_numpy(CompiledNetwork(model, "float32")(bands.numpy()))
    for way, found in logits.items():
        probabilities = found.softmax(dim=1).permute(0, 2, 3, 1).numpy()
        assert np.abs(probabilities - expected).max() < 5e-6, way


def test_interior_does_not_depend_on_the_size_of_the_input(network):
    image = torch.randn(1, 10, 216, 216)
    # An output pixel sees up to 103 pixels around it. Pooling works on a grid of 8 pixels.
    with torch.no_grad():
        large, small = network(image), network(image[:, :, 8:, 8:])
    torch.testing.assert_close(
        large[:, :, 112:116, 112:116], small[:, :, 104:108, 104:108], rtol=0, atol=1e-4
    )
    assert (large[:, :, 8:12, 8:12] - small[:, :, :4, :4]).abs().max() > 1e-2


def test_transposed_convolution_is_keras_same():
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(3, 4, 2)), generator.normal(size=(3, 3, 5, 2))
    bias = generator.normal(size=5)
    # Keras: each input pixel adds its multiple of the kernel to a 3 x 3 window with stride 2;
    # "same" keeps the first 2 n rows and columns of the 2 n + 1.
    full = np.zeros((7, 9, 5))
    for row in range(3):
        for column in range(4):
            window = full[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            window += kernel @ x[row, column]
    expected = full[:6, :8] + bias

    conv = torch.nn.ConvTranspose2d(2, 5, 3, stride=2).double()
    conv.weight.data = torch.from_numpy(kernel).permute(3, 2, 0, 1)
    conv.bias.data = torch.from_numpy(bias)
    result = _upsample(torch.from_numpy(x).permute(2, 0, 1)[None], conv)
    np.testing.assert_allclose(result[0].detach().permute(1, 2, 0), expected, atol=1e-12)


def test_transposed_convolution_has_the_gradients_of_pytorchs():
    conv = torch.nn.ConvTranspose2d(3, 4, 3, stride=2).double()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 4, 8, 10, dtype=torch.float64)
    inputs = (x, conv.weight, conv.bias)
    ours = torch.autograd.grad((_upsample(x, conv) * weights).sum(), inputs)
    theirs = torch.autograd.grad((conv(x)[:, :, :-1, :-1] * weights).sum(), inputs)
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our, their)


def test_gradients_reach_every_parameter():
    torch.manual_seed(0)
    model = FCDenseNet(10, 8).train()
    model(torch.randn(2, 10, 16, 16)).logsumexp(dim=1).mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_running_statistics_move_by_one_percent():
    model = FCDenseNet(10, 8).train()
    image = torch.randn(2, 10, 8, 8)
    with torch.no_grad():
        model(image)
        mean = model.stem[0](image).mean(dim=(0, 2, 3))
    torch.testing.assert_close(model.stem[1].running_mean, 0.01 * mean)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {norm.eps for norm in norms} == {1.1e-5}
    assert {norm.momentum for norm in norms} == {0.01}


def test_initialisation_is_keras(network):
    for name, parameter in network.named_parameters():
        if name.startswith("head") or parameter.ndim != 4:
            continue
        inputs = parameter.shape[0 if name.startswith("up") and "conv" in name else 1]
        he = math.sqrt(2 / (inputs * parameter[0, 0].numel()))
        assert parameter.std().item() == pytest.approx(he, rel=0.06), name
        assert parameter.abs().max() <= 2 * he / 0.8796, name
    limit = math.sqrt(6 / (240 + 8))
    assert 0.95 * limit < network.head.weight.abs().max() <= limit


def test_l2_penalty_covers_the_seven_kernels(network):
    names = ["stem.0", *(f"{side}.{i}.conv" for side in ("down", "up") for i in range(3))]
    weights = dict(network.named_parameters())
    kernels = {f"{name}.weight": weights[f"{name}.weight"] for name in names}
    penalty = l2_penalty(network)
    expected = 1e-4 * sum(float((kernel.detach() ** 2).sum()) for kernel in kernels.values())
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    gradients = torch.autograd.grad(penalty, list(weights.values()), allow_unused=True)
    for (name, weight), gradient in zip(weights.items(), gradients, strict=True):
        if name in kernels:
            torch.testing.assert_close(gradient, 2e-4 * weight.detach())
        else:
            assert gradient is None, name


@pytest.mark.parametrize("shape", [(1, 10, 12, 16), (1, 10, 16, 4), (1, 10, 0, 8)])
def test_size_must_be_a_multiple_of_eight(network, shape):
    with pytest.raises(ValueError, match="multiples of 8, got"):
        network(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(1, 9, 8, 8), (10, 8, 8), (1, 8, 8, 10)])
def test_shape_must_be_batch_channels_rows_columns(network, shape):
    with pytest.raises(ValueError, match=r"\(batch, 10, rows, columns\), got"):
        network(torch.zeros(shape))


def damage_missing(arrays):
    del arrays["67_Conv2D_kernel"]


def damage_extra(arrays):
    arrays["68_Conv2D_kernel"] = np.zeros((1, 1, 8, 8), np.float32)


def damage_shape(arrays):
    arrays["03_Conv2D_kernel"] = arrays["03_Conv2D_kernel"].transpose(3, 2, 0, 1)


def damage_nan(arrays):
    arrays["67_Conv2D_kernel"] = arrays["67_Conv2D_kernel"].copy()
    arrays["67_Conv2D_kernel"][0, 0, 0, 0] = np.nan


def damage_type(arrays):
    arrays["01_BatchNormalization_beta"] = arrays["01_BatchNormalization_beta"].astype(np.int32)


def damage_object(arrays):
    arrays["00_Conv2D_kernel"] = np.array([None], dtype=object)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            damage_missing,
            "holds 166 weight arrays, the network has 167: 67_Conv2D_kernel is missing",
        ),
        (damage_extra, "68_Conv2D_kernel is not expected"),
        (
            damage_shape,
            r"03_Conv2D_kernel .* shape \(3, 3, 48, 16\), got float32 .*\(16, 48, 3, 3\)",
        ),
        (damage_nan, "67_Conv2D_kernel .* finite"),
        (damage_type, "01_BatchNormalization_beta .* got int32"),
        (damage_object, "cannot be read"),
    ],
)
def test_wrong_keras_weights_are_refused_and_change_nothing(
    keras_arrays, tmp_path, damage, message
):
    arrays = dict(keras_arrays)
    damage(arrays)
    path = tmp_path / "weights.npz"
    np.savez(path, **arrays)
    model = FCDenseNet(10, 8)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(WeightsError, match=message):
        load_keras_weights(model, path)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_keras_weights_of_another_number_of_classes_are_refused(keras_arrays, tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, **keras_arrays)
    with pytest.raises(WeightsError, match=r"67_Conv2D_kernel.*built for 10 bands and 5 classes"):
        load_keras_weights(FCDenseNet(10, 5), path)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "npy", "truncated"])
def test_a_file_that_is_no_npz_is_refused(network, keras_arrays, tmp_path, kind):
    path = tmp_path / "weights.npz"
    if kind == "folder":
        path.mkdir()
    elif kind == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "truncated":
        np.savez(path, **keras_arrays)
        path.write_bytes(path.read_bytes()[:100_000])
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "no weights here")
    with pytest.raises(WeightsError, match=r"weights\.npz"):
        load_keras_weights(network, path)

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lcviz.network.densenet import DenseBlock, FCDenseNet
from lcviz.network.norm_relu_conv import norm_relu_conv, with_statistics

WIDTHS = (3, 5, 2)


def layer(kernel: int = 3) -> tuple[nn.BatchNorm2d, nn.Conv2d]:
    norm = nn.BatchNorm2d(sum(WIDTHS), eps=1e-3, momentum=0.1)
    conv = nn.Conv2d(sum(WIDTHS), 4, kernel, padding=kernel // 2, bias=False)
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean):
            tensor.normal_()
        norm.running_var.uniform_(0.5, 2)
    return norm.double(), conv.double()


def maps() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(2, w, 6, 8, dtype=torch.float64, generator=generator, requires_grad=True)
        for w in WIDTHS
    ]


def plain(values: list[Tensor], norm: nn.BatchNorm2d, conv: nn.Conv2d, halve: bool) -> Tensor:
    active = torch.relu(norm(torch.cat(values, dim=1)))
    return conv(functional.avg_pool2d(active, 2) if halve else active)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("kernel", "halve"), [(3, False), (1, True)])
def test_it_is_pytorchs_own_with_its_gradients_and_statistics(training, kernel, halve):
    torch.manual_seed(0)
    norm, conv = (module.train(training) for module in layer(kernel))
    their_norm, their_conv = copy.deepcopy(norm), copy.deepcopy(conv)
    ours, theirs = maps(), maps()
    output = norm_relu_conv([with_statistics(m, training) for m in ours], norm, conv, halve)
    expected = plain(theirs, their_norm, their_conv, halve)
    torch.testing.assert_close(output, expected)

    direction = torch.randn_like(expected)
    output.backward(direction)
    expected.backward(direction)
    for our, their in zip(
        [*ours, *norm.parameters(), *conv.parameters()],
        [*theirs, *their_norm.parameters(), *their_conv.parameters()],
        strict=True,
    ):
        torch.testing.assert_close(our.grad, their.grad)
    for name, buffer in their_norm.named_buffers():
        torch.testing.assert_close(norm.get_buffer(name), buffer)


def test_gradients_agree_with_finite_differences():
    torch.manual_seed(0)
    norm, conv = layer()
    norm.momentum = 0.0

    def function(*values: Tensor) -> Tensor:
        return norm_relu_conv([with_statistics(v, True) for v in values], norm, conv, halve=True)

    assert torch.autograd.gradcheck(function, tuple(m[:, :, :4, :2] for m in maps()), eps=1e-6)


def test_a_networks_step_is_the_plain_networks():
    torch.manual_seed(0)
    network = FCDenseNet(3, 4).double().train()
    reference = copy.deepcopy(network)
    image = torch.randn(2, 3, 16, 16, dtype=torch.float64)

    def plain_block(x: Tensor, block: DenseBlock) -> Tensor:
        for one in block.layers:
            x = torch.cat([x, one(x)], dim=1)
        return x

    def plain_network(x: Tensor) -> Tensor:
        x, skips = reference.stem(x), []
        for down in reference.down:
            skips.append(plain_block(x, down.block))
            x = functional.avg_pool2d(down.conv(torch.relu(down.norm(skips[-1]))), 2)
        x = plain_block(x, reference.bottleneck)
        for up in reference.up:
            doubled = torch.relu(up.conv(x[:, -64:])[:, :, :-1, :-1])
            x = plain_block(torch.cat([doubled, skips.pop()], dim=1), up.block)
        return reference.head(x)

    for step in (network, plain_network):
        step(image).logsumexp(dim=1).square().mean().backward()
    for (name, our), their in zip(network.named_parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(our.grad, their.grad, msg=lambda m, n=name: f"{n}: {m}")
    for our, their in zip(network.buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(our, their)


def test_only_the_maps_are_kept_for_backward():
    torch.manual_seed(0)
    block = DenseBlock(48)
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.ndim == 4 and tensor.shape[-1] == 32:
            kept[tensor.data_ptr()] = tensor.shape[1]
        return tensor

    image = torch.randn(1, 48, 32, 32, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        new = block([with_statistics(image, True)])
    # The last layer's maps are the output, which nothing in the block reads again.
    assert sum(kept.values()) == 48 + 3 * 16
    assert len(new) == 5


def test_bfloat16_is_near_float32():
    torch.manual_seed(0)
    network = FCDenseNet(10, 8).train()
    image = torch.randn(2, 10, 32, 32)
    gradients = []
    for bfloat16 in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = network(image)
        assert logits.dtype == (torch.bfloat16 if bfloat16 else torch.float32)
        functional.cross_entropy(logits.float(), torch.zeros(2, 32, 32).long()).backward()
        assert all(p.grad.dtype == torch.float32 for p in network.parameters())
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters()]))
    assert functional.cosine_similarity(*gradients, dim=0) > 0.99


def test_it_compiles_to_the_same_numbers():
    torch.manual_seed(0)
    block = DenseBlock(8).double()
    other = copy.deepcopy(block)
    image = torch.randn(2, 8, 8, 8, dtype=torch.float64)

    def total(block: DenseBlock, x: Tensor) -> Tensor:
        return torch.stack(
            [m.values.square().sum() for m in block([with_statistics(x, True)])]
        ).sum()

    total(block, image).backward()
    # The tracing is what may fail; code generation is PyTorch's, and takes a minute.
    torch.compile(total, backend="aot_eager", fullgraph=True)(other, image).backward()
    for our, their in zip(other.parameters(), block.parameters(), strict=True):
        torch.testing.assert_close(our.grad, their.grad)
    for our, their in zip(other.buffers(), block.buffers(), strict=True):
        torch.testing.assert_close(our, their)


def test_one_value_a_channel_has_no_variance():
    with pytest.raises(ValueError, match=r"\(1, 2, 1, 1\) .* larger"):
        with_statistics(torch.zeros(1, 2, 1, 1), training=True)
    assert with_statistics(torch.zeros(1, 2, 1, 1), training=False).mean is None

"""Batch-norm statistics of a scene, blended into a copy of a network."""

import numpy as np
import pytest
import torch

from lcviz.network.adaptation import TRAINING_WORTH, adapted, blend_weight
from lcviz.network.densenet import FCDenseNet


@pytest.fixture(scope="module")
def network() -> FCDenseNet:
    torch.manual_seed(0)
    made = FCDenseNet(10, 8)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return made.eval()


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return np.random.default_rng(0).normal(0.4, 1.3, (2, 10, 24, 16)).astype(np.float32)


def test_the_weight_of_the_training_falls_with_the_pixels():
    assert blend_weight(0) == 1
    assert blend_weight(int(TRAINING_WORTH) * 256 * 256) == 0.5


def test_all_training_changes_nothing(network, scene):
    _, logits = adapted(network, scene, 1)
    with torch.inference_mode():
        expected = network(torch.from_numpy(scene)).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_all_scene_is_what_batch_norm_does_in_training(network, scene):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    copied, logits = adapted(network, scene, 0)
    network.train()
    with torch.no_grad():
        expected = network(torch.from_numpy(scene)).numpy()
    network.eval().load_state_dict(before)
    np.testing.assert_allclose(logits, expected, atol=1e-3)
    assert not np.allclose(copied.stem[1].running_mean, before["stem.1.running_mean"])


def test_the_stem_is_blended_as_the_formula_says(network, scene):
    copied, _ = adapted(network, scene, 0.75)
    with torch.inference_mode():
        seen = network.stem[0](torch.from_numpy(scene)).numpy()
    norm = network.stem[1]
    mean = 0.75 * norm.running_mean.numpy() + 0.25 * seen.mean(axis=(0, 2, 3))
    variance = 0.75 * norm.running_var.numpy() + 0.25 * seen.var(axis=(0, 2, 3))
    np.testing.assert_allclose(copied.stem[1].running_mean.numpy(), mean, atol=1e-5)
    np.testing.assert_allclose(copied.stem[1].running_var.numpy(), variance, atol=1e-4)


def test_the_copy_predicts_what_it_did_while_adapting_and_the_network_stays(network, scene):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    copied, logits = adapted(network, scene)
    with torch.inference_mode():
        again = copied(torch.from_numpy(scene)).numpy()
    np.testing.assert_allclose(again, logits, atol=1e-5)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])

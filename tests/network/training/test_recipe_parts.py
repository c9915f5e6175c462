"""Schedule, averages, light and precision: the parts of a recipe, one by one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lcviz.network.blemishes import lattice
from lcviz.network.densenet import FCDenseNet
from lcviz.network.training import precision, radiometry
from lcviz.network.training.averaging import WeightAverage, recompute_statistics
from lcviz.network.training.initial import fresh_network, keep_even
from lcviz.network.training.recipe import DEMO_CONFIG, RECIPES, TrainingConfig
from lcviz.network.training.schedule import kept_epoch, one_cycle


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_the_rate_rises_to_its_highest_and_falls_to_zero(done: float, warm_up: float) -> None:
    assert 0 <= one_cycle(done, warm_up) <= 1
    assert one_cycle(warm_up, warm_up) == pytest.approx(1)
    assert one_cycle(1, warm_up) == pytest.approx(0)
    assert one_cycle((1 + warm_up) / 2, warm_up) == pytest.approx(0.5)


def test_a_schedule_that_ends_keeps_its_end_and_a_plateau_its_best() -> None:
    losses = [3.0, 1.0, 2.0]
    assert kept_epoch(TrainingConfig(), losses) == 1
    assert kept_epoch(TrainingConfig(schedule="one-cycle"), losses) == 2


def test_the_papers_recipe_is_still_there_and_known_by_the_same_fingerprint() -> None:
    paper = RECIPES["paper"]
    assert (paper.learning_rate, paper.batch_size, paper.schedule) == (1e-4, 4, "plateau")
    later = {"schedule", "warm_up", "radiometry", "grain", "balance"}
    later |= {"label_smoothing", "averaging"}
    assert not later & set(paper.identity())
    assert later & set(DEMO_CONFIG.identity())
    assert "averaging" in DEMO_CONFIG.departures()


def test_the_average_is_the_one_of_the_formula_and_can_be_exchanged_twice() -> None:
    network = FCDenseNet(10, 8)
    weight = network.head.weight
    average = WeightAverage(network, keep=0.5)
    expected = weight.detach().clone()
    for step in range(12):
        with torch.no_grad():
            weight.add_(1.0)
        average.update()
        keep = min(0.5, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * weight.detach()
    before = weight.detach().clone()
    average.swap()
    torch.testing.assert_close(weight.detach(), expected)
    average.swap()
    assert torch.equal(weight.detach(), before)


def test_recomputed_statistics_are_the_means_over_the_batches() -> None:
    torch.manual_seed(0)
    network = FCDenseNet(10, 8)
    batches = [torch.randn(2, 10, 16, 16) * scale for scale in (1.0, 2.0, 3.0)]
    recompute_statistics(network, batches)
    # The first normalisation sees the stem's convolution of each batch.
    seen = [network.stem[0](batch) for batch in batches]
    norm = network.stem[1]
    mean = torch.stack([maps.mean((0, 2, 3)) for maps in seen]).mean(0)
    variance = torch.stack([maps.var((0, 2, 3)) for maps in seen]).mean(0)
    torch.testing.assert_close(norm.running_mean, mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_var, variance, atol=1e-5, rtol=1e-4)
    assert norm.momentum == 0.01
    assert not network.training


def test_a_smooth_start_has_no_lattice_where_weights_drawn_singly_have_one() -> None:
    rows = torch.arange(128.0)
    image = torch.sin(rows / 9)[:, None] + torch.cos(rows / 7)
    # Each band sees the same smooth ground a little shifted.
    images = torch.stack([image.roll(band, 0) for band in range(10)])[None]
    amplitudes = {}
    for smooth in (False, True):
        torch.manual_seed(0)
        network = fresh_network(TrainingConfig(even_doubling=smooth))
        recompute_statistics(network, [images])
        with torch.no_grad():
            probabilities = network(images).softmax(1).numpy()
        amplitudes[smooth] = lattice(probabilities, 2).amplitude
    assert amplitudes[False] > 0.01
    assert amplitudes[True] < 0.25 * amplitudes[False]


@pytest.mark.parametrize("begun", [True, False])
def test_even_maps_are_doubled_to_even_maps(begun: bool) -> None:
    network = fresh_network(TrainingConfig(even_doubling=begun))
    before = network.up[0].conv.weight.detach().clone()
    keep_even(network)
    up = network.up[0]
    # What is even already is left alone, and a second time changes nothing.
    moved = up.conv.weight.detach().clone()
    if begun:
        torch.testing.assert_close(moved, before, atol=1e-6, rtol=0)
    keep_even(network)
    torch.testing.assert_close(up.conv.weight.detach(), moved, atol=1e-6, rtol=0)
    even = torch.ones(1, 64, 6, 6) * torch.randn(1, 64, 1, 1)
    doubled = up.conv(even)[..., 2:-2, 2:-2]
    torch.testing.assert_close(doubled, doubled[..., :1, :1].expand_as(doubled))


def test_another_light_leaves_no_data_alone_and_wraps_nothing_round() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**16, (10, 8, 8)).astype(np.uint16)
    values[:, 0] = 0
    gain, offset = radiometry.draw(rng, 50, 3.0)
    for one, other in zip(gain, offset, strict=True):
        seen = radiometry.relit(values, one, other)
        assert (seen[:, 0] == 0).all()
        assert (seen[values > 0] >= 1).all()
        expected = np.clip(values * one[:, None, None] + other[:, None, None], 1, 65535)
        assert np.abs(seen - expected)[values > 0].max() <= 0.5


def test_no_strength_is_no_other_light_and_haze_is_bluest() -> None:
    gain, offset = radiometry.draw(np.random.default_rng(0), 4, 0.0)
    assert (gain == 1).all() and (offset == 0).all()
    _, offset = radiometry.draw(np.random.default_rng(0), 2000, 1.0)
    spread = offset.std(0)
    assert spread[0] > spread[1] > spread[2] > spread[6] > spread[9]
    assert spread[0] == pytest.approx(151, rel=0.1)


def test_another_grain_moves_pixels_toward_or_away_from_the_mean_of_what_is_known_around() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(500, 6000, (10, 20, 24)).astype(np.uint16)
    values[:, 5:9, 10:] = 0
    half = radiometry.GRAIN // 2
    around = np.pad(values.astype(float), ((0, 0), (half, half), (half, half)), mode="reflect")
    around[around == 0] = np.nan
    mean = np.empty(values.shape)
    for row, column in np.ndindex(20, 24):
        window = around[:, row : row + radiometry.GRAIN, column : column + radiometry.GRAIN]
        mean[:, row, column] = np.nanmean(window, axis=(1, 2))
    for contrast in (0.0, 0.4, 1.0, 3.0):
        seen = radiometry.regrained(values, contrast)
        assert (seen[values == 0] == 0).all() and (seen[values > 0] >= 1).all()
        expected = np.clip(mean + contrast * (values - mean), 1, 65535)
        assert np.abs(seen - expected)[values > 0].max() <= 0.51
    drawn = radiometry.draw_contrast(rng, 4000, 0.5)
    assert np.log(drawn).mean() == pytest.approx(0, abs=0.03)
    assert np.log(drawn).std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags : fpu avx2 avx512f avx512_bf16 amx_tile", "bf16-mixed"),
        ("Features : fp asimd bf16 i8mm", "bf16-mixed"),
        ("flags : fpu avx2 avx512f avx512_vnni", "32-true"),
        (None, "32-true"),
    ],
)
def test_precision_follows_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str | None, expected: str
) -> None:
    file = tmp_path / "cpuinfo"
    if flags is not None:
        file.write_text(flags)
    monkeypatch.setattr(precision, "_CPUINFO", file)
    assert precision.precision_here(on_gpu=False) == expected
    assert precision.precision_here(on_gpu=True) == "bf16-mixed"

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcviz.network.blemishes import PERIODS, lattice, lattices, rim_error


def land(seed: int, maps: int = 8) -> np.ndarray:
    """Maps without a lattice, with more energy at low frequencies, as land has; deviation 0.2."""
    rng = np.random.default_rng(seed)
    along = np.fft.fftfreq(128)
    frequency = np.hypot(along[:, None], along)
    frequency[0, 0] = 1
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(maps, 128, 128))) / frequency).real
    return 0.5 + 0.2 * field / field.std()


@given(st.sampled_from(PERIODS), st.integers(0, 50), st.floats(0.02, 0.3))
@settings(max_examples=20, deadline=None)
def test_a_planted_pattern_is_found_with_its_amplitude(period: int, seed: int, rms: float) -> None:
    pattern = np.random.default_rng(seed).normal(size=(period, period))
    # Nothing of the pattern repeats after half the period.
    half = pattern.reshape(2, period // 2, 2, period // 2).mean((0, 2))
    pattern -= np.tile(half, (2, 2))
    pattern *= rms / np.sqrt((pattern**2).mean())
    found = lattice(land(seed) + np.tile(pattern, (128 // period, 128 // period)), period)
    assert found.amplitude == pytest.approx(rms, rel=0.25, abs=0.004)
    assert found.ratio > 2


@pytest.mark.parametrize("seed", range(4))
def test_land_without_a_pattern_has_no_lattice(seed: int) -> None:
    for found in lattices(land(seed)).values():
        assert found.ratio < 2
        assert found.amplitude < 0.01


def test_a_pattern_of_one_period_is_not_taken_for_another() -> None:
    checkerboard = np.indices((128, 128)).sum(0) % 2 * 0.2
    found = lattices(land(0) + checkerboard)
    assert found[2].amplitude == pytest.approx(0.1, rel=0.05)
    assert max(found[4].amplitude, found[8].amplitude) < 0.01


def test_a_pattern_in_one_direction_counts() -> None:
    stripes = np.broadcast_to(np.where(np.arange(128) % 4 < 2, 0.1, -0.1), (128, 128))
    assert lattice(land(1) + stripes, 4).amplitude == pytest.approx(0.1, rel=0.1)


def test_too_small_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="do not show a period of 8"):
        lattice(np.zeros((32, 32)), 8)
    with pytest.raises(ValueError, match="multiples"):
        lattice(np.zeros((101, 100)), 2)


def test_errors_are_counted_at_the_rim_and_inside() -> None:
    reference = np.full((32, 32), 3, np.uint8)
    reference[16, 16] = 255
    prediction = reference.copy()
    prediction[:4] = 0  # 4 rows of 32: 128 of the 768 pixels of the rim.
    prediction[20, 20] = 1  # One of 255 inside, one of which has no label.
    prediction[10, 10] = 255
    found = rim_error([prediction], [reference])
    assert found.rim == pytest.approx(128 / 768)
    assert found.inside == pytest.approx(1 / 254)


def test_without_labels_there_is_no_error_and_no_zero() -> None:
    nothing = np.full((32, 32), 255, np.uint8)
    assert np.isnan(rim_error([nothing], [nothing])).all()
    with pytest.raises(ValueError, match="rim"):
        rim_error([nothing[:16]], [nothing[:16]])

import numpy as np
import pytest

from lcviz.assessment.assisted import FEWEST, difference_estimate

PIXELS = 200_000


def world(knows: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right or not, confidence (overconfident by 10 points) and stratum of every pixel."""
    random = np.random.default_rng(11)
    stratum = (random.random(PIXELS) < 0.3).astype(int)
    chance = np.clip(random.normal(np.where(stratum, 0.6, 0.85), 0.25 * knows), 0.02, 0.98)
    right = random.random(PIXELS) < chance
    blurred = knows * chance + (1 - knows) * random.random(PIXELS)
    return right, np.clip(blurred + 0.1, 0, 1), stratum


@pytest.mark.parametrize(("knows", "saves"), [(1.0, 0.08), (0.0, -0.03)])
@pytest.mark.parametrize("points", [FEWEST, 400])
def test_the_interval_holds_the_truth_and_the_confidence_saves_labels(knows, saves, points):
    right, confidence, stratum = world(knows)
    sizes = {k: int((stratum == k).sum()) for k in (0, 1)}
    mean = {k: float(confidence[stratum == k].mean()) for k in (0, 1)}
    pools = [np.flatnonzero(stratum == k) for k in (0, 1)]
    random = np.random.default_rng(2)
    held, saved, estimates = [], [], []
    for _ in range(400):
        drawn = np.concatenate([random.choice(pool, points // 2, replace=False) for pool in pools])
        found = difference_estimate(
            right[drawn], confidence[drawn], stratum[drawn].astype(object), sizes, mean
        )
        if found is None:  # Too few were wrong, which is told, not estimated.
            continue
        held.append(found.overall.low <= right.mean() <= found.overall.high)
        saved.append(found.labels_saved)
        estimates.append(found.overall.estimate)
    assert len(held) > 300
    # 400 samples: one standard error is 1.1 points.
    assert np.mean(held) >= 0.93
    assert np.mean(saved) > saves
    assert np.mean(estimates) == pytest.approx(right.mean(), abs=0.01)


def test_by_hand_one_stratum():
    # Ten times (1, 0.9), (1, 0.7), (0, 0.5), (0, 0.3), (1, 0.6): means 0.6 and 0.6; with
    # covariance 0.08 and variance 0.04 (times 50 / 49 both) the coefficient is 2.
    y = np.array([1, 1, 0, 0, 1] * 50, bool)
    z = np.array([0.9, 0.7, 0.5, 0.3, 0.6] * 50)
    found = difference_estimate(y, z, np.zeros(250, object), {0: 10_000}, {0: 0.65})
    assert found.overall.estimate == pytest.approx(0.6 + 2 * (0.65 - 0.6))


@pytest.mark.parametrize(
    "right", [np.ones(250, bool), np.r_[np.zeros(9), np.ones(241)].astype(bool), np.ones(30, bool)]
)
def test_too_few_points_give_none(right):
    n = len(right)
    assert (
        difference_estimate(right, np.full(n, 0.5), np.zeros(n, object), {0: 9}, {0: 0.5}) is None
    )

import numpy as np
import pytest

from lcviz.assessment.paired import paired_difference


def test_a_case_worked_on_paper():
    # Stratum a (3/4 of the map): 10 points, 3 only first right, 1 only second; b: 10, 0 and 2.
    first = np.array([1] * 3 + [0] + [1] * 6 + [0] * 2 + [1] * 8, bool)
    second = np.array([0] * 3 + [1] + [1] * 6 + [1] * 2 + [1] * 8, bool)
    stratum = np.array(["a"] * 10 + ["b"] * 10, dtype=object)
    found = paired_difference(first, second, stratum, {"a": 3e6, "b": 1e6})
    assert found.estimate == pytest.approx(0.75 * 0.2 - 0.25 * 0.2)
    # Variances of the ten differences: 0.36 * 10/9 and 0.16 * 10/9.
    variance = 0.5625 * 0.36 / 9 + 0.0625 * 0.16 / 9
    assert found.standard_error == pytest.approx(variance**0.5, rel=1e-4)
    assert found.n == 6
    assert found.low < 0 < found.estimate < found.high


def test_the_other_way_round_is_the_mirror_image():
    random = np.random.default_rng(0)
    first, second = random.random((2, 200)) < np.array([[0.9], [0.7]])
    stratum = np.full(200, "map", dtype=object)
    there = paired_difference(first, second, stratum, {"map": 1e6})
    back = paired_difference(second, first, stratum, {"map": 1e6})
    assert there.estimate == pytest.approx(-back.estimate)
    assert there.low == pytest.approx(-back.high, abs=0.01)
    assert there.low > 0, "20 points apart on 200 points is no accident"


def test_equal_maps_differ_by_nothing_but_that_is_not_known_for_certain():
    same = np.ones(30, bool)
    found = paired_difference(same, same, np.full(30, "map", dtype=object), {"map": 1e6})
    assert found.estimate == 0
    assert found.low < 0 < found.high
    whole = paired_difference(same, same, np.full(30, "map", dtype=object), {"map": 30})
    assert (whole.low, whole.high) == (0, 0), "all of the map was looked at"


def test_without_points_nothing_is_said():
    none = np.zeros(0, bool)
    assert paired_difference(none, none, np.zeros(0, object), {"map": 9}).estimate is None


@pytest.mark.parametrize("n", [30, 50, 200])
@pytest.mark.parametrize(("gained", "lost"), [(0.15, 0.15), (0.25, 0.05), (0.03, 0.01)])
def test_intervals_hold_what_they_promise(n: int, gained: float, lost: float):
    """Two strata, one of them small and another mix; 600 samples: standard error 0.9 %."""
    random = np.random.default_rng(n)
    sizes = {"large": 800_000.0, "small": 200_000.0}
    shares = {"large": (gained, lost), "small": (lost, gained)}
    truth = 0.8 * (gained - lost) + 0.2 * (lost - gained)
    points = {"large": n * 2 // 3, "small": n - n * 2 // 3}
    stratum = np.repeat(np.array(list(points), dtype=object), list(points.values()))
    held, samples = 0, 600
    for _ in range(samples):
        outcome = np.concatenate(
            [random.choice(3, points[k], p=(*shares[k], 1 - sum(shares[k]))) for k in points]
        )
        found = paired_difference(outcome != 1, outcome != 0, stratum, sizes)
        held += found.low <= truth <= found.high
    assert held / samples > 0.925

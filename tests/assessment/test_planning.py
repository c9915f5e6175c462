from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcviz.assessment.planning import (
    ALLOCATIONS,
    Z,
    allocate,
    expected_half_width,
    points_for,
)
from lcviz.assessment.samples import Strata, plan


def test_the_sample_size_of_olofsson_2014():
    # Section 5.1.1: user's accuracies 0.70, 0.60, 0.90, 0.95, a standard error of 0.01: 641.
    expected = dict(enumerate((0.70, 0.60, 0.90, 0.95)))
    sizes = dict(enumerate((200_000, 150_000, 3_200_000, 6_450_000)))
    assert points_for(0.01 * Z, expected, sizes) == 641


def test_a_simple_random_sample_needs_what_cochran_says():
    # 0.25 / (0.05 / 1.96) ** 2 = 384.1, the sample size of every survey.
    assert points_for(0.05, {0: 0.5}, {0: 10**9}) == 385
    # A map of 1,000 pixels: 384.1 / (1 + 384.1 / 1000) = 277.5.
    assert points_for(0.05, {0: 0.5}, {0: 1000}) == 278


@pytest.mark.parametrize("half_width", [0, -0.1, 0.5, 2])
def test_a_width_that_means_nothing_is_refused(half_width):
    with pytest.raises(ValueError, match="half width"):
        points_for(half_width, {0: 0.5}, {0: 100})


def test_allocations_by_hand():
    sizes = {"a": 900, "b": 100}
    assert allocate(50, sizes, "proportional") == {"a": 45, "b": 5}
    assert allocate(50, sizes, "equal") == {"a": 25, "b": 25}
    # 900 x 0.3 = 270 and 100 x 0.5 = 50: 42.2 and 7.8.
    expected = {"a": 0.9, "b": 0.5}
    assert allocate(50, sizes, "neyman", expected=expected) == {"a": 42, "b": 8}
    assert allocate(50, sizes, "proportional", minimum=20) == {"a": 29, "b": 21}


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=8),
    st.integers(1, 800),
    st.sampled_from(ALLOCATIONS),
    st.integers(0, 30),
)
def test_every_point_is_given_once_and_no_stratum_gets_more_than_it_has(sizes, n, how, minimum):
    named = dict(enumerate(sizes))
    given_ = allocate(n, named, how, minimum=minimum)
    assert all(given_[k] <= named[k] for k in named)
    assert all(given_[k] >= min(minimum, named[k]) for k in named)
    least = sum(min(minimum, size) for size in sizes)
    assert sum(given_.values()) == max(min(n, sum(sizes)), least)


def test_the_width_that_is_expected_is_the_one_that_was_asked_for():
    sizes = {"a": 10**7, "b": 10**6, "c": 10**5}
    expected = {"a": 0.9, "b": 0.6, "c": 0.5}
    n = points_for(0.05, expected, sizes)
    best = allocate(n, sizes, "neyman", expected=expected)
    assert expected_half_width(best, expected, sizes) == pytest.approx(0.05, rel=0.02)
    equal = allocate(n, sizes, "equal")
    assert expected_half_width(equal, expected, sizes) > 0.05
    assert expected_half_width({"a": 5, "b": 1, "c": 5}, expected, sizes) is None


@given(
    st.lists(st.integers(30, 10**6), min_size=2, max_size=6),
    st.sampled_from(ALLOCATIONS),
    st.integers(0, 30),
    st.floats(0.03, 0.2),
)
def test_a_plan_is_as_exact_as_was_asked_however_points_are_shared(sizes, how, minimum, half_width):
    named = Strata(tuple(map(str, range(len(sizes)))), lambda rows: None)
    frame = SimpleNamespace(sizes=np.array(sizes))
    planned = plan(named, frame, half_width=half_width, allocation=how, minimum=minimum)
    assert planned.n <= sum(sizes)
    if planned.half_width is None:
        assert min(planned.points.values()) < 2
    else:
        assert planned.half_width <= half_width + 1e-4 or planned.n == sum(sizes)

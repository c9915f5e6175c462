import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from lcviz.assessment import drawing
from lcviz.assessment.drawing import Frame


def frame_of(strata: np.ndarray, block_rows: int = 1) -> Frame:
    number = int(strata.max(initial=0)) + 1
    return Frame(lambda rows: strata[rows], strata.shape, number, block_rows=block_rows)


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 7))
def test_points_are_distinct_lie_in_their_stratum_and_are_as_many_as_asked(seed, rows, block):
    random = np.random.default_rng(seed)
    strata = random.integers(-1, 3, (rows, 23))
    frame = frame_of(strata, block)
    sizes = frame.sizes
    assert sizes.tolist() == [int((strata == k).sum()) for k in range(len(sizes))]
    wanted = {k: int(random.integers(0, n + 1)) for k, n in enumerate(sizes)}
    r, c, s = frame.draw(wanted, seed)
    assert (strata[r, c] == s).all()
    assert len(set(zip(r.tolist(), c.tolist(), strict=True))) == len(r)
    assert np.bincount(s, minlength=len(sizes)).tolist() == list(wanted.values())


def test_windows_do_not_change_the_draw(monkeypatch: pytest.MonkeyPatch):
    strata = np.random.default_rng(1).integers(-1, 4, (300, 50))
    whole = frame_of(strata).draw({0: 40, 1: 3, 3: 100}, 7)
    monkeypatch.setattr(drawing, "_PIXELS", 50 * 8)
    for expected, found in zip(whole, frame_of(strata).draw({0: 40, 1: 3, 3: 100}, 7), strict=True):
        assert expected.tolist() == found.tolist()


def test_every_pixel_of_a_stratum_is_as_likely_as_the_next():
    strata = np.zeros((6, 10), int)
    strata[:, 5:] = 1
    frame = frame_of(strata)
    hits = np.zeros((6, 10))
    for seed in range(3000):
        r, c, _ = frame.draw({0: 3, 1: 10}, seed)
        hits[r, c] += 1
    assert chisquare(hits[:, :5].ravel()).pvalue > 1e-4
    assert chisquare(hits[:, 5:].ravel()).pvalue > 1e-4


def test_only_windows_that_hold_a_point_are_read_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drawing, "_PIXELS", 10 * 1000)
    strata = np.zeros((100_000, 10), np.int8)
    reads = []
    frame = Frame(lambda rows: reads.append(rows) or strata[rows], strata.shape, 1)
    assert len(reads) == 100
    frame.draw({0: 5}, 0)
    assert len(reads) <= 105


def test_more_points_than_pixels_are_refused():
    with pytest.raises(ValueError, match="has 4 pixels, 5 points"):
        frame_of(np.zeros((2, 2), int)).draw({0: 5}, 0)

"""Three verdicts by fixed rules."""

import pytest

from lcviz.forecast.verdicts import WORDS, verdict


@pytest.mark.parametrize(
    ("outside", "distance", "limit", "expected"),
    [
        (0.0, 0.2, 0.5, "like"),
        (0.1, 0.5, 0.5, "like"),
        (0.11, 0.2, 0.5, "partly"),
        (0.0, 0.51, 0.5, "partly"),
        (0.49, 0.9, 0.5, "partly"),
        (0.5, 0.2, 0.5, "not"),
        (1.0, None, None, "not"),
        (0.05, None, None, "like"),
        (0.05, 0.9, None, "like"),
    ],
)
def test_rules(outside, distance, limit, expected):
    assert verdict(outside, distance, limit) == expected


def test_each_has_words():
    assert set(WORDS) == {"like", "partly", "not"}


@pytest.mark.parametrize("outside", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_has_no_verdict(outside):
    with pytest.raises(ValueError, match="share"):
        verdict(outside, None, None)

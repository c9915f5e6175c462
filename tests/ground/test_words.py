"""Numbers as the app writes them."""

from lcviz.metrics import MEASURES
from lcviz.words import PLAIN, SHARE


def test_shares_are_per_cent_and_their_differences_points():
    assert SHARE.value(0.6244) == "62.4%"
    assert SHARE.difference(-0.051) == "-5.1 points"
    assert SHARE.label("Overall accuracy") == "Overall accuracy, %"
    assert SHARE.label("Overall accuracy", difference=True) == "Overall accuracy, points"


def test_what_is_no_share_has_no_unit():
    assert PLAIN.value(-0.126) == "-0.13"
    assert PLAIN.difference(0.3) == "+0.30"
    assert PLAIN.label("Cohen's kappa", difference=True) == "Cohen's kappa"


def test_only_kappa_is_no_share():
    assert [name for name, measure in MEASURES.items() if measure.unit is PLAIN] == ["kappa"]

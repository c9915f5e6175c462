from places import ROOT

from lcviz.ui.predict.mode import Cost, costs_of, in_words

TABLE = """
<!-- prediction -->
`python benchmarks/prediction.py` on a test machine, 4 cores. Medians.

| | seconds | times faster | same class: mean, worst patch |
|---|---|---|---|
| plain PyTorch | 0.6 | 1.0 | 100.000%, 100.00% |
| exact: float32 | 0.25 | 2.4 | 100.000%, 100.00% |
| fast: bfloat16 | 0.125 | 4.8 | 99.8%, 96.7% |
<!-- /prediction -->
| fast: of another table | 9 | 9 | 1%, 1% |
"""


def test_costs_are_those_that_were_measured():
    costs, machine = costs_of(TABLE)
    assert costs == {
        "exact": Cost(0.25, "100.000%", "100.00%"),
        "fast": Cost(0.125, "99.8%", "96.7%"),
    }
    assert machine == "on a test machine, 4 cores"
    assert "99.8% of the pixels" in in_words(costs) and "0.25 s exact" in in_words(costs)


def test_the_repository_has_these_figures():
    costs, machine = costs_of((ROOT / "benchmarks" / "RESULTS.md").read_text())
    assert costs["fast"].seconds < costs["exact"].seconds and machine


def test_without_figures_none_are_told():
    for text in ("", TABLE.replace("seconds", "hours"), TABLE.replace("0.25 |", "? |")):
        assert "One patch" not in in_words(costs_of(text)[0])

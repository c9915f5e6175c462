"""Intervals: leaving out groups of pairs."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from lcviz.intervals import jackknife


def test_the_plain_jackknife_of_a_mean_is_the_t_interval():
    values = np.array([0.1, 0.4, 0.25, 0.6, 0.3])
    pairs = pd.DataFrame(
        {"train_group": "all others", "test_group": list("abcde"), "value": values}
    )
    value, low, high = jackknife(pairs, lambda p: p.value.mean())
    reach = t.ppf(0.975, 4) * values.std(ddof=1) / np.sqrt(5)
    np.testing.assert_allclose([value, low, high], [0.33, 0.33 - reach, 0.33 + reach])


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_few_groups_leave_no_interval(groups):
    names = list("abc")[:groups]
    pairs = pd.DataFrame({"train_group": "x", "test_group": names * 4, "value": range(groups * 4)})
    value, low, high = jackknife(pairs, lambda p: p.value.mean())
    assert value == pairs.value.mean()
    assert np.isnan([low, high]).all()

"""Renaming groups: worked by brute force, and its size under chance."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from lcviz.generalization.qap import qap


def tables(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    places = random.normal(size=(n, 2))
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    groups = [f"g{i}" for i in range(n)]
    return pd.DataFrame(apart, groups, groups), pd.DataFrame(random.random((n, n)), groups, groups)


def test_all_renamings_are_tried() -> None:
    distance, outcome = tables(5, 1)
    off = ~np.eye(5, dtype=bool)
    d, o = distance.to_numpy(), outcome.to_numpy()
    rhos = [spearmanr(d[np.ix_(p, p)][off], o[off]).statistic for p in permutations(range(5))]
    rho, p = qap(distance, outcome)
    assert rho == pytest.approx(rhos[0])
    assert p == pytest.approx(np.mean(np.array(rhos) <= rhos[0] + 1e-12))


def test_under_chance_it_is_rarely_small_and_with_order_it_is() -> None:
    found = np.array([qap(*tables(5, seed))[1] for seed in range(200)])
    assert np.mean(found <= 0.1) < 0.16
    assert found.min() > 0
    distance, _ = tables(9, 0)  # Too many to try all.
    rho, p = qap(distance, -distance)
    assert rho == pytest.approx(-1)
    assert p < 0.01


def test_too_few_groups_and_other_groups() -> None:
    distance, outcome = tables(2, 0)
    assert np.isnan(qap(distance, outcome)).all()
    with pytest.raises(ValueError, match="same groups"):
        qap(distance, tables(3, 0)[1])

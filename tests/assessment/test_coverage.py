"""Simulated samples of known maps: intervals hold the truth as often as they say."""

import numpy as np
import pytest

from lcviz.assessment import intervals
from lcviz.assessment.estimators import LabelledSample, assess

# Shares of the mapped classes, and what each is on the ground (rows map, columns label).
EASY = (np.array([0.7, 0.25, 0.05]), np.array([[95, 4, 1], [10, 85, 5], [5, 15, 80]]) / 100)
RARE = (np.array([0.9, 0.09, 0.01]), np.array([[990, 5, 5], [100, 850, 50], [50, 150, 800]]) / 1000)
SAMPLES = 250
PIXELS = 10_000_000


@pytest.mark.parametrize(
    ("world", "points"),
    [
        (EASY, (10, 10, 10)),
        (EASY, 30),
        (RARE, 50),
        (RARE, (100, 50, 50)),
    ],
)
def test_intervals_hold_the_truth_nineteen_times_in_twenty(world, points, monkeypatch):
    monkeypatch.setattr(intervals, "_DRAWS", 1000)
    mapped, ground = world
    area = mapped @ ground
    right = mapped * np.diag(ground)
    truth = [right.sum(), *np.diag(ground), *(right / area), *area]
    held, tried = np.zeros(len(truth)), np.zeros(len(truth))
    random = np.random.default_rng(5)
    sizes = dict(enumerate(mapped * PIXELS))
    for _ in range(SAMPLES):
        if isinstance(points, int):
            map_class = random.choice(3, points, p=mapped)
        else:
            map_class = np.repeat(np.arange(3), points)
        label = np.array([random.choice(3, p=ground[k]) for k in map_class])
        found = assess(LabelledSample(map_class.astype(object), map_class, label, sizes), 3)
        everything = [found.overall]
        for each in (found.users, found.producers, found.area):
            everything += [each[k] for k in range(3)]
        for number, (estimate, value) in enumerate(zip(everything, truth, strict=True)):
            if estimate.n:
                tried[number] += 1
                held[number] += estimate.low - 1e-9 <= value <= estimate.high + 1e-9
                assert estimate.low - 1e-9 <= estimate.estimate <= estimate.high + 1e-9
    coverage = held / tried
    # 250 samples: one standard error is 1.4 points. No interval may fall far short, and the mean
    # of all may not fall short at all.
    assert coverage.mean() >= 0.945
    assert coverage.min() >= 0.895

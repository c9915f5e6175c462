import numpy as np
import pytest

from lcviz.assessment.estimators import LabelledSample, assess

# Olofsson et al. 2014, Table 8 (rows map, columns reference): deforestation, forest gain, stable
# forest, stable non-forest; mapped pixels of each in the text.
OLOFSSON = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED = (200_000, 150_000, 3_200_000, 6_450_000)


def sample_of(counts: np.ndarray, sizes: tuple[int, ...]) -> LabelledSample:
    """The points of a matrix of counts, rows map, columns reference, strata = the map's classes."""
    mapped, label = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    return LabelledSample(mapped.astype(object), mapped, label, dict(enumerate(sizes)))


def test_the_worked_example_of_olofsson_2014():
    found = assess(sample_of(OLOFSSON, MAPPED), 4)
    assert found.overall.estimate == pytest.approx(0.947, abs=5e-4)
    half = [1.96 * found.overall.standard_error]
    half += [1.96 * found.users[k].standard_error for k in range(4)]
    half += [1.96 * found.producers[k].standard_error for k in range(4)]
    # As printed, but for the producer's accuracies of forest gain and stable non-forest (0.23 and
    # 0.01 there): equation 7, worked by hand on the same counts, gives 0.254 and 0.018.
    assert half == pytest.approx([0.02, 0.07, 0.10, 0.04, 0.02, 0.21, 0.254, 0.03, 0.018], abs=6e-3)
    users = [found.users[k].estimate for k in range(4)]
    assert users == pytest.approx([0.88, 0.73, 0.93, 0.96], abs=5e-3)
    producers = [found.producers[k].estimate for k in range(4)]
    assert producers == pytest.approx([0.75, 0.85, 0.93, 0.96], abs=5e-3)
    # "235,086 +- 68,418 pixels" of deforestation.
    area = found.area[0].scaled(10_000_000)
    assert area.estimate == pytest.approx(235_086, abs=1)
    assert 1.96 * area.standard_error == pytest.approx(68_418, abs=200)

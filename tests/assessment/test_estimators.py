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


def test_the_worked_example_of_stehman_2014():
    """Strata that are not the map's classes: its Table 2, 40 points of four strata of ten each."""
    strata = "A" * 10 + "B" * 10 + "C" * 10 + "D" * 10
    mapped = "AAAAAAABBB" + "ABBBBBBBBB" + "BBCCCCCCBB" + "DDDDDDDDDD"
    label = "AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB"
    sizes = {"A": 40_000, "B": 30_000, "C": 20_000, "D": 10_000}
    found = assess(
        LabelledSample(
            np.array(list(strata), dtype=object),
            np.array(["ABCD".index(c) for c in mapped]),
            np.array(["ABCD".index(c) for c in label]),
            sizes,
        ),
        4,
    )
    # Pages 4932 to 4936; they leave out the correction for a finite map, which is 0.999 here. The
    # last standard error is equation 28 worked by hand on these points.
    b = 1
    assert found.area[0].estimate == pytest.approx(0.35, abs=1e-9)
    assert found.area[2].estimate == pytest.approx(0.20, abs=1e-9)
    assert found.overall.estimate == pytest.approx(0.63, abs=1e-9)
    assert found.users[b].estimate == pytest.approx(0.574, abs=5e-4)
    assert found.producers[b].estimate == pytest.approx(0.794, abs=5e-4)
    assert found.matrix[2, 1] == pytest.approx(0.08, abs=1e-9)
    errors = [found.area[0], found.area[2], found.overall, found.users[b], found.producers[b]]
    assert [each.standard_error for each in errors] == pytest.approx(
        [0.082, 0.064, 0.085, 0.125, 0.1165], abs=6e-4
    )

"""Who learns, who chooses the epoch, who judges: apart in scenes and on the ground."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcviz.errors import ConfigurationError
from lcviz.network.training.recipe import TrainingConfig
from lcviz.network.training.splits import split_scenes

THREE, PAPER = TrainingConfig(), TrainingConfig(split="paper")


@given(st.lists(st.integers(0, 11), min_size=3, max_size=60), st.integers(0, 50))
def test_parts_are_whole_apart_and_share_no_ground(ground: list[int], seed: int) -> None:
    scenes = [f"s{i:02}" for i in range(len(ground))]
    group = {scene: f"g{place}" for scene, place in zip(scenes, ground, strict=True)}
    if len(set(ground)) < 3:
        with pytest.raises(ConfigurationError, match="three"):
            split_scenes(scenes, group, THREE, seed)
        return
    found = split_scenes(scenes[::-1], group, THREE, seed)
    parts = (found.training, found.validation, found.home)
    assert sorted(chain(*parts)) == scenes
    assert all(parts)
    grounds = [{group[scene] for scene in part} for part in parts]
    assert not (grounds[0] & grounds[1] or grounds[0] & grounds[2] or grounds[1] & grounds[2])
    assert found == split_scenes(scenes, group, THREE, seed)


@pytest.mark.parametrize(("scenes", "home", "validation"), [(3, 1, 1), (12, 2, 1), (50, 10, 5)])
def test_a_fifth_judges_and_a_tenth_chooses(scenes: int, home: int, validation: int) -> None:
    found = split_scenes([f"s{i}" for i in range(scenes)], {}, THREE, 0)
    assert (len(found.home), len(found.validation)) == (home, validation)


def test_two_scenes_that_overlap_are_always_in_one_part() -> None:
    scenes = [f"s{i}" for i in range(10)]
    parts = set()
    for seed in range(60):
        found = split_scenes(scenes, {"s3": "s0", "s0": "s0"}, THREE, seed)
        of = {
            scene: name
            for name in ("training", "validation", "home")
            for scene in getattr(found, name)
        }
        assert of["s0"] == of["s3"]
        parts.add(of["s0"])
        assert len(found.home) == 2
    assert parts == {"training", "home"}  # Together they are more than a tenth.


def test_the_paper_lets_the_same_scenes_do_both_and_does_not_look_at_the_ground() -> None:
    scenes = [f"s{i}" for i in range(10)]
    found = split_scenes(scenes, dict.fromkeys(scenes, "one place"), PAPER, 0)
    assert found.home == found.validation
    assert len(found.home) == 2
    assert len({split_scenes(scenes, {}, PAPER, seed).home for seed in range(20)}) > 5
    with pytest.raises(ConfigurationError, match="at least two"):
        split_scenes(["a", "a"], {}, PAPER, 0)

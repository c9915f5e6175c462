import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lcviz.data.sen12ms import PatchList, find_patches, find_scenes

SCENE = "ROIs1158_spring_6"


def test_a_list_gives_back_the_files_it_was_made_of(
    tmp_path: Path, write_patch: Callable[..., Any]
) -> None:
    write_patch(tmp_path, f"{SCENE}_p30")
    write_patch(tmp_path, f"{SCENE}_p4", ("lc", "s2"))
    write_patch(tmp_path, f"{SCENE}_p700", ("s1",))
    patches = find_patches(tmp_path)
    (listed,) = find_scenes(tmp_path)
    assert listed.files() == patches
    assert listed.scene_id == SCENE
    assert len(listed) == 3
    some = listed.only({f"{SCENE}_p4", f"{SCENE}_p700", "another"})
    assert some.files() == [patch for patch in patches if patch.number != 30]
    assert some.all_numbers == {4, 700}


def test_a_scene_of_a_thousand_patches_is_a_few_kilobytes_to_send() -> None:
    numbers = tuple(range(1000))
    listed = PatchList(Path("/data"), "ROIs1158_spring", 6, dict.fromkeys(("s2", "lc"), numbers))
    assert len(pickle.dumps(listed)) < 10_000

"""Keep small pictures of the browsable patches: the study can be shown without its dataset."""

from pathlib import Path
from typing import Any

from lcviz.data.sen12ms import PatchList, read_labels, read_s1, read_s2
from lcviz.errors import PatchDamagedError, PatchVanishedError
from lcviz.imagery import sar_false_colour, true_colour
from lcviz.study import Study
from precompute.running.stage import (
    console,
    digest,
    finish,
    is_current,
    over_scenes,
    patch_lists,
    scene_digests,
)
from precompute.running.workers import Workers


def quicklooks(study: Study, *, workers: Workers | int) -> None:
    """Write the pictures of every browsable patch; what cannot be read has none."""
    digests = scene_digests(study)
    table = study.patches(["patch_id", "scene_id", "browsable"])
    chosen = set(table.patch_id[table.browsable])
    inputs = digest(digests, sorted(chosen))
    pictures = (study.stamp("quicklooks") or {}).get("pictures")
    if is_current(study, "quicklooks", inputs, whole=study.count_quicklooks() == pictures):
        return
    tasks: dict[str, tuple[str, Any]] = {}
    for scene_id, patches in patch_lists(study).items():
        members = patches.only(chosen)
        if len(members):
            key = digest(digests.get(scene_id), members.numbers)
            tasks[scene_id] = (key, (study.path.absolute(), members))
    # A study without a single picture still has the folder: the stage was run.
    (study.path / "quicklooks").mkdir(exist_ok=True)
    unreadable, failures = over_scenes(study, "quicklooks", tasks, _draw_scene, workers)
    for reason in (line for lines in unreadable.values() for line in lines):
        console.print(f"no picture: {reason}", markup=False)
    study.remove_quicklooks(keep=chosen)
    finish(study, "quicklooks", inputs, failures, pictures=study.count_quicklooks())


def _draw_scene(task: tuple[Path, PatchList]) -> list[str]:
    """Why pictures are missing."""
    path, patches = task
    study = Study.open(path)
    unreadable = []
    for patch in patches.files():
        pictures: dict[str, Any] = {"s1": None, "s2": None, "labels": None}
        for sensor, file in patch.files.items():
            try:
                if sensor == "s2":
                    image = read_s2(file)
                    pictures["s2"] = true_colour(image.values, image.valid)
                elif sensor == "s1":
                    image = read_s1(file)
                    pictures["s1"] = sar_false_colour(image.values, image.valid)
                else:
                    pictures["labels"] = read_labels(file).values
            except PatchVanishedError:
                raise
            except PatchDamagedError as error:
                unreadable.append(str(error))
        study.write_quicklooks(patch.patch_id, **pictures)
    return unreadable

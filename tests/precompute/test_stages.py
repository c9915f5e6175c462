import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from places import DEMO
from typer.testing import CliRunner

from lcviz.data.sen12ms import find_patches, read_labels, read_s2
from lcviz.errors import ArtefactMissingError, ConfigurationError, DatasetNotFoundError
from lcviz.metrics import confusion_matrix
from lcviz.network.training.recipe import Hardware, TrainingConfig
from lcviz.study import Study
from lcviz.study.predictions import predicted_scenes, predictions_file, read_prediction
from precompute.__main__ import app
from precompute.running.stage import over_scenes
from precompute.stages.evaluate import evaluate
from precompute.stages.index import index
from precompute.stages.quicklooks import quicklooks
from precompute.stages.statistics import statistics
from precompute.stages.train import is_member, train

QUICK = TrainingConfig(max_epochs=1, crop=32, batch_size=1, split="paper")
CPU = Hardware(device="cpu")
SPRING, FALL = "ROIs1158_spring", "ROIs1970_fall"


@pytest.fixture
def data(tmp_path: Path, write_patch: Callable[..., Any]) -> Path:
    """Scenes 1 and 6 lie in Africa, 8 in Australia; 999 does not exist in SEN12MS."""
    root = tmp_path / "data"
    for scene in (1, 6, 8):
        for number in (30, 31):
            write_patch(root, f"{SPRING}_{scene}_p{number}")
    write_patch(root, f"{SPRING}_1_p32", ("s1", "s2"))
    write_patch(root, f"{SPRING}_1_p33", ("s1", "lc"))
    write_patch(root, f"{FALL}_999_p0")
    return root


def make(data: Path, **options: Any) -> Study:
    settings = {"browsable": 2, "seed": 0, "name": None, "workers": 0} | options
    return index(data, data.parent / "study", **settings)


def measured(data: Path) -> Study:
    study = make(data)
    statistics(study, workers=0)
    quicklooks(study, workers=0)
    return study


def test_the_index_lists_scenes_patches_and_their_state(data: Path) -> None:
    truncated = data / SPRING / "s2_8" / f"{SPRING}_s2_8_p31.tif"
    truncated.write_bytes(truncated.read_bytes()[:100_000])
    study = make(data)
    scenes = study.scenes().set_index("scene_id")
    assert scenes.continent[f"{SPRING}_1"] == "Africa"
    assert scenes.continent[f"{SPRING}_8"] == "Australia"
    assert scenes.continent.isna()[f"{FALL}_999"]
    assert scenes.patches[f"{SPRING}_1"] == 4
    status = study.patches().set_index("patch_id").status
    assert status[f"{SPRING}_1_p30"] == "ok"
    assert status[f"{SPRING}_1_p32"] == "no labels"
    assert status[f"{SPRING}_1_p33"] == "no imagery"
    assert status[f"{SPRING}_8_p31"].startswith("damaged: ")
    assert study.patches().labelled.isna().all()


def test_browsable_patches_are_whole_ones_first_and_the_same_each_time(data: Path) -> None:
    study = make(data)
    assert study.browsable(f"{SPRING}_1") == (f"{SPRING}_1_p30", f"{SPRING}_1_p31")
    shutil.rmtree(study.path)
    one = make(data, browsable=1).browsable(f"{SPRING}_6")
    shutil.rmtree(study.path)
    assert make(data, browsable=1, workers=2).browsable(f"{SPRING}_6") == one


def test_another_number_of_browsable_patches_is_another_index(data: Path) -> None:
    study = make(data, browsable=1)
    assert len(study.browsable(f"{SPRING}_1")) == 1
    make(data, browsable=3)
    assert len(study.browsable(f"{SPRING}_1")) == 3
    quicklooks(study, workers=0)
    assert not list((study.path / "partial").iterdir())


def test_statistics_are_means_and_fractions_of_valid_pixels(
    data: Path, write_patch: Callable[..., Any]
) -> None:
    s2 = np.zeros((13, 256, 256), np.uint16)
    s2[:, :128] = np.arange(1, 14, dtype=np.uint16)[:, None, None] * 100
    land_use = np.full((4, 256, 256), 10, np.uint8)
    land_use[:, :64], land_use[:, 64:128] = 3, 77
    write_patch(data, f"{SPRING}_6_p30", ("s2", "lc"), values={"s2": s2, "lc": land_use})
    row = measured(data).patches().set_index("patch_id").loc[f"{SPRING}_6_p30"]
    # Half of the patch is no data, which is no darkness; band 2 of the file is blue.
    assert row.mean_blue == 200
    assert row.mean_swir2 == 1300
    assert row.labelled == 256 * 192
    assert row.fraction_0 == pytest.approx(2 / 3)
    assert row.fraction_7 == pytest.approx(1 / 3)
    assert row.fraction_3 == 0


def test_damage_inside_a_file_of_the_right_size_is_recorded(data: Path) -> None:
    file = data / SPRING / "lc_6" / f"{SPRING}_lc_6_p30.tif"
    content = bytearray(file.read_bytes())
    study = make(data)
    content[:8] = b"\0" * 8
    file.write_bytes(content)
    statistics(study, workers=0)
    patches = study.patches().set_index("patch_id")
    assert patches.status[f"{SPRING}_6_p30"].startswith("damaged: ")
    assert str(data) not in patches.status[f"{SPRING}_6_p30"]
    assert patches.labelled[f"{SPRING}_6_p31"] == 256 * 256


def test_a_stage_that_is_up_to_date_is_skipped_and_redone_when_a_file_changes(
    data: Path, write_patch: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    capsys.readouterr()
    measured(data)
    assert capsys.readouterr().out.count("up to date") == 3

    before = study.patches().set_index("patch_id")
    land_use = np.full((4, 256, 256), 3, np.uint8)
    write_patch(data, f"{SPRING}_6_p30", ("lc",), values={"lc": land_use})
    measured(data)
    after = study.patches().set_index("patch_id")
    assert after.fraction_7[f"{SPRING}_6_p30"] == 1
    assert after.mean_blue[f"{SPRING}_8_p30"] == before.mean_blue[f"{SPRING}_8_p30"]
    assert (study.labels(f"{SPRING}_6_p30") == 7).all()  # type: ignore[union-attr]


def test_what_was_deleted_is_made_again(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    kept = [
        study.path / "patches.parquet",
        study.path / "quicklooks" / f"{SPRING}_6_p30.s2.webp",
        study.weights_file("continent-africa"),
        study.path / "results.parquet",
        predictions_file(study, "continent-africa", f"{SPRING}_8") / "zarr.json",
    ]
    before = study.patches()
    for file in kept:
        file.unlink()
    measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    assert all(file.is_file() for file in kept)
    assert study.patches().equals(before)

    (study.path / "stages" / "index.json").unlink()
    with pytest.raises(ArtefactMissingError, match="precompute index"):
        statistics(study, workers=0)


def test_unchanged_scenes_are_not_measured_again(
    data: Path, write_patch: Callable[..., Any]
) -> None:
    study = measured(data)
    write_patch(data, f"{SPRING}_9_p1")
    make(data)
    unmeasured = study.patches().set_index("patch_id").labelled.isna()
    assert list(unmeasured.index[unmeasured]) == [f"{SPRING}_9_p1"]


def test_pictures_exist_for_what_can_be_read(data: Path) -> None:
    sar = data / SPRING / "s1_6" / f"{SPRING}_s1_6_p30.tif"
    study = make(data)
    sar.write_bytes(b"")
    quicklooks(study, workers=0)
    assert study.quicklook(f"{SPRING}_6_p30", "s1") is None
    assert study.quicklook(f"{SPRING}_6_p30", "s2") is not None
    labels = read_labels(data / SPRING / "lc_8" / f"{SPRING}_lc_8_p30.tif").values
    np.testing.assert_array_equal(study.labels(f"{SPRING}_8_p30"), labels)


def test_pictures_and_index_do_not_depend_on_the_number_of_workers(data: Path) -> None:
    one, two = (
        make(data),
        index(data, data.parent / "two", browsable=2, seed=0, name=None, workers=2),
    )
    assert one.patches().equals(two.patches())
    quicklooks(one, workers=0)
    quicklooks(two, workers=2)
    pictures, others = (
        {file.name: file.read_bytes() for file in (study.path / "quicklooks").iterdir()}
        for study in (one, two)
    )
    assert pictures
    assert pictures == others


def test_results_are_those_of_the_stored_models(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    card = study.model("continent-africa")
    assert sorted(card.training_scenes + card.validation_scenes) == [f"{SPRING}_1", f"{SPRING}_6"]
    results = study.results().set_index("scene_id")
    assert card.training_scenes[0] not in results.index
    assert results.split[card.validation_scenes[0]] == "home"
    assert results.split[f"{SPRING}_8"] == "test"
    assert results.test_group[f"{SPRING}_8"] == "Australia"
    assert results.test_group.isna()[f"{FALL}_999"]

    # Scene 8 has two patches, both browsable: its confusion follows from what is kept.
    expected = sum(
        confusion_matrix(study.labels(p), read_prediction(study, "continent-africa", p))  # type: ignore[arg-type]
        for p in study.browsable(f"{SPRING}_8")
    )
    confusion = np.reshape(results.confusion[f"{SPRING}_8"], (8, 8))
    np.testing.assert_array_equal(confusion, expected)
    assert results.pixels[f"{SPRING}_8"] == confusion.sum()
    assert results.accuracy[f"{SPRING}_8"] == np.trace(confusion) / confusion.sum()
    # A training scene is not scored, but can be looked at.
    assert (
        read_prediction(study, "continent-africa", study.browsable(card.training_scenes[0])[0])
        is not None
    )


def test_a_second_evaluation_scores_only_what_is_new(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    train(study, experiments=["continent-africa"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=0)
    first = study.results()
    train(study, experiments=["season-spring"], config=QUICK, hardware=CPU)
    evaluate(study, device="cpu", workers=2)
    assert "1 models" in capsys.readouterr().out.splitlines()[-1]
    both = study.results()
    kept = both[both.experiment == "continent-africa"].reset_index(drop=True)
    assert kept.accuracy.equals(first.accuracy)
    assert set(both.experiment) == {"continent-africa", "season-spring"}


def test_groups_that_are_too_small_are_skipped_and_said(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = measured(data)
    with pytest.raises(ConfigurationError, match="No model can be trained"):
        train(study, experiments=["continent-australia"], config=QUICK, hardware=CPU)
    told = " ".join(capsys.readouterr().out.split())
    assert "continent-australia: skipped, Australia has 1 scene(s) with labels, too few" in told


def test_a_dataset_that_vanished_is_said(data: Path) -> None:
    study = make(data)
    shutil.rmtree(data)
    with pytest.raises(DatasetNotFoundError, match="data"):
        statistics(study, workers=0)


def test_a_stopped_pass_goes_on_where_it_was(tmp_path: Path, data: Path) -> None:
    study = make(data)
    done: list[str] = []

    def work(name: str) -> str:
        if name == "c" and len(done) < 3:
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(name)
        return name.upper()

    scenes = {name: ("1", name) for name in "abcd"}
    with pytest.raises(KeyboardInterrupt):
        over_scenes(study, "test", scenes, work, workers=0)
    results = over_scenes(study, "test", scenes, work, workers=0).results
    assert results == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert done == ["a", "b", "stopped", "c", "d"]
    # Other inputs, or a partial result that is no longer whole, are done again.
    (study.path / "partial" / "test" / "b.json").write_text('{"inputs": "1"')
    over_scenes(study, "test", scenes | {"a": ("2", "a")}, work, workers=0)
    assert done[5:] == ["a", "b"]


def command(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


def test_commands_end_with_one_clear_message(tmp_path: Path, data: Path) -> None:
    status, output = command("index", "--data", tmp_path / "nowhere", "--study", tmp_path / "s")
    assert status == 1
    assert "error:" in output
    assert "nowhere" in output
    status, output = command("statistics", "--study", tmp_path / "nowhere")
    assert (status, "no folder" in output) == (1, True)
    status, output = command("index", "--data", data, "--study", tmp_path / "s", "--workers", "0")
    assert (status, "4 scenes" in output) == (0, True)
    for stage, missing in (("train", "statistics"), ("evaluate", "train")):
        status, output = command(stage, "--study", tmp_path / "s")
        assert status == 1
        assert f"python -m precompute {missing} --study" in output
    status, output = command("train", "--study", tmp_path / "s", "--learning-rate", "-1")
    assert (status, "learning_rate cannot be -1.0" in output) == (1, True)
    status, output = command("train", "--study", tmp_path / "s", "--experiment", "continent-mars")
    assert status == 1
    assert "continent-africa" in output


def test_a_relative_dataset_is_found_from_the_study(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    study = index(Path("data"), Path("deep/study"), browsable=1, seed=0, name="n", workers=0)
    assert study.info.data == os.path.join("..", "..", "data")  # noqa: PTH118
    assert study.data is not None
    assert study.data.resolve() == data.resolve()


def test_the_real_patches_go_the_whole_way(real_patches: Path, tmp_path: Path) -> None:
    demo = DEMO / "models"
    if not demo.is_dir():
        pytest.skip("no demo study to take a model from")
    study = index(real_patches, tmp_path / "real", browsable=4, seed=0, name=None, workers=0)
    statistics(study, workers=0)
    quicklooks(study, workers=0)
    shutil.copytree(demo / "continent-africa", study.path / "models" / "continent-africa")
    evaluate(study, device="cpu", workers=0)

    files = {patch.patch_id: patch for patch in find_patches(real_patches)}
    patches = study.patches().set_index("patch_id")
    assert set(patches.index) == set(files)
    imaged = [patch_id for patch_id, patch in files.items() if patch.s2]
    for patch_id in imaged:
        image = read_s2(files[patch_id].s2)  # type: ignore[arg-type]
        means = image.values[:, image.valid].mean(axis=1)
        np.testing.assert_allclose(
            patches.loc[patch_id, ["mean_blue", "mean_swir2"]].to_list(), means[[0, 9]]
        )
        prediction = read_prediction(study, "continent-africa", patch_id)
        assert prediction is not None
        assert np.array_equal(prediction != 255, image.valid)
    assert patches.labelled[f"{SPRING}_1_p30"] > 0
    assert patches.continent[f"{SPRING}_1_p30"] == "Africa"


def test_a_model_of_all_but_one_continent_never_sees_it(data: Path) -> None:
    study = measured(data)
    train(study, experiments=["without-australia"], config=QUICK, hardware=Hardware("cpu"))
    assert study.experiments() == ()
    assert study.experiments_without() == ("without-australia",)
    card = study.model("without-australia")
    assert (card.axis, card.train_group) == ("continent", "all but Australia")
    # Scene 999 lies on no continent, and so in no group of continents.
    assert sorted(card.training_scenes + card.validation_scenes) == [f"{SPRING}_1", f"{SPRING}_6"]
    evaluate(study, device="cpu", workers=0)
    results = study.results().set_index("scene_id")
    assert set(results.train_group) == {"all but Australia"}
    assert results.split[f"{SPRING}_8"] == "test"
    assert card.training_scenes[0] not in results.index
    assert predicted_scenes(study, "without-australia") == ()  # no page shows its maps
    evaluate(study, device="cpu", workers=0)
    assert study.results().set_index("scene_id").equals(results)


def test_members_of_groups() -> None:
    table = pd.DataFrame(
        {"season": ["Spring", "Fall", "Fall"], "continent": ["Africa", "Asia", None]}
    )
    assert is_member(table, "season-fall").tolist() == [False, True, True]
    assert is_member(table, "continent-africa").tolist() == [True, False, False]
    assert is_member(table, "without-africa").tolist() == [False, True, False]

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from study_factory import NO_LABELS_SCENE, NO_PICTURES_SCENE, make_study
from typer.testing import CliRunner

from lcviz.errors import ArtefactMissingError, ConfigurationError
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.landscapes import (
    available_k,
    read_clusters,
    read_membership,
    read_silhouettes,
    read_stability,
)
from precompute.__main__ import app
from precompute.stages import landscapes as stage
from precompute.stages.landscapes import landscapes


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of 27 patches of nine scenes."""
    return make_study(tmp_path_factory.mktemp("studies") / "study", models=False).path


@pytest.fixture
def study(tmp_path: Path, untouched: Path) -> Study:
    return Study.open(shutil.copytree(untouched, tmp_path / "study"))


def make(study: Study, *ks: int, seed: int = 0) -> None:
    landscapes(study, ks=ks, seed=seed, starts=2)


def tables(study: Study) -> dict[str, bytes]:
    files = sorted((study.path / "landscapes").rglob("*.parquet"))
    return {str(file.relative_to(study.path)): file.read_bytes() for file in files}


def test_the_usual_clusterings_are_made(study: Study) -> None:
    make(study)
    assert available_k(study) == (6, 8, 10, 12, 16, 20, 24)
    silhouettes = read_silhouettes(study)
    assert silhouettes.k.tolist() == [6, 8, 10, 12, 16, 20, 24]
    stable = read_stability(study)
    assert stable.k.tolist() == silhouettes.k.tolist()
    assert stable.stability.dropna().between(-1, 1).all()
    assert silhouettes.inertia.is_monotonic_decreasing
    assert silhouettes.silhouette.between(-1, 1).all()


def test_clusters_describe_their_members(study: Study) -> None:
    patches = study.patches()
    patches.loc[0, "status"] = "damaged: truncated"
    patches.loc[1, MEANS] = np.nan
    study.write_patches(patches)
    make(study, 3)
    membership = read_membership(study, 3)
    assert membership.patch_id.tolist() == patches.patch_id[2:].tolist()
    assert NO_LABELS_SCENE in set(membership.patch_id.str.rpartition("_p")[0])
    members = membership.merge(patches, on="patch_id")
    clusters = read_clusters(study, 3)
    assert clusters.patches.sum() == 25
    for row in clusters.itertuples():
        own = members[members.cluster == row.cluster]
        assert row.patches == len(own)
        shown = clusters.loc[[row.Index]]
        np.testing.assert_allclose(shown[MEANS].to_numpy()[0], own[MEANS].mean())
        np.testing.assert_allclose(shown[FRACTIONS].to_numpy()[0], own[FRACTIONS].mean())
        browsable = own[own.browsable]
        count = min(len(browsable), len(row.representatives))
        assert set(row.representatives[:count]) <= set(browsable.patch_id)
        assert row.representatives[0] == browsable.patch_id[browsable.distance.idxmin()]
        scenes = browsable.set_index("patch_id").scene_id[row.representatives[:count]]
        assert scenes.nunique() == min(count, browsable.scene_id.nunique())
    assert NO_PICTURES_SCENE in set(members.scene_id)


def test_the_papers_k_is_always_made(study: Study) -> None:
    make(study, 7)
    assert available_k(study) == (7, 16)


def test_reruns_do_nothing_and_give_the_same(
    study: Study, untouched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(study, 7)
    first = tables(study)
    capsys.readouterr()
    make(study, 7)
    assert "landscapes: up to date" in capsys.readouterr().out
    again = Study.open(shutil.copytree(untouched, tmp_path / "again"))
    again.write_patches(again.patches().sample(frac=1, random_state=0))
    make(again, 7)
    pd.testing.assert_frame_equal(read_clusters(again, 7), read_clusters(study, 7))
    memberships = (read_membership(s, 7).set_index("patch_id").sort_index() for s in (study, again))
    pd.testing.assert_frame_equal(*memberships)
    # One K more leaves the others alone; a deleted one is made again.
    make(study, 5)
    unchanged = {name: table for name, table in first.items() if "k7" in name}
    assert tables(study).items() >= unchanged.items()
    (study.path / "landscapes" / "k7" / "membership.parquet").unlink()
    make(study, 7)
    assert tables(study).items() >= unchanged.items()


def test_other_patches_or_another_seed_make_all_of_it_anew(study: Study) -> None:
    make(study, 7)
    before = read_clusters(study, 7)
    patches = study.patches()
    patches.loc[patches.index[-1], MEANS] += 5000.0
    study.write_patches(patches)
    make(study)
    assert available_k(study) == (6, 7, 8, 10, 12, 16, 20, 24)
    assert not read_clusters(study, 7)[MEANS].equals(before[MEANS])
    assert study.stamp("landscapes")["ks"] == list(available_k(study))  # type: ignore[index]
    inputs = study.stamp("landscapes")["inputs"]  # type: ignore[index]
    make(study, seed=1)
    assert study.stamp("landscapes")["inputs"] != inputs  # type: ignore[index]


def test_a_stopped_run_goes_on_where_it_was(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    cluster_patches = stage.cluster_patches

    def stopping(means: np.ndarray, k: int, **options: int) -> stage.Clustering:
        if k == 12 and "stopped" not in done:
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(k)
        return cluster_patches(means, k, **options)

    monkeypatch.setattr(stage, "cluster_patches", stopping)
    with pytest.raises(KeyboardInterrupt):
        make(study)
    assert available_k(study) == (6, 8, 10)
    make(study)
    assert done == [6, 8, 10, "stopped", 12, 16, 20, 24]


def few(study: Study, n: int) -> None:
    patches = study.patches()
    patches.loc[n:, MEANS] = np.nan
    study.write_patches(patches)


def test_too_few_patches_are_said(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    make(study)
    few(study, 9)
    make(study)
    said = " ".join(capsys.readouterr().out.split())
    assert "K = 10, 12, 16, 20, 24 skipped, there are 9 different patches" in said
    # What was made of patches that are no longer there is gone.
    assert available_k(study) == (6, 8)
    assert read_silhouettes(study).k.tolist() == [6, 8]
    with pytest.raises(ConfigurationError, match=r"12 clusters need .* has 9. Choose a smaller"):
        make(study, 7, 12)
    make(study, 7)
    assert available_k(study) == (6, 7, 8)
    few(study, 2)
    make(study)
    assert available_k(study) == ()


def test_a_study_without_statistics_says_so(study: Study) -> None:
    patches = study.patches()
    patches["labelled"] = pd.array([None] * len(patches), dtype="Int64")
    study.write_patches(patches)
    with pytest.raises(ArtefactMissingError, match="precompute statistics --study"):
        make(study)


def test_the_command(study: Study) -> None:
    def command(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(
            app, ["landscapes", "--study", str(study.path), "--workers", "0", *arguments]
        )
        assert "Traceback" not in result.output
        return result.exit_code, " ".join(result.output.split())

    status, said = command("--k", "5", "--k", "7", "--starts", "1")
    assert (status, available_k(study)) == (0, (5, 7, 16))
    assert "27 patches, K = 5, 7, 16" in said
    status, said = command("--k", "100")
    assert status == 1
    assert "error: 100 clusters need" in said
    assert command("--k", "1")[0] == 2


def test_the_number_of_workers_changes_nothing(study: Study, tmp_path: Path) -> None:
    other = Study.open(shutil.copytree(study.path, tmp_path / "other"))
    make(study, 5)
    landscapes(other, ks=(5,), seed=0, starts=2, workers=2)
    assert available_k(other) == (5, 16)
    assert tables(other) == tables(study)


def test_a_k_that_fails_is_told_and_the_rest_done(
    study: Study, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster_patches = stage.cluster_patches
    with monkeypatch.context() as context:
        context.setattr(
            stage,
            "cluster_patches",
            lambda means, k, **options: cluster_patches(means, k, **options) if k != 5 else 1 / 0,
        )
        make(study, 5)
    assert "landscapes: 1 not done" in capsys.readouterr().out
    assert available_k(study) == (16,)
    make(study, 5)
    assert available_k(study) == (5, 16)

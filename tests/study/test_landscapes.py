from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lcviz.errors import ArtefactDamagedError, ArtefactMissingError
from lcviz.study import Study
from lcviz.study.columns import FRACTIONS, MEANS
from lcviz.study.landscapes import (
    available_k,
    read_clusters,
    read_membership,
    read_silhouettes,
    remove_clustering,
    write_clustering,
    write_silhouettes,
)
from lcviz.study.records import StudyInfo


@pytest.fixture
def study(tmp_path: Path) -> Study:
    info = StudyInfo(name="few files", kind="demo", data=None, seed=0, data_digest="")
    return Study.create(tmp_path / "study", info)


def clustering(k: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    clusters = pd.DataFrame({"cluster": range(k), "patches": 2}).assign(
        **dict.fromkeys(MEANS, 500.0), **dict.fromkeys(FRACTIONS, np.nan)
    )
    clusters["representatives"] = [[f"p{2 * i}", f"p{2 * i + 1}"] for i in range(k)]
    membership = pd.DataFrame(
        {"patch_id": [f"p{i}" for i in range(2 * k)], "cluster": np.arange(2 * k) // 2}
    ).assign(distance=0.5)
    return clusters, membership


def test_what_was_written_is_read(study: Study) -> None:
    assert available_k(study) == ()
    for k in (16, 7):
        write_clustering(study, k, *clustering(k))
    assert available_k(study) == (7, 16)
    clusters, membership = clustering(7)
    read = read_clusters(study, 7)
    assert read.representatives[3] == ["p6", "p7"]
    pd.testing.assert_frame_equal(read[clusters.columns], clusters)
    pd.testing.assert_frame_equal(read_membership(study, 7), membership)
    remove_clustering(study, 7)
    assert available_k(study) == (16,)
    silhouettes = pd.DataFrame({"k": [16], "silhouette": [0.3], "inertia": [9.5]})
    write_silhouettes(study, silhouettes)
    pd.testing.assert_frame_equal(read_silhouettes(study), silhouettes)


def test_what_is_missing_says_which_command_makes_it(study: Study) -> None:
    for read in (read_clusters, read_membership):
        with pytest.raises(ArtefactMissingError, match="precompute landscapes --k 7 --study"):
            read(study, 7)
    with pytest.raises(ArtefactMissingError, match="precompute landscapes --study"):
        read_silhouettes(study)


@pytest.mark.parametrize(
    ("read", "name"), [(read_clusters, "clusters"), (read_membership, "membership")]
)
def test_what_is_broken_names_the_file(study: Study, read, name: str) -> None:
    write_clustering(study, 7, *clustering(8))
    with pytest.raises(ArtefactDamagedError, match=f"k7.{name}.parquet .*other than 0 to 6"):
        read(study, 7)
    file = study.path / "landscapes" / "k7" / f"{name}.parquet"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ArtefactDamagedError, match=f"k7.{name}.parquet"):
        read(study, 7)


def test_a_foreign_folder_is_no_clustering(study: Study) -> None:
    write_clustering(study, 7, *clustering(7))
    folder = study.path / "landscapes" / "k7"
    (folder.with_name("kx")).mkdir()
    (folder.with_name("kx") / "clusters.parquet").touch()
    (folder.with_name("k9")).mkdir()
    assert available_k(study) == (7,)

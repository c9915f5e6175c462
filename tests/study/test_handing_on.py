import hashlib
import io
import json
import stat
import zipfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import zarr
from PIL import Image
from study_factory import EXPERIMENT, make_study
from typer.testing import CliRunner

from lcviz.errors import StudyError, UntrustedStudyError
from lcviz.study import Study
from lcviz.study.check_records import keep_check, read_checks
from lcviz.study.handing_on import export_study, import_study
from lcviz.study.handing_on.contents import array_fault, may_hold
from precompute.__main__ import app


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    study = make_study(tmp_path_factory.mktemp("studies") / "mine")
    for extra in ("partial/index/scene.json", "packed/dn.npy", "notes.txt", ".secret.json"):
        file = study.path / extra
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    return study


@pytest.fixture(scope="module")
def bundle(study, tmp_path_factory):
    file = tmp_path_factory.mktemp("bundles") / "mine.zip"
    export_study(study, file)
    return file


def test_what_is_handed_on_is_read_as_it_was(study, bundle, tmp_path):
    other = import_study(bundle, tmp_path / "other")
    assert other.info.data is None
    assert other.info.name == study.info.name
    assert other.results().equals(study.results())
    assert other.patches().equals(study.patches())
    assert other.weights(EXPERIMENT).keys() == study.weights(EXPERIMENT).keys()
    left_behind = {"partial", "packed", "notes.txt", ".secret.json"}
    assert not left_behind & {file.name for file in other.path.iterdir()}


def test_what_checks_measured_goes_along_and_comes_back(tmp_path):
    study = make_study(tmp_path / "checked")
    records = [{"check": "a", "accuracy": 0.5, "note": "é"}, {"check": "b", "accuracy": 0.75}]
    for record in records:
        keep_check(study, record)
    manifest, _ = export_study(study, tmp_path / "a.zip")
    kept = [name for name in manifest.files if name.startswith("receipts/")]
    assert kept == ["receipts/checks.jsonl"]  # and not its lock
    other = import_study(tmp_path / "a.zip", tmp_path / "other")
    assert read_checks(other) == records
    keep_check(other, {"check": "c", "accuracy": 1.0})
    assert [record["check"] for record in read_checks(other)] == ["a", "b", "c"]


def test_the_same_study_gives_the_same_bytes(study, bundle, tmp_path):
    _, digest = export_study(study, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    assert digest == hashlib.sha256(bundle.read_bytes()).hexdigest()
    import_study(bundle, tmp_path / "one", sha256=digest.upper())
    with pytest.raises(UntrustedStudyError, match="SHA-256"):
        import_study(bundle, tmp_path / "two", sha256="0" * 64)


def test_by_command(study, tmp_path):
    run = CliRunner().invoke
    result = run(app, ["export", "--study", str(study.path), "--out", str(tmp_path / "a.zip")])
    assert result.exit_code == 0, result.output
    assert "SHA-256" in result.output
    result = run(app, ["import", str(tmp_path / "a.zip"), "--study", str(tmp_path / "b")])
    assert result.exit_code == 0, result.output
    assert Study.open(tmp_path / "b").experiments() == study.experiments()
    result = run(app, ["import", str(tmp_path / "a.zip"), "--study", str(tmp_path / "b")])
    assert result.exit_code == 1
    assert "is not empty" in result.output
    (tmp_path / "c.zip").write_bytes(b"PK no zip")
    result = run(app, ["import", str(tmp_path / "c.zip"), "--study", str(tmp_path / "c")])
    assert result.exit_code == 1
    assert "no zip" in result.output


def rewrite(bundle, target, change, relist=True):
    """Write the bundle anew after `change(files)`; its list is made to fit, or left as it was."""
    with zipfile.ZipFile(bundle) as old:
        files = {info.filename: old.read(info) for info in old.infolist()}
    change(files)
    if relist:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
            if name not in ("manifest.json", "LICENCE.txt")
        }
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    return target


def refused(file, tmp_path, said=None):
    target = tmp_path / "refused"
    with pytest.raises(UntrustedStudyError, match=said):
        import_study(file, target)
    assert not target.exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".refused")] == []


@pytest.mark.parametrize(
    "path",
    [
        "../outside.json",
        "/etc/cron.d/job.json",
        "models/../../outside.json",
        "C:\\windows\\x.json",
        "models\\x.json",
        "run.py",
        "models/continent-africa/weights.pkl",
        "models/continent-africa/weights.pt",
        ".hidden.json",
        "a/./b.json",
        "a//b.json",
        "models/nul.json",
        "x.json\n",
        "x.json ",
        "study.ipynb",
        "predictions.zarr/.zarray",
        "predictions.zarr/run.so",
        "predictions.zarr/a/c/x.py",
        "x" * 300 + ".json",
        "partial/index/x.json",
        "é.json",
    ],
)
def test_a_path_that_no_study_has_is_refused(path, bundle, tmp_path):
    assert not may_hold(path)
    refused(rewrite(bundle, tmp_path / "a.zip", lambda f: f.update({path: b"{}"})), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_a_changed_file_is_found(bundle, tmp_path):
    def change(files):
        files["results.parquet"] = files["results.parquet"][:-1] + b"?"

    file = rewrite(bundle, tmp_path / "a.zip", change, relist=False)
    refused(file, tmp_path, "results.parquet is not what is listed")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.pop("results.parquet"), "differ, at 'results.parquet'"),
        (lambda f: f.update({"more.json": b"{}"}), "differ, at 'more.json'"),
        (lambda f: f.update({"scenes.parquet": b""}), "listed are"),
        (lambda f: f.pop("manifest.json"), "holds no manifest.json"),
        (lambda f: f.update({"manifest.json": b"[" * 100_000}), "cannot be read"),
        (lambda f: f.update({"manifest.json": b'{"name": 1}'}), "cannot be read"),
        (
            lambda f: f.update(
                {"manifest.json": f["manifest.json"].replace(b'"format": 1', b'"format": 9')}
            ),
            "has format 9",
        ),
    ],
)
def test_a_list_that_does_not_fit_is_refused(change, said, bundle, tmp_path):
    refused(rewrite(bundle, tmp_path / "a.zip", change, relist=False), tmp_path, said)


def array(**changes):
    described = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [1, 256, 256],
        "codecs": [{"name": "bytes"}, {"name": "zstd"}],
    }
    return json.dumps(described | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        array(codecs=[{"name": "numcodecs.pickle"}]),
        array(codecs=[{"name": "sharding_indexed", "configuration": {"codecs": [{"name": "x"}]}}]),
        array(shape=[1 << 40, 1 << 40]),
        array(shape=[-1]),
        array(zarr_format=2),
        array(storage_transformers=[{"name": "x"}]),
        json.dumps(
            {
                "zarr_format": 3,
                "node_type": "group",
                "consolidated_metadata": {
                    "metadata": {"x": json.loads(array(codecs=[{"name": "numcodecs.pickle"}]))}
                },
            }
        ).encode(),
        b'{"zarr_format": 2, "filters": [{"id": "pickle"}]}',
        b"[" * 100_000,
        b"no json",
    ],
)
def test_an_array_that_asks_for_more_than_its_values_is_refused(content, bundle, tmp_path):
    assert array_fault(array()) is None
    name = "predictions.zarr/x/zarr.json"
    file = rewrite(bundle, tmp_path / "a.zip", lambda f: f.update({name: content}))
    refused(file, tmp_path, "is not taken")


def test_the_arrays_that_lcviz_writes_are_taken(tmp_path):
    zarr.create_array(str(tmp_path / "a"), shape=(4, 4), dtype="uint8")
    assert array_fault((tmp_path / "a" / "zarr.json").read_bytes()) is None


def test_pictures_of_another_size_and_links_and_twins_are_refused(bundle, tmp_path):
    picture = tmp_path / "large.png"
    Image.new("L", (5000, 5000)).save(picture)
    for content in (picture.read_bytes(), b"no picture"):
        change = {"quicklooks/x_1_p1.lc.png": content}
        file = rewrite(bundle, tmp_path / "a.zip", lambda f, c=change: f.update(c))
        refused(file, tmp_path, "picture")
    picture.unlink()
    for name, mode in (("link.json", stat.S_IFLNK | 0o777), ("STUDY.json", 0)):
        with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(tmp_path / "b.zip", "w") as new:
            for info in old.infolist():
                new.writestr(info, old.read(info))
            added = zipfile.ZipInfo(name)
            added.external_attr = mode << 16
            new.writestr(added, "/etc/passwd")
        refused(tmp_path / "b.zip", tmp_path, "plain file|twice")


def test_a_study_that_names_a_folder_of_this_machine_is_refused(bundle, tmp_path):
    def change(files):
        study = json.loads(files["study.json"]) | {"data": "/etc"}
        files["study.json"] = json.dumps(study).encode()

    refused(rewrite(bundle, tmp_path / "a.zip", change), tmp_path, "names a dataset's folder")


def test_a_bomb_ends_at_the_size_that_is_listed(bundle, tmp_path):
    file = rewrite(bundle, tmp_path / "a.zip", lambda f: f.update({"z.json": bytes(10)}))
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("y.json", bytes(50_000_000))
        bomb.getinfo("y.json").file_size = 10  # What its directory says, and no list.
    refused(file, tmp_path)
    content[content.rindex(b"z.json") - 22] ^= 1
    file.write_bytes(content)
    refused(file, tmp_path)


def test_a_table_that_claims_more_than_anyone_could_hold_is_refused(bundle, tmp_path, monkeypatch):
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"x": np.zeros(300_000, np.int8)}), content)
    monkeypatch.setattr("lcviz.study.handing_on.contents._MOST_VALUES", 200_000)
    for table, said in ((content.getvalue(), "claims 300,000 rows"), (b"PAR1", "no Parquet file")):
        file = rewrite(bundle, tmp_path / "a.zip", lambda f, t=table: f.update({"x.parquet": t}))
        refused(file, tmp_path, said)


def test_one_bit_that_flips_is_found(bundle, tmp_path):
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "b.zip").write_bytes(content)
    refused(tmp_path / "b.zip", tmp_path)


def test_a_cut_zip_and_a_full_folder(bundle, tmp_path):
    (tmp_path / "cut.zip").write_bytes(bundle.read_bytes()[:-200])
    refused(tmp_path / "cut.zip", tmp_path, "no zip")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(StudyError, match="not empty"):
        import_study(bundle, tmp_path / "full")
    (tmp_path / "empty").mkdir()
    assert import_study(bundle, tmp_path / "empty").experiments()

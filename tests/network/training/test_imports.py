"""Training and the making of patches, where GDAL, Arrow, Zarr, OpenVINO and Streamlit are not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from typer.testing import CliRunner

from lcviz.network.training.recipe import DEMO_CONFIG
from lcviz.study import Study
from precompute.__main__ import app
from precompute.running.training_settings import training_config
from precompute.stages.train import planned

BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())
"""
MISSING = {
    *("rasterio", "affine", "pyproj", "tifffile", "pyarrow", "zarr", "dask", "distributed"),
    *("openvino", "streamlit", "plotly", "folium", "bokeh"),
}
USED = """
import lcviz.network.training.fit, lcviz.network.training.resident, lcviz.network.predictor
from lcviz.data.demo import DemoSettings, generate_labelled, patch_numbers, sites

settings = DemoSettings(seed=0, scenes=1, patches=1)
site = sites(settings)[0]
dn, classes, truth = generate_labelled(settings, site, patch_numbers(settings, site)[0])
print(dn.shape, classes.shape, truth.shape)
"""


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that lacks the packages."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "sitecustomize.py").write_text(BLOCK.format(names=MISSING))
    return os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_training_and_the_generator_need_none_of_them(without: dict[str, str]) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", "import rasterio"], env=without, capture_output=True, check=False
    )
    assert refused.returncode == 1
    assert run(["-c", USED], without) == "(10, 256, 256) (256, 256) (256, 256)\n"


@pytest.mark.slow
def test_a_run_elsewhere_is_taken_into_the_study(tmp_path: Path, without: dict[str, str]) -> None:
    data, study_folder = tmp_path / "data", tmp_path / "study"
    for command in (
        ["demo", "--out", data, "--scenes", "12", "--patches", "1"],
        ["index", "--data", data, "--study", study_folder, "--workers", "0"],
        ["statistics", "--study", study_folder, "--workers", "0"],
    ):
        done = CliRunner().invoke(app, [str(part) for part in command])
        assert done.exit_code == 0, done.output
    plan, out = tmp_path / "plan.json", tmp_path / "out"
    script = "benchmarks/on_gpu.py"
    run([script, "plan", "--study", str(study_folder), "--out", str(plan)], dict(os.environ))
    # Two models suffice.
    content = json.loads(plan.read_text())
    content["models"] = [m for m in content["models"] if m["experiment"].startswith("season")][:2]
    plan.write_text(json.dumps(content))
    options = ["--minutes", "0.5", "--crop", "16", "--batch", "2", "--workers", "1"]
    said = run([script, "run", str(plan), "--out", str(out), *options], without)
    assert "models in" in said
    files = sorted(out.iterdir())
    assert [f.name for f in files] == ["models.json", "results.md", "weights-1.safetensors"]
    assert max(f.stat().st_size for f in files) < 16 * 2**20

    found = json.loads((out / "models.json").read_text())["models"]
    results = ROOT / "benchmarks" / "RESULTS.md"
    before = results.read_text()
    try:
        run([script, "install", str(out), "--study", str(study_folder)], dict(os.environ))
        assert "## On a GPU" in results.read_text()
    finally:
        results.write_text(before)
    study = Study.open(study_folder)
    for plan_of in planned(study, list(found), training_config(study)):
        assert plan_of.is_current(study)
        card = study.model(plan_of.experiment)
        assert card.config["crop"] == 16
        assert "crop" in card.departures
        assert set(card.training_scenes) == set(plan_of.split.training)
    assert DEMO_CONFIG.crop != 16

"""The better labels of one patch, found without a look at the rest of the dataset."""

import numpy as np
from sen12ms_files import save_patch

from lcviz.data.reference import patch_reference

PATCH = "ROIs0000_spring_1_p30"


def test_the_truth_of_a_patch_and_its_legend(tmp_path):
    truth = np.full((1, 256, 256), 7, np.uint8)
    truth[0, 0, 0] = 255
    save_patch(tmp_path, PATCH, ("truth",), {"truth": truth})
    found = patch_reference(tmp_path, PATCH)
    assert found is not None
    classes, legend = found
    assert (classes == truth[0]).all()
    assert legend


def test_there_is_none_without_a_folder_a_file_or_a_dataset(tmp_path):
    save_patch(tmp_path, PATCH, ("truth",), {"truth": np.zeros((1, 256, 256), np.uint8)})
    assert patch_reference(tmp_path, "ROIs0000_spring_1_p31") is None
    assert patch_reference(tmp_path, "ROIs0000_spring_2_p30") is None
    assert patch_reference(tmp_path / "nowhere", PATCH) is None

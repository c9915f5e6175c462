"""Where what a study shows comes from, in the words that go with a figure or table of it."""

from typing import Final

from lcviz.study.study import Study

SYNTHETIC: Final = "Synthetic"
"""What stands in a figure of imagery that no satellite took."""
PAPER_SOURCE: Final = (
    "Hu, Robinson & Dilkina 2020, Model Generalization in Deep Learning Applications for Land "
    "Cover Mapping, arXiv:2008.10351"
)
_SEN12MS: Final = "SEN12MS (Schmitt et al. 2019, arXiv:1906.07789)"


def source_in_words(study: Study) -> str:
    """Who made the data of a study, and the study of them."""
    made = f"lcviz {study.info.lcviz_version}, study {study.info.name}"
    if study.is_demo:
        return f"{made}: synthetic imagery and labels by lcviz's generator, not of a satellite"
    if study.is_published:
        return f"{PAPER_SOURCE}; scenes of {_SEN12MS}"
    return f"{made}, seed {study.info.seed}: patches in the form of {_SEN12MS}"

"""What to cite: CITATION.cff, and the references of the methods."""

import json
from collections.abc import Sequence
from typing import Any, Final

from lcviz.study import Study

REFERENCES: Final[dict[str, dict[str, Any]]] = {
    "paper": {
        "type": "article",
        "title": "Model Generalization in Deep Learning Applications for Land Cover Mapping",
        "authors": [("Hu", "Lucas"), ("Robinson", "Caleb"), ("Dilkina", "Bistra")],
        "year": 2020,
        "url": "https://arxiv.org/abs/2008.10351",
    },
    "sen12ms": {
        "type": "article",
        "title": "SEN12MS - A curated dataset of georeferenced multi-spectral Sentinel-1/2 imagery "
        "for deep learning and data fusion",
        "authors": [
            ("Schmitt", "Michael"),
            ("Hughes", "Lloyd Haydn"),
            ("Qiu", "Chunping"),
            ("Zhu", "Xiao Xiang"),
        ],
        "year": 2019,
        "doi": "10.5194/isprs-annals-IV-2-W7-153-2019",
    },
    "modis": {
        "type": "article",
        "title": "Hierarchical mapping of annual global land cover 2001 to present: The MODIS "
        "Collection 6 Land Cover product",
        "authors": [
            ("Sulla-Menashe", "Damien"),
            ("Gray", "Josh M."),
            ("Abercrombie", "S. Parker"),
            ("Friedl", "Mark A."),
        ],
        "year": 2019,
        "doi": "10.1016/j.rse.2018.12.013",
    },
}


def in_words(name: str) -> str:
    """One of `REFERENCES` as a line of a list of references."""
    entry = REFERENCES[name]
    authors = ", ".join(f"{family}, {given[0]}." for family, given in entry["authors"])
    where = f"https://doi.org/{entry['doi']}" if "doi" in entry else entry["url"]
    return f"{authors} ({entry['year']}). {entry['title']}. {where}"


def citation_cff(study: Study, authors: Sequence[str]) -> str:
    """CITATION.cff (format 1.2.0) of what a study gives.

    Args:
        study: the study.
        authors: `Family, Given`; where there is none, the study stands in for them.
    """
    lines = [
        "# Complete this file before you publish: your names, an identifier, a date.",
        "cff-version: 1.2.0",
        "type: dataset",
        "message: If you use these tables and figures, please cite them as below.",
        f"title: {_text(f'Tables and figures of the land-cover study {study.info.name}')}",
        "authors:",
        *(_author(name) for name in authors or [f"The authors of the study {study.info.name}"]),
        "references:",
        "  - type: software",
        "    title: lcviz",
        f"    version: {_text(study.info.lcviz_version)}",
        "    license: MIT",
        "    authors:",
        "      - name: The lcviz developers",
    ]
    for entry in REFERENCES.values():
        lines += [f"  - type: {entry['type']}", f"    title: {_text(entry['title'])}"]
        lines += [f"    year: {entry['year']}"]
        lines += [f"    {key}: {_text(entry[key])}" for key in ("doi", "url") if key in entry]
        lines += ["    authors:"]
        for family, given in entry["authors"]:
            lines += [
                f"      - family-names: {_text(family)}",
                f"        given-names: {_text(given)}",
            ]
    return "\n".join(lines) + "\n"


def _author(name: str) -> str:
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma or not given:
        return f"  - name: {_text(name)}"
    return f"  - family-names: {_text(family)}\n    given-names: {_text(given)}"


def _text(value: str) -> str:
    """A string as YAML, of which JSON's strings are part."""
    return json.dumps(value, ensure_ascii=False)

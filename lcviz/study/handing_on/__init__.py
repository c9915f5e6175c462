"""A study as one file: written, and opened without trusting who wrote it."""

from lcviz.study.handing_on.contents import Manifest
from lcviz.study.handing_on.export import export_study
from lcviz.study.handing_on.unpack import import_study

__all__ = ["Manifest", "export_study", "import_study"]

"""The demo's first generator, for the pixels of studies that were made with it.

It is to go with the last of them: nothing new is made with it.
"""

from lcviz.data.demo.first.patch import generate_s2
from lcviz.data.demo.first.sites import VERSION, DemoSettings, sites

__all__ = ["VERSION", "DemoSettings", "generate_s2", "sites"]

"""lcviz: how far can a land-cover model travel?"""

__version__ = "0.1.0"

"""Where the tests find what they do not make."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "studies" / "demo"
SHARED = ROOT.parent / "shared"
"""Real files for trying things on, which the project does not ship; it may be absent."""

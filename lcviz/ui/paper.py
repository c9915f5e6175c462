"""The paper behind lcviz, and where the app answers each of its tables and figures."""

from typing import Final

PAPER: Final = (
    "[Hu, Robinson & Dilkina, Model Generalization in Deep Learning Applications for Land Cover "
    "Mapping (arXiv:2008.10351)](https://arxiv.org/abs/2008.10351)"
)
"""As Markdown."""

"""A manuscript in LaTeX: a file a table, and one that holds all tables and figures."""

from collections.abc import Sequence
from typing import Final

from lcviz.figures.exports import latex, latex_text
from lcviz.figures.widths import PAGE_MM
from lcviz.manuscript.items import Item, Table

_WIDEST: Final = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
_HEAD: Final = r"""\documentclass[10pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage[textwidth=@PAGE@mm,textheight=245mm]{geometry}
\usepackage{booktabs}
\usepackage{graphicx}
\makeatletter
\def\fnum@table{\thetable}
\def\fnum@figure{\thefigure}
\makeatother
\begin{document}
""".replace("@PAGE@", f"{PAGE_MM:.0f}")


def table_tex(item: Table) -> str:
    r"""One table; needs booktabs and graphicx, which makes it no wider than the column."""
    text = latex(item.printed, item.caption, f"tab:{item.name}").decode()
    text = text.replace(r"\begin{tabular}", f"{_WIDEST}\n\\begin{{tabular}}", 1)
    return text.replace(r"\end{tabular}", "\\end{tabular}}", 1)


def paper_tex(title: str, items: Sequence[Item]) -> str:
    """All of them, to be compiled in the folder that holds `tables` and `figures`."""
    parts = [_HEAD, f"\\section*{{{latex_text(title)}}}\n"]
    for place, item in enumerate(items):
        kind = "table" if isinstance(item, Table) else "figure"
        parts.append(f"\\renewcommand{{\\the{kind}}}{{{latex_text(item.title)}}}\n")
        if isinstance(item, Table):
            parts.append(f"\\input{{tables/{item.name}}}\n")
        else:
            parts.append(
                "\\begin{figure}\n\\centering\n"
                f"\\includegraphics{{figures/{item.name}.pdf}}\n"
                f"\\caption{{{latex_text(item.caption)}}}\n"
                f"\\label{{fig:{item.name}}}\n\\end{{figure}}\n"
            )
        if place % 6 == 5:  # LaTeX holds no more floats than it has places for.
            parts.append("\\clearpage\n")
    return "".join([*parts, "\\end{document}\n"])

"""One HTML page that shows a whole manuscript, without anything from elsewhere."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import pandas as pd

from lcviz.manuscript.items import Item, Lacking, Table
from lcviz.manuscript.methods import Sections

_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums}
caption{display:none}
thead tr{border-top:2px solid;border-bottom:1px solid}
tbody tr:last-child{border-bottom:2px solid}
th,td{padding:.15rem .6rem;text-align:left;vertical-align:top;white-space:nowrap}
.wide{overflow-x:auto}
figure{margin:2.5rem 0}
figcaption{font-size:.9rem;margin-top:.6rem}
figure img{max-width:100%;background:#fff;padding:.4rem;box-sizing:border-box}
nav ul{columns:3 14rem;font-size:.9rem}
.files{font-size:.85rem}
"""


def page(
    title: str,
    items: Sequence[Item],
    lacking: Mapping[str, Sequence[Lacking]],
    sections: Sections,
    pictures: Mapping[str, bytes],
) -> str:
    """The page.

    Args:
        title: its heading.
        items: tables and figures, in their order.
        lacking: why -> what the study lacks for that reason.
        sections: of the methods.
        pictures: name of a figure -> its SVG.
    """
    links = "".join(f'<li><a href="#{i.name}">{escape(i.title)}</a></li>' for i in items)
    missing = "".join(f"<li>{escape(line)}</li>" for line in lacking_lines(lacking))
    told = "".join(
        f"<h3>{escape(heading)}</h3>" + "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
        for heading, paragraphs in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><nav><details open><summary>Contents</summary><ul>{links}"
        '<li><a href="#methods">Methods</a></li></ul></details></nav>'
        + (f"<h2>Not in this study</h2><ul>{missing}</ul>" if missing else "")
        + "".join(_shown(item, pictures) for item in items)
        + f'<section id="methods"><h2>Methods</h2>{told}</section></body></html>\n'
    )


def lacking_lines(lacking: Mapping[str, Sequence[Lacking]]) -> list[str]:
    """One line a reason: what is missing, and why."""
    return [f"{', '.join(each.title for each in parts)}: {why}" for why, parts in lacking.items()]


def by_reason(lacking: Sequence[Lacking]) -> dict[str, list[Lacking]]:
    """What is lacking, by why it is."""
    reasons: dict[str, list[Lacking]] = {}
    for each in lacking:
        reasons.setdefault(each.why, []).append(each)
    return reasons


def _shown(item: Item, pictures: Mapping[str, bytes]) -> str:
    if isinstance(item, Table):
        body = f'<div class="wide">{_table(item.printed)}</div>'
        files = [f"tables/{item.name}.{suffix}" for suffix in ("csv", "tex")]
    else:
        data = base64.b64encode(pictures[item.name]).decode()
        alt = escape(item.caption.partition(". ")[0], quote=True)
        body = f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}">'
        suffixes = ("svg", "pdf", "png", *(() if item.numbers is None else ("csv",)))
        files = [f"figures/{item.name}.{suffix}" for suffix in suffixes]
    links = " · ".join(f'<a href="{file}">{file.rpartition(".")[2].upper()}</a>' for file in files)
    return (
        f'<figure id="{item.name}"><h2>{escape(item.title)}</h2>{body}'
        f'<figcaption>{escape(item.caption)} <span class="files">{links}</span></figcaption>'
        "</figure>"
    )


def _table(table: pd.DataFrame) -> str:
    return table.to_html(
        index=False, border=0, escape=True, na_rep="--", float_format=lambda v: f"{v:.3f}"
    )

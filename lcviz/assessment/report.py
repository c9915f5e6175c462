"""One HTML file about a check, that needs nothing else: to be mailed, printed, archived."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from io import BytesIO
from typing import Any, Final

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from rasterio.enums import Resampling

from lcviz.assessment.class_map import open_class_map
from lcviz.assessment.findings import Findings
from lcviz.assessment.folder import Check
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.measurement import Measurement
from lcviz.assessment.words import (
    assisted_sentence,
    difference_sentence,
    interim_sentence,
    overall_sentence,
    percent,
    promise_sentence,
)
from lcviz.figures.interval_dots import Dot, interval_dots
from lcviz.imagery import label_picture
from lcviz.legends import EIGHT
from lcviz.taxonomy import CLASS_COLOURS, CLASSES

_SIDE: Final = 700
_OTHERS: Final = (
    *("#009E73", "#E69F00", "#56B4E9", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"),
    *("#000000", "#999999", "#FFFFFF"),
)
"""Okabe and Ito's, for the classes of other legends."""
_STYLE: Final = (
    "body{font:15px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1B2420}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:13px;width:100%}"
    "th,td{text-align:left;padding:.2rem .7rem .2rem 0;border-bottom:1px solid #ccc}"
    "td.n,th.n{text-align:right}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}"
    "svg{width:100%;height:auto}img{max-width:100%}.small{font-size:12px;color:#555}"
    "i{display:inline-block;width:.8em;height:.8em;margin-right:.3em;border:1px solid #888}"
)
SOURCES: Final = (
    "Olofsson et al. 2014, Remote Sensing of Environment 148, 42-57; Stehman 2014, International "
    "Journal of Remote Sensing 35, 4923-4939; Cochran 1977, Sampling Techniques; intervals after "
    "Brown, Cai and DasGupta 2001, Statistical Science 16, 101-133."
)


def report(check: Check, found: Findings, points: pd.DataFrame, design: Mapping[str, Any]) -> str:
    """A self-contained page of HTML.

    Args:
        check: the check.
        found: what was measured.
        points: the labelled points.
        design: how they were drawn.
    """
    first = check.record.drawn_for
    main = found.maps[first]
    parts = [
        f"<h1>Check of {escape(check.record.title)}</h1>",
        f"<p>{_strong(overall_sentence(main))}</p>",
    ]
    if interim_sentence(main):
        parts.append(f"<p><strong>{escape(interim_sentence(main))}</strong></p>")
    promise = check.record.maps[first].promise
    if promise is not None and main.assessment is not None:
        parts.append(f"<p>{escape(promise_sentence(promise, main.assessment.overall))}</p>")
    if found.assisted is not None:
        parts.append(f"<p>{escape(assisted_sentence(found.assisted))}</p>")
    parts += ["<h2>The map and the points</h2>", _picture(check, points)]
    parts.append("<h2>Accuracy and area by class</h2>")
    parts += [interval_dots(*figure) for figure in figures(main)]
    parts.append(_table(class_table(main)))
    if len(found.maps) > 1:
        parts.append("<h2>All maps on the same points</h2>")
        parts.append(_table(map_table(check, found)))
        title = check.record.maps[first].title
        for name, each in found.differences.items():
            other = check.record.maps[name].title
            parts.append(f"<p>{escape(difference_sentence(title, other, each))}</p>")
    parts.append("<h2>How it was done</h2>")
    parts.append(_table(_how(check, main, design)))
    parts += [f"<p>{escape(remark)}</p>" for remark in main.remarks]
    parts.append(f'<p class="small">{escape(SOURCES)}</p>')
    parts.append("<h2>The points</h2>" + _table(_short(points)))
    told = json.dumps(found.report() | {"design": dict(design)}).replace("</", "<\\/")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>Check of {escape(check.record.title)}</title><style>{_STYLE}</style></head><body>"
        + "\n".join(parts)
        + f'<script type="application/json" id="findings">{told}</script></body></html>'
    )


def figures(found: Measurement) -> list[tuple[Sequence[Dot], str, str]]:
    """What `interval_dots` draws of a measurement: accuracies by class, and areas."""
    if found.assessment is None:
        return []
    names, main = found.names, found.assessment
    mapped = main.matrix.sum(axis=0)
    shown = [
        k for k in range(len(names)) if main.users[k].n or main.producers[k].n or mapped[k] > 0
    ]
    return [
        ([_dot(names[k], main.users[k]) for k in shown], "User's accuracy", ""),
        ([_dot(names[k], main.producers[k]) for k in shown], "Producer's accuracy", ""),
        ([_dot(names[k], main.area[k]) for k in shown], "Area on the ground", ""),
    ]


def class_table(found: Measurement) -> pd.DataFrame:
    """A row a class: accuracies, area in per cent and in hectares, each with interval and n."""
    if found.assessment is None:
        return pd.DataFrame()
    rows = []
    for k, name in enumerate(found.names):
        users, producers = found.assessment.users[k], found.assessment.producers[k]
        area = found.assessment.area[k]
        row = {
            "class": name,
            "user's accuracy": percent(users),
            "n mapped": users.n,
            "producer's accuracy": percent(producers),
            "n on the ground": producers.n,
            "area": percent(area),
        }
        if found.hectares is not None:
            row["hectares"] = _hectares(area.scaled(found.hectares))
        rows.append(row)
    return pd.DataFrame(rows)


def class_numbers(found: Measurement) -> pd.DataFrame:
    """The same as numbers: a row a class and quantity; shares of 1, areas in hectares too."""
    if found.assessment is None:
        return pd.DataFrame()
    main, rows = found.assessment, []
    tables: dict[str, Mapping[int, Estimate]] = {
        "users": main.users,
        "producers": main.producers,
        "area": main.area,
    }
    if found.hectares is not None:
        tables["area_ha"] = {k: each.scaled(found.hectares) for k, each in main.area.items()}
    rows.append({"quantity": "overall", "class": ""} | asdict(main.overall))
    for quantity, estimates in tables.items():
        for k, each in estimates.items():
            rows.append({"quantity": quantity, "class": found.names[k]} | asdict(each))
    return pd.DataFrame(rows)


def map_table(check: Check, found: Findings) -> pd.DataFrame:
    """A row a map: overall accuracy, and how much it is better than the one drawn for."""
    rows = []
    for name, each in found.maps.items():
        overall = None if each.assessment is None else each.assessment.overall
        difference = found.differences.get(name)
        behind = "" if difference is None else _points(difference)
        rows.append(
            {
                "map": check.record.maps[name].title,
                "overall accuracy": "no estimate" if overall is None else percent(overall),
                "n": each.used,
                "first minus this": behind,
            }
        )
    return pd.DataFrame(rows)


def _how(check: Check, main: Measurement, design: Mapping[str, Any]) -> pd.DataFrame:
    record = check.record
    rows = {
        "design": main.basis,
        "points planned / used": f"{design.get('planned', '')} / {main.used}",
        "points by stratum": ", ".join(f"{k}: {v}" for k, v in design.get("points", {}).items()),
        "pixels by stratum": ", ".join(f"{k}: {v:,}" for k, v in design.get("strata", {}).items()),
        "seed": design.get("seed", ""),
        "unit": record.unit,
        "map": f"{design.get('map', '')} (digest {design.get('map_digest', '')})",
        "legends": f"map {record.map_scheme}, labels {record.label_scheme}",
        "image": record.image or "none",
        "lcviz": record.lcviz,
        "began": record.began,
    }
    for each in record.maps.values():
        tags = ", ".join(f"{k} {v}" for k, v in each.model.items() if v)
        rows[each.title] = tags or "a map of one's own"
    return pd.DataFrame({"what": list(rows), "value": [str(value) for value in rows.values()]})


def _picture(check: Check, points: pd.DataFrame) -> str:
    """The map, every n-th pixel, with the points on it."""
    scheme = check.scheme(check.record.map_scheme)
    with open_class_map(check.map_file(check.record.drawn_for), scheme) as of_map:
        height, width = of_map.dataset.shape
        step = max(1, -(-max(height, width) // _SIDE))
        shape = -(-height // step), -(-width // step)
        values = of_map.dataset.read(1, out_shape=shape, resampling=Resampling.nearest)
    codes = list(scheme.classes)
    palette = CLASS_COLOURS if scheme == EIGHT else _palette(len(codes))
    index = np.full(values.shape, 255, np.uint8)
    for k, code in enumerate(codes):
        index[values == code] = k
    picture = Image.fromarray(label_picture(index, palette)).convert("RGBA")
    drawn = ImageDraw.Draw(picture)
    for row, column in zip(points["row"], points["column"], strict=True):
        y, x = row / height * shape[0], column / width * shape[1]
        drawn.ellipse((x - 3, y - 3, x + 3, y + 3), outline="black", fill="white")
    buffer = BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    uri = b64encode(buffer.getvalue()).decode()
    names = CLASSES if scheme == EIGHT else [each.name for each in scheme.classes.values()]
    legend = " ".join(
        f'<i style="background:{palette[k]}"></i>{escape(names[k])}'
        for k in range(len(codes))
        if (index == k).any()
    )
    return f'<img alt="The map with its points" src="data:image/png;base64,{uri}"><p>{legend}</p>'


def _palette(count: int) -> tuple[str, ...]:
    """Colours of any number of classes; after ten they come again."""
    return tuple(_OTHERS[k % len(_OTHERS)] for k in range(count))


def _short(points: pd.DataFrame) -> pd.DataFrame:
    columns = [
        "sample_id",
        "longitude",
        "latitude",
        "stratum",
        "map_class",
        "label",
        "sure",
        "note",
    ]
    table = points[[c for c in columns if c in points.columns]].copy()
    for column in ("longitude", "latitude"):
        table[column] = table[column].map("{:.5f}".format)
    return table.astype(object).where(table.notna(), "")


def _table(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, border=0, escape=True, na_rep=""))


def _dot(name: str, each: Estimate) -> Dot:
    return Dot(name, each.estimate, each.low, each.high, each.n)


def _hectares(each: Estimate) -> str:
    if each.estimate is None or each.low is None or each.high is None:
        return "no estimate"
    return f"{each.estimate:,.0f} ({each.low:,.0f} to {each.high:,.0f})"


def _points(each: Estimate) -> str:
    if each.estimate is None or each.low is None or each.high is None:
        return "no estimate"
    return f"{100 * each.estimate:+.0f} ({100 * each.low:+.0f} to {100 * each.high:+.0f})"


def _strong(text: str) -> str:
    parts = escape(text).split("**")
    return "".join(f"<strong>{part}</strong>" if i % 2 else part for i, part in enumerate(parts))

"""Was a model trained on landscapes like an image's? Three verdicts, by fixed rules.

`like`: trained on landscapes like this. At most one tenth of the image lies outside the model's
area of applicability, and its landscapes are no farther from the training scenes' than nine in ten
of these are from one another.

`not`: at least half of the image lies outside. Use the fallback, or label some of it.

`partly`: everything else.

The share outside is that of tiles outside by the network's features or, for a simple model, by band
means. Where the study has no landscapes, the share alone decides.

These limits are not fitted to anything. So what they are worth is measured: the accuracy of the
study's pairs away from home by verdict. Only where `like` is shown to be more accurate than `not`
(95% interval of the difference, groups left out) are the verdicts said at all.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from lcviz.intervals import jackknife
from lcviz.study.forecast_records import ForecastRecord

Verdict = Literal["like", "partly", "not"]

WORDS: Final[dict[str, str]] = {
    "like": "trained on landscapes like this",
    "partly": "partly",
    "not": "not: use the fallback or label some of it",
}
LITTLE_OUTSIDE: Final = 0.1
"""Share of the image: up to here it is like what the model was trained on."""
MUCH_OUTSIDE: Final = 0.5
"""Share of the image: from here on it is not."""


def verdict(outside: float, landscape_distance: float | None, limit: float | None) -> Verdict:
    """The verdict for one model and one image.

    Args:
        outside: share of the image outside the model's area of applicability, 0 to 1.
        landscape_distance: of the image to the model's training scenes; None if not known.
        limit: the model's `landscape_limit`; None if not known.

    Raises:
        ValueError: the share is not between 0 and 1.
    """
    if not 0 <= outside <= 1:
        raise ValueError(f"{outside} is no share of an image")
    if outside >= MUCH_OUTSIDE:
        return "not"
    far = landscape_distance is not None and limit is not None and landscape_distance > limit
    return "partly" if far or outside > LITTLE_OUTSIDE else "like"


VERDICT_COLUMNS: Final = ("kind", "axis", "verdict", "pairs", "accuracy", "low", "high")
GAP: Final = "like minus not"


def accuracy_by_verdict(
    indicators: pd.DataFrame, models: Mapping[str, ForecastRecord]
) -> pd.DataFrame:
    """How accurate models were where each verdict would have been said.

    Args:
        indicators: as `study_transfer.read_indicators` gives them.
        models: all that the study has, by experiment.

    Returns:
        `VERDICT_COLUMNS`, one row a kind, axis and verdict, and one of the difference (`GAP`), over
        labelled pairs away from home; bounds of 95% intervals, groups left out one at a time, NaN
        where there is none.
    """
    known = indicators[(indicators.split == "test") & indicators.accuracy.notna()]
    known = known[known.experiment.isin(list(models)) & known.test_group.notna()]
    outside = known.outside_features.fillna(known.outside_bands)
    known = known.assign(outside=outside)[outside.notna()]
    said = [
        verdict(
            row.outside,
            None if np.isnan(row.landscape_distance) else row.landscape_distance,
            models[row.experiment].landscape_limit,
        )
        for row in known.itertuples()
    ]
    rows: list[dict[str, Any]] = []
    for (kind, axis), pairs in known.assign(verdict=said).groupby(["kind", "axis"], sort=False):
        for name in (*WORDS, GAP):
            statistic = _gap if name == GAP else partial(_mean, verdict=name)
            limits = (-1.0, 1.0) if name == GAP else (0.0, 1.0)
            value, low, high = jackknife(pairs, statistic, lowest=limits[0], highest=limits[1])
            n = len(pairs) if name == GAP else int((pairs.verdict == name).sum())
            found = (kind, axis, name, n, value, low, high)
            rows.append(dict(zip(VERDICT_COLUMNS, found, strict=True)))
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))


def tells(table: pd.DataFrame, kind: str, axis: str) -> bool:
    """Whether `like` is shown to be more accurate than `not`, so that verdicts may be said."""
    rows = table[(table.kind == kind) & (table.axis == axis) & (table.verdict == GAP)]
    return bool((rows.low > 0).any())


def in_words(table: pd.DataFrame, kind: str, axis: str) -> str:
    """What verdicts are worth in a study, in a sentence (Markdown); empty where no pair tells."""
    rows = table[(table.kind == kind) & (table.axis == axis)].set_index("verdict")
    if rows.empty or rows.accuracy.drop(GAP, errors="ignore").isna().all():
        return ""
    parts = [
        f"*{name}* {row.accuracy:.1%} (n = {row.pairs:,})"
        for name, row in rows.drop(GAP, errors="ignore").iterrows()
        if row.pairs
    ]
    said = f"Accuracy of this study's pairs away from home, by this rule: {', '.join(parts)}"
    gap = rows.loc[GAP]
    if np.isnan(gap.accuracy):
        return f"{said}."
    said += f"; *like* minus *not* {100 * gap.accuracy:+.1f} points"
    if not np.isnan(gap.low):
        said += f" (95%: {100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
    if tells(table, kind, axis):
        return f"{said}."
    return f"{said}: **no verdict**, since that does not settle that the rule tells good from bad."


def _mean(pairs: pd.DataFrame, verdict: str) -> float:
    return float(pairs.accuracy[pairs.verdict == verdict].mean())


def _gap(pairs: pd.DataFrame) -> float:
    return _mean(pairs, "like") - _mean(pairs, "not")

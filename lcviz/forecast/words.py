"""What a forecast says, and how far it can be believed, in sentences (Markdown) from its tables."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from lcviz.forecast.live import ModelForecast
from lcviz.forecast.points import interval_in_points, points, signed_points
from lcviz.forecast.receipts import beats_rivals, rests_on
from lcviz.forecast.verdicts import LITTLE_OUTSIDE, MUCH_OUTSIDE, WORDS, Verdict
from lcviz.landscapes.words import cluster_label
from lcviz.study.forecasts import METHODS, PLAIN_RIVALS
from lcviz.taxonomy import KINDS
from lcviz.words import listed

VERDICT_HEADS: Final[dict[Verdict, str]] = {
    "like": WORDS["like"],
    "partly": "trained on landscapes partly like this",
    "not": "not trained on landscapes like this",
}
PLURALS: Final = {
    "network": "networks",
    "without": "networks trained on all continents but one",
    "simple": "simple models",
}
SOURCES: Final = {
    "confidence": "Mean probability of the class predicted, temperature-scaled (Guo et al. 2017, "
    "arXiv:1706.04599)",
    "doc": "Difference of confidences (Guillory et al. 2021, arXiv:2107.03315)",
    "atc": "Average thresholded confidence (Garg et al. 2022, arXiv:2201.04234)",
    "cott": "Confidence optimal transport with thresholds (Lu et al. 2023, arXiv:2305.15640)",
    "agreement": "Agreement with the study's other models (after Baek et al. 2022, "
    "arXiv:2206.13089)",
    "nuclear_norm": "Nuclear norm of the prediction matrix (Deng et al. 2023, arXiv:2302.01094)",
    "landscape_distance": "Jensen-Shannon distance of the cluster histograms (Lin 1991)",
    "band_distance": "Wasserstein distance of the bands' distributions, mean over bands",
    "di_bands": "Dissimilarity index on band means (Meyer & Pebesma 2021, "
    "doi:10.1111/2041-210X.13650)",
    "outside_bands": "Area of applicability on band means (same source)",
    "di_features": "Dissimilarity index on the network's penultimate features (same source)",
    "outside_features": "Area of applicability on these features (same source)",
}
"""Indicator -> how it is made, and from where."""
_RARE: Final = 0.01
"""Share of the training tiles below which a landscape counts as missing from training."""


# The receipts


def first_line(receipts: pd.DataFrame, axis: str) -> str:
    """Whether forecasts of this study can be believed: the page's first line.

    Args:
        receipts: as `read_receipts` gives them.
        axis: `continent` or `season`.
    """
    kinds = [kind for kind in KINDS if not _forecast_row(receipts, kind, axis).empty]
    if not kinds:
        return (
            "**Whether forecasts can be believed is not known in this study: a ranking only.** "
            f"They are checked by leaving out one {axis} at a time, which takes models and "
            f"labelled scenes of at least two {axis}s."
        )
    if rests_on(receipts, kinds[0], axis) is None:
        return (
            "**Whether forecasts can be believed is not known in this study: a ranking only.** "
            "They were checked by an earlier version, against fewer guesses; the stage `transfer` "
            "checks them anew."
        )
    first, *others = kinds
    said = _one_kind(receipts, first, axis)
    for better in (True, False):
        same = [PLURALS[k] for k in others if beats_rivals(receipts, k, axis) is better]
        if same:
            result = "beats them too" if better else "does not, so that they are only ranked"
            said += f" For {listed(same)}, it {result}."
    return said


def _one_kind(receipts: pd.DataFrame, kind: str, axis: str) -> str:
    row = _forecast_row(receipts, kind, axis).iloc[0]
    rows = receipts[(receipts.kind == kind) & (receipts.axis == axis)]
    rivals = rows[rows.method.isin(PLAIN_RIVALS)]
    counts = f"n = {row.pairs:,} pairs of a model and a scene, {row.groups} {axis}s"
    error = f"**{points(row.mae)}**{interval_in_points(row.mae_low, row.mae_high)}"
    others = listed([f"{METHODS[r.method]} {points(r.mae)}" for r in rivals.itertuples()])
    if beats_rivals(receipts, kind, axis):
        said = (
            f"**The forecast is better than plain guesses.** For {PLURALS[kind]}, on a {axis} "
            f"that it never saw, it is off by {error} on average; {others} ({counts})."
        )
        return f"{said} {_made_of(rows, kind, axis)}".strip()
    unbeaten = [r for r in rivals.itertuples() if not r.gain_low > 0]
    gains = listed(
        [
            f"{METHODS[r.method]} (gain {signed_points(r.gain)}"
            f"{interval_in_points(r.gain_low, r.gain_high)})"
            for r in unbeaten
        ]
    )
    said = (
        "**The forecast is not shown to be better than a plain guess: a ranking only.** For "
        f"{PLURALS[kind]}, on a {axis} that it never saw, it is off by {error} on average, which "
        f"does not settle that it beats {gains or 'a plain guess'} ({counts})."
    )
    return f"{said} {_order(row)} {_made_of(rows, kind, axis)}".strip()


def _made_of(rows: pd.DataFrame, kind: str, axis: str) -> str:
    """What the forecast rests on, and why."""
    by_method = rows.set_index("method")
    if rests_on(rows, kind, axis) == "calibrated":
        other = by_method.loc["fusion"]
        interval = interval_in_points(-other.gain_high, -other.gain_low)
        gain = f"gain {signed_points(-other.gain)}{interval}"
        return (
            "It is how far the models agree, calibrated: several indicators together are not shown "
            f"to be better ({gain})."
        )
    if "calibrated" not in by_method.index:
        return "It rests on several indicators."
    other = by_method.loc["calibrated"]
    gain = f"gain {signed_points(other.gain)}{interval_in_points(other.gain_low, other.gain_high)}"
    return (
        f"It rests on several indicators, which is better than how far models agree alone ({gain})."
    )


def _order(row: Any) -> str:
    if pd.isna(row.rho):
        return "Whether the ranking is right cannot be told either."
    rho = f"Spearman's rho {row.rho:+.2f}{_rho_interval(row)}"
    if pd.isna(row.rho_low) or row.rho_low <= 0:
        return f"Nor is it shown that the ranking is right ({rho})."
    return f"Over models and scenes together its order follows the true accuracies ({rho})."


def _rho_interval(row: Any) -> str:
    return "" if pd.isna(row.rho_low) else f", 95% {row.rho_low:+.2f} to {row.rho_high:+.2f}"


def _forecast_row(receipts: pd.DataFrame, kind: str, axis: str) -> pd.DataFrame:
    rows = receipts[(receipts.kind == kind) & (receipts.axis == axis)]
    return rows[(rows.method == "forecast") & rows.mae.notna()]


def receipt_table(receipts: pd.DataFrame, axis: str) -> pd.DataFrame:
    """The receipts of an axis for people: figures with their 95% intervals as text.

    Errors and gains are in percentage points of accuracy.
    """
    rows = receipts[receipts.axis == axis]
    rows = rows.assign(order=rows.kind.map(list(KINDS).index)).sort_values("order", kind="stable")

    def cell(row: Any, name: str, form: str, times: float) -> str:
        value, low, high = (getattr(row, f"{name}{end}") * times for end in ("", "_low", "_high"))
        if np.isnan(value):
            return "--"
        return f"{value:{form}}" + ("" if np.isnan(low) else f" [{low:{form}}, {high:{form}}]")

    return pd.DataFrame(
        {
            "Models": PLURALS[row.kind].capitalize(),
            "Method": METHODS[row.method][0].upper() + METHODS[row.method][1:],
            "Mean absolute error (points)": cell(row, "mae", ".1f", 100),
            "Forecast better by (points)": cell(row, "gain", "+.1f", 100),
            "Spearman's rho": cell(row, "rho", "+.2f", 1),
            "Coverage of 80% (%)": cell(row, "coverage", ".0f", 100),
            "Width (points)": "--" if np.isnan(row.width) else f"{100 * row.width:.0f}",
            "Pairs": row.pairs,
            "Scenes": row.scenes,
            f"{axis.capitalize()}s": row.groups,
        }
        for row in rows.itertuples()
    )


# One model and one image


def verdict_line(model: ModelForecast, fallback: str | None) -> str:
    """The verdict on a model for an image, and what to do where it is not good.

    Args:
        model: what is forecast of it.
        fallback: label of the simple model that is ranked best; None without one.
    """
    said = f"**{model.label}: {VERDICT_HEADS[model.verdict]}.**"
    if model.verdict == "not":
        use = f"the fallback ({fallback})" if fallback else "a simpler model"
        said += f" Use {use}, or label some of it."
    elif model.verdict == "partly":
        said += " Look where it lies outside before you use its map there."
    if model.why_not:
        said += f" Nothing is forecast: {model.why_not[0].lower()}{model.why_not[1:]}"
    return said


def reasons(model: ModelForecast, names: Sequence[str]) -> list[str]:
    """Why, from the tiles and the landscapes of the image.

    Args:
        model: what is forecast of it.
        names: of the study's landscapes; none where it has no landscapes.
    """
    tiles = int(np.isfinite(model.aoa_map).sum())
    lines = [
        f"**{model.share_outside_aoa:.0%}** of the image (n = {tiles:,} "
        f"{'tile' if tiles == 1 else 'tiles'}) lies outside the model's area of applicability."
    ]
    if len(model.landscapes):
        lines += _landscape_lines(model.landscapes, names)
    return lines


def _landscape_lines(landscapes: pd.DataFrame, names: Sequence[str]) -> list[str]:
    def label(cluster: int) -> str:
        return cluster_label(cluster, names) if cluster < len(names) else str(cluster)

    top = landscapes[landscapes.image > 0].nlargest(2, "image")
    parts = [
        f"{row.image:.0%} of the image is **{label(int(row.cluster))}**, of which its training "
        f"has {row.training:.0%}"
        for row in top.itertuples()
    ]
    lines = [f"{'; '.join(parts)}."] if parts else []
    missing = landscapes[(landscapes.image > 0) & (landscapes.training < _RARE)]
    if len(missing):
        what = listed([label(int(c)) for c in missing.sort_values("image").cluster[::-1]][:3])
        lines.append(
            f"**{missing.image.sum():.0%}** of the image is of landscapes that its training hardly "
            f"has: {what}."
        )
    return lines


RULES: Final = f"""
**Three verdicts.** *Trained on landscapes like this*: at most {LITTLE_OUTSIDE:.0%} of the image
lies outside the model's area of applicability, and the image's landscapes are no farther from the
model's training scenes than nine in ten of these are from the others. *Not*: at least
{MUCH_OUTSIDE:.0%} lies outside. *Partly*: everything else. For a network the area is that of its
penultimate features, for a simple model that of the band means. A verdict looks at the image
alone: it is no forecast of accuracy. It is said only where the accuracy of the study's pairs tells
*like* from *not*, and never of a real image in a study of synthetic scenes.

**Area of applicability.** A tile's dissimilarity is its distance to the nearest reference tile of
the training scenes, features weighted by importance, divided by the mean distance between
reference tiles. The threshold comes from the model's own training tiles, each beside tiles of other
scenes only (Meyer & Pebesma 2021).

**Forecast.** A line from how far models agree to the accuracy of a (model, scene) pair, or a ridge
regression from several of the indicators below, chosen with its penalty by leaving groups out. The
regression is used only where it is shown to be better than agreement, as it is and calibrated. The
80% interval is split-conformal: the residuals of groups that it was not fitted on. For a scene of
the study the forecaster never saw the scene's own continent (of season models: its season).

**Checked against plain guesses** that do not look at the image: the mean accuracy elsewhere, the
model's accuracy at home, and its mean accuracy away from home, elsewhere. A forecast is shown as a
number only where the 95% intervals of its gain over each and of its rank correlation lie above
zero; else there is a ranking only. Pairs share models and scenes, so intervals come from leaving
out one continent (season) at a time: Student's t on the jackknife, with the factor (n - 1) / n for
means.

**Best here** is said of a model only where its forecast leads every other by more than is needed:
the split-conformal quantile (80%), over the labelled scenes of other continents (seasons), of how
much better another model was than the first, beside what their forecasts had said. Models within
that lead cannot be told apart.
"""

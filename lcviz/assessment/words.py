"""What was measured, as a colleague would say it."""

from typing import TYPE_CHECKING, Final

from lcviz.assessment.assisted import Assisted
from lcviz.assessment.folder import Promise
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.measurement import Measurement
from lcviz.study.records import ModelCard
from lcviz.taxonomy import model_label

if TYPE_CHECKING:
    from lcviz.assessment.adapting import Adapting

_BASIS: Final = {
    "stratified": "a stratified random sample",
    "simple-random": "a simple random sample, post-stratified by the map's classes",
    "census": "all pixels",
    "none": "points that were not drawn by design",
}


def overall_sentence(found: Measurement) -> str:
    """The answer: how many points are right, and what that says of the whole map."""
    counted = f"Map and labels agree at {found.agree:,} of {found.used:,} points"
    if found.assessment is None:
        return f"{counted}. That is no estimate of the map: the points were not drawn by design."
    overall = found.assessment.overall
    start = "So far, " if found.interim else ""
    return (
        f"{start}{counted if not start else counted[0].lower() + counted[1:]}: of the whole map, "
        f"**{percent(overall)}** is right. From {_BASIS[found.basis]}."
    )


def percent(each: Estimate) -> str:
    """`58% (95%: 48 to 68%)`."""
    if each.estimate is None or each.low is None or each.high is None:
        return "no estimate"
    return f"{100 * each.estimate:.0f}% (95%: {100 * each.low:.0f} to {100 * each.high:.0f}%)"


def interim_sentence(found: Measurement) -> str:
    """Why not to stop yet; empty once all points are labelled."""
    if not found.interim:
        return ""
    return (
        f"Interim: {found.unlabelled:,} points have no label yet. Label them all: who stops when "
        "it looks good makes the map look better than it is."
    )


def difference_sentence(first: str, second: str, difference: Estimate) -> str:
    """Which of two maps is right more often, if that can be said."""
    if difference.estimate is None or difference.low is None or difference.high is None:
        return f"{first} and {second} cannot be compared."
    low, high = 100 * difference.low, 100 * difference.high
    span = f"{100 * difference.estimate:+.0f} points (95%: {low:+.0f} to {high:+.0f})"
    if low > 0:
        return f"{first} is right more often than {second}: {span}."
    if high < 0:
        return f"{second} is right more often than {first}: {span}."
    return f"Whether {first} or {second} is right more often cannot be told: {span}."


def promise_sentence(promise: Promise, measured: Estimate) -> str:
    """What was promised and what was measured."""
    promised = f"{100 * promise.accuracy:.0f}%"
    if promise.low is not None and promise.high is not None:
        promised += f" (80%: {100 * promise.low:.0f} to {100 * promise.high:.0f}%)"
    said = f"The forecast promised {promised}; measured were {percent(measured)}."
    if measured.low is None or measured.high is None:
        return said
    low = promise.accuracy if promise.low is None else promise.low
    high = promise.accuracy if promise.high is None else promise.high
    if low <= measured.high and measured.low <= high:
        return f"{said} The two agree within their intervals."
    worse = "less" if measured.high < low else "more"
    return f"{said} The map is right {worse} often than was promised."


def assisted_sentence(assisted: Assisted) -> str:
    """What the network's confidence adds to the labels."""
    said = f"With the network's own confidence as a help: {percent(assisted.overall)}."
    if assisted.labels_saved > 0.005:
        return f"{said} That is worth {assisted.labels_saved:.0%} more labels."
    return f"{said} It helps no more than the labels alone: its confidence knows little here."


def improvement_sentence(found: "Adapting") -> str:
    """Whether refitting the last layer helps, by cross-validation."""
    one = found.improvement
    if one.strength is None:
        return (
            f"Refitting does not help: with {found.n} labels, any change of the last layer did "
            "worse on labels that it had not seen than none."
        )
    gain = one.gain
    if gain.estimate is None or gain.low is None or gain.high is None:
        return "Whether refitting helps cannot be told."
    low, high = 100 * gain.low, 100 * gain.high
    span = f"{100 * gain.estimate:+.0f} points (95%: {low:+.0f} to {high:+.0f})"
    if one.helps:
        return (
            f"**Refitting helps here: {span}.** Refitted, the model is right on "
            f"{percent(one.after)} of this map, before on {percent(one.before)}."
        )
    if high < 0:
        return f"Refitting harms: {span}. The model is better as it is."
    return (
        f"Refitting is not shown to help: {span}, and the interval includes zero. The model stays "
        "as it is; more labels may tell."
    )


def adapted_sentence(card: ModelCard) -> str:
    """What an adapted model is, and what is known of it."""
    one = card.adapted
    if one is None:
        return ""
    low, high = 100 * one.accuracy.low, 100 * one.accuracy.high
    return (
        f"The {model_label(one.derived_from)} model, its last layer refitted on {one.made[:10]} to "
        f"{one.n} labels of {one.image}. There it is right on {100 * one.accuracy.estimate:.0f}% "
        f"(95%: {low:.0f} to {high:.0f}%), cross-validated on the same labels, "
        f"{100 * one.gain.estimate:+.0f} points (95%: {100 * one.gain.low:+.0f} to "
        f"{100 * one.gain.high:+.0f}) more than before. Elsewhere it has not been measured."
    )

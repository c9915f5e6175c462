"""Adapting a network to an image without labels: what it changes there, and whether it helps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.forecast.image import Image, centre
from lcviz.forecast.points import count, interval_in_points, signed_points
from lcviz.intervals import jackknife
from lcviz.network.loading import load_model
from lcviz.study import Study
from lcviz.study.forecasts import LookedAt, looked_at
from lcviz.taxonomy import NO_LABEL


@dataclass(frozen=True, eq=False)
class Adapted:
    """A network's plain and adapted prediction of an image, side by side."""

    plain: npt.NDArray[np.uint8]
    """Class (windows, rows, columns), 255 where not valid."""
    adapted: npt.NDArray[np.uint8]
    blend: float
    """Weight of the training statistics, 0 to 1."""
    changed: float
    """Share of the valid pixels whose class changed."""


def adapt_image(study: Study, experiment: str, image: Image) -> Adapted:
    """Predict an image as it is, and with batch-norm statistics of its own blended in.

    Done on a copy: neither the study nor a running predictor changes. The statistics are of the
    middle of each window: as many pixels in all as the receipts took of a scene.

    Raises:
        KeyError: the experiment is no network (a simple model has no batch normalisation).
    """
    from lcviz.network.adaptation import adapted, blend_weight  # noqa: PLC0415 - loads torch
    from lcviz.network.predictor import Predictor  # noqa: PLC0415

    if not study.model_file(experiment).is_file():
        raise KeyError(experiment)
    model = load_model(study, experiment)
    plain = model.predictor()
    part = part_for_statistics(image, looked_at(study))
    x = plain.standardised(part.values, part.valid)
    blend = blend_weight(x.shape[0] * x.shape[2] * x.shape[3])
    changed = Predictor(
        adapted(model.network, x, blend)[0], model.card.band_mean, model.card.band_std
    )
    before = plain.classes(image.values, image.valid)
    plain.release()
    after = changed.classes(image.values, image.valid)
    differs = (before != after)[image.valid & (before != NO_LABEL)]
    return Adapted(before, after, blend, float(differs.mean()) if differs.size else float("nan"))


def part_for_statistics(image: Image, look: LookedAt) -> Image:
    """What an image's statistics are taken of: the middle of each window, less of more windows."""
    pixels = look.patches * look.side**2
    side = max(64, int((pixels / len(image.values)) ** 0.5) // 8 * 8)
    return centre(image, side)


@dataclass(frozen=True)
class AdaptationEffect:
    """What adapting does over some pairs of a model and a scene."""

    pairs: int
    scenes: int
    groups: int
    """Test groups, the independent ones."""
    helped: int
    """Pairs whose accuracy rises."""
    harmed: int
    mean: float
    """Of the groups' mean changes, -1 to 1."""
    low: float | None
    """Of its 95% interval; None with too few groups (`intervals.FEWEST_GROUPS`)."""
    high: float | None


def adaptation_effect(table: pd.DataFrame) -> AdaptationEffect | None:
    """Sum up `read_adaptation`, or some rows of it; None where no pair in a group is labelled.

    The interval is that of the jackknife over groups, since pairs share the model as well as the
    test group: Student's t over the means of the test groups, which knows nothing of the models,
    covered the truth in 63 to 91% of simulated worlds whose models differ in what they gain.
    """
    rows = table.dropna(subset=["accuracy_plain", "accuracy_adapted", "test_group"])
    if rows.empty:
        return None
    rows = rows.assign(change=rows.accuracy_adapted - rows.accuracy_plain)
    mean, low, high = jackknife(rows, _mean_of_groups, lowest=-1, highest=1)
    known = not np.isnan(low)
    return AdaptationEffect(
        pairs=len(rows),
        scenes=int(rows.scene_id.nunique()),
        groups=int(rows.test_group.nunique()),
        helped=int((rows.change > 0).sum()),
        harmed=int((rows.change < 0).sum()),
        mean=mean,
        low=low if known else None,
        high=high if known else None,
    )


def _mean_of_groups(rows: pd.DataFrame) -> float:
    return float(rows.change.groupby(rows.test_group).mean().mean())


def adaptation_sentence(effect: AdaptationEffect | None, axis: str, where: str) -> str:
    """In words what adapting did.

    Args:
        effect: over some pairs.
        axis: `continent` or `season`.
        where: `away from home` or `at home`.
    """
    if effect is None:
        return f"No labelled pair {where} tells whether adapting helps."
    interval = "" if effect.low is None else interval_in_points(effect.low, effect.high, "+.1f")
    said = (
        f"{where.capitalize()}, adapting helps in **{effect.helped}** and harms in "
        f"**{effect.harmed}** of {count(effect.pairs, 'pair')} of a model and a scene; mean "
        f"change **{signed_points(effect.mean)}**{interval} ({count(effect.scenes, 'scene')}, "
        f"{count(effect.groups, axis)})."
    )
    if effect.low is None or effect.high is None:
        return f"{said} So few {axis}s settle nothing."
    if effect.low > 0:
        return f"{said} **It helps** on average."
    if effect.high < 0:
        return f"{said} **It harms** on average."
    return f"{said} The interval includes zero: **it is not shown to help.**"

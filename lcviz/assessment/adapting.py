"""From labelled points and the image under them to a model of one's own, if it is better."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz import __version__
from lcviz.assessment import improvement, measurement
from lcviz.assessment.class_map import ClassMap
from lcviz.assessment.improvement import FEWEST, FOLDS, Evidence, Improvement
from lcviz.assessment.intervals import Estimate
from lcviz.assessment.measurement import Measurement
from lcviz.assessment.points import Points
from lcviz.errors import ConfigurationError, PointsError, RasterError, StudyError
from lcviz.legends import EIGHT, Scheme
from lcviz.network.loading import LoadedModel
from lcviz.study import Study
from lcviz.study.records import Adaptation, Measured
from lcviz.taxonomy import ADAPTED_PREFIX, CLASSES

if TYPE_CHECKING:
    from torch import Tensor

_SAME: Final = 0.95
"""Share of the points at which network and map have to agree: fast maps differ a little."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Adapting:
    """A refit, and what it rests on."""

    improvement: Improvement
    measured: Measurement
    """Of the map as it is."""
    labels: Mapping[str, int]
    """Points used, by what their label says."""

    @property
    def n(self) -> int:
        """Points used."""
        return sum(self.labels.values())


def enough(labelled: int) -> None:
    """Refuse too few labels before anything is computed.

    Raises:
        PointsError: they are too few.
    """
    if labelled < FEWEST:
        raise PointsError(
            f"{labelled} labelled points are too few to refit a model and to judge it: it takes "
            f"{FEWEST}. Label more"
        )


def adapt(
    model: LoadedModel,
    of_map: ClassMap,
    points: Points,
    label: str,
    scheme: Scheme,
    maps: Floats,
    *,
    simple_random: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Adapting:
    """Fit the last layer of a network to labels, and measure by cross-validation if that helps.

    Args:
        model: the network that made the map.
        of_map: its map.
        points: drawn by design, with labels.
        label: column of the labels.
        scheme: what they mean.
        maps: what its last layer saw at each of the points, (points, 240), NaN where unknown, as
            `seen_maps` has it.
        simple_random: as `measurement.measure` takes it.
        progress: told the share that is done.

    Raises:
        PointsError: there are too few labels, or they were not drawn by design.
        RasterError: the map is not what this network makes of the image.
        ConfigurationError: map and labels have no class in common.
    """
    measured = measurement.measure(of_map, points, label, scheme, simple_random=simple_random)
    if measured.stratum is None or measured.judged is None or measured.labels is None:
        raise PointsError(
            "The points do not say how they were drawn, so that nobody could tell whether a model "
            "refitted to them is better. Draw a sample by design, and label that"
        )
    used = measured.judged & np.isfinite(maps).all(axis=1)
    enough(int(used.sum()))
    head = _head(model)
    seen = maps[used].astype(np.float64)
    rows, columns = of_map.pixels_of(
        points.table.longitude.to_numpy(float)[used], points.table.latitude.to_numpy(float)[used]
    )
    same = (seen @ head.T).argmax(axis=1) == of_map.at(rows, columns)
    if same.mean() < _SAME:
        raise RasterError(
            f"The map is not what {model.card.experiment} makes of this image: they agree at "
            f"{int(same.sum())} of {len(same)} points. Give the image that it was predicted from"
        )
    group = measured.labels[used]
    evidence = Evidence(
        maps=seen,
        group=group,
        group_of_class=measured.level.of_map(np.arange(len(CLASSES))),
        stratum=measured.stratum[used],
        sizes=measured.sizes,
        together=_together(points.table[used]),
    )
    found = improvement.improve(evidence, head, progress=progress)
    labels = {measured.names[k]: int((group == k).sum()) for k in np.unique(group)}
    return Adapting(found, measured, labels)


def name_of(experiment: str, place: str) -> str:
    """Name of a model adapted to a place.

    Raises:
        ConfigurationError: the place has no letter or digit.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", place.casefold()).strip("-")[:40].strip("-")
    if not slug:
        raise ConfigurationError(
            f"A model cannot be called {place!r}: use letters a to z and digits"
        )
    return f"{ADAPTED_PREFIX}{experiment}-{slug}"


def keep(
    study: Study, model: LoadedModel, found: Adapting, *, place: str, image: str, scheme: Scheme
) -> str:
    """Keep an adapted model with its study, as one of its own.

    Args:
        study: the study of the model.
        model: that it was made of.
        found: the refit.
        place: what it is to be called after.
        image: name of the image that the labels are of.
        scheme: what the labels mean.

    Returns:
        Its name.

    Raises:
        ConfigurationError: the refit is not shown to help, or there is a model of that name.
        StudyError: the study cannot be written.
    """
    import torch  # noqa: PLC0415 - takes seconds

    one = found.improvement
    if not one.helps or one.strength is None:
        raise ConfigurationError("The refitted model is not shown to be better: it is not kept")
    base = model.card
    name = name_of(base.experiment, place)
    if study.model_file(name).is_file():
        raise ConfigurationError(f"There is a model {name} already; choose another name")
    weights: dict[str, Tensor] = dict(study.weights(base.experiment))
    layer = weights["head.weight"]
    weights["head.weight"] = torch.from_numpy(one.head).to(layer.dtype).reshape(layer.shape)
    adaptation = Adaptation(
        derived_from=base.experiment,
        weights=model.digest,
        image=image,
        labels=dict(found.labels),
        n=found.n,
        label_scheme=scheme.title if scheme != EIGHT else EIGHT.name,
        design=found.measured.basis,
        folds=FOLDS,
        strength=one.strength,
        accuracy=_known(one.after),
        accuracy_before=_known(one.before),
        gain=_known(one.gain),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        lcviz=__version__,
    )
    try:
        card = replace(base, experiment=name, adapted=adaptation)
        study.write_model(card, weights, study.history(base.experiment))
    except OSError as error:
        raise StudyError(
            f"{study.path} cannot be written ({error.strerror or error}); no model was kept"
        ) from error
    return name


def _head(model: LoadedModel) -> npt.NDArray[np.float64]:
    weight = model.network.head.weight.detach().numpy()
    return np.asarray(weight.reshape(len(weight), -1), np.float64)


def _together(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Points that share the ground of one label, where labels were read from a raster."""
    alone = pd.Series(np.arange(len(table)).astype(str), index=table.index)
    ground = table.get("ground", alone)
    return pd.factorize(ground.where(ground.notna() & (ground != ""), alone))[0].astype(np.int64)


def _known(each: Estimate) -> Measured:
    assert each.estimate is not None and each.low is not None and each.high is not None
    return Measured(each.estimate, each.low, each.high)

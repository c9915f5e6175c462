"""What is kept of each model and of each fitted forecast: the records of `study.forecasts`."""

from dataclasses import field
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from lcviz.taxonomy import Kind


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class FeatureSpace:
    """A space in which dissimilarity is measured (Meyer & Pebesma 2021); see `dissimilarity`."""

    mean: tuple[float, ...]
    """Of each feature over the reference tiles."""
    std: tuple[float, ...]
    """Population standard deviation of each feature; 1 where it does not vary."""
    weights: tuple[float, ...]
    """Importance of each feature, multiplied on; they have mean 1."""
    mean_distance: float
    """Mean distance between two reference tiles, after scaling and weighting."""
    threshold: float
    """Dissimilarity from which on a tile lies outside the area of applicability."""
    maps: tuple[int, ...] = ()
    """Which of the 240 maps before the head the features are; empty for band means."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ForecastRecord:
    """What a forecast for one model needs (transfer/models/<experiment>.json)."""

    experiment: str
    kind: Kind
    axis: str
    train_group: str
    training_scenes: tuple[str, ...]
    validation_scenes: tuple[str, ...]
    """The held-out scenes that it is calibrated on: the model's home test."""
    home_accuracy: float | None
    """Mean accuracy over them; None where none has a label."""
    temperature: float
    """Logits are divided by it (Guo et al. 2017), fitted on these scenes."""
    source_confidence: float
    """Mean confidence on these scenes' sampled pixels, temperature-scaled."""
    source_accuracy: float
    """Share of these pixels that are right."""
    atc_threshold: float
    cott_threshold: float
    class_marginal: tuple[float, ...]
    """Share of each class among the labels of these pixels, (8,)."""
    bands: FeatureSpace
    features: FeatureSpace | None
    """None for a simple model, which has no maps."""
    landscape_limit: float | None
    """Distance between landscapes beyond which fewer than one in ten of the model's own training
    scenes lies from the others; None where the study has no landscapes."""
    pixels: int
    """Sampled pixels of these scenes."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Forecaster:
    """A fitted forecast: accuracy = intercept + coefficients . (x - mean) / std, within 0 and 1."""

    kind: Kind
    axis: str
    left_out: str | None
    """The target group that it never saw; None for the one that speaks of new regions."""
    columns: tuple[str, ...]
    """Indicators, and `home_accuracy`."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float
    penalty: float
    """Of the ridge regression, chosen by leaving out groups."""
    reach: float
    """Half of the 80% interval: the conformal quantile of the residuals of unseen groups."""
    reach_without: float
    """The same of a forecast that knows no indicator: the mean accuracy."""
    pairs: int
    scenes: int
    groups: int
    """Independent groups among the pairs."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SimpleModel:
    """Multinomial logistic regression by pixel (transfer/models-simple/<experiment>.json).

    Its inputs are `simple_model.pixel_features`, standardised.
    """

    experiment: str
    """`simple-continent-africa`."""
    axis: str
    train_group: str
    training_scenes: tuple[str, ...]
    validation_scenes: tuple[str, ...]
    feature_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    """(8, features); zero for a class that no training pixel has."""
    intercepts: tuple[float, ...]
    """(8,); very low for a class that no training pixel has."""
    training_pixels: int
    provenance: dict[str, Any] = field(default_factory=dict)

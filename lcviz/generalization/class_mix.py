"""What the gap between home and away is made of: another mix of classes, or another appearance.

A model can lose accuracy away from home because hard classes are more frequent there, or because
the same classes look different. With s the share of a class among the labels and r its recall:

    home - away = [sum s_home r_home - sum s_away r_home]      class mix
                + [sum s_away r_home - sum s_away r_away]      change of appearance
                + [what classes add or take that no home scene holds]

The first two sums with s_away run over the classes that the home scenes hold, with s_away scaled
to sum to 1 over them. `EXPLANATION` says the rest to people, with the limits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lcviz.metrics import N_CLASSES, overall_accuracy, recalls
from lcviz.taxonomy import CLASSES
from lcviz.words import percent

Floats = npt.NDArray[np.float64]

EXPLANATION: Final = """
Let *s* be the share of a class among the labels and *r* its recall. Accuracy is the sum of *s r*
over the classes, so the gap splits into

- **class mix**: accuracy at home, minus what the home recalls give with the class shares of the
  test group;
- **change of appearance**: that number, minus the accuracy that the test group's own recalls give
  with the same shares. It is all that changes within a class, label errors included;
- **classes that home lacks**: they have no home recall. Both sums above leave them out and scale
  the other shares to 1; what they add or take is told apart.

The three add up to the gap of the table's two cells in overall accuracy, since each scene weighs
the same. No share of the gap is given where the parts have different signs or away is not worse.

It assumes that recall depends on the class alone. A class with few pixels at home has an uncertain
recall, and with the test group's recalls as the standard the split would differ (Kitagawa 1955,
Journal of the American Statistical Association 50, 1168-1194).
"""


@dataclass(frozen=True, eq=False)
class GapParts:
    """A gap in overall accuracy and its parts; all are accuracies from 0 to 1 or differences."""

    home: float
    away: float
    reweighted: float
    """Home recalls with the class shares of the test group."""
    class_mix: float
    appearance: float
    unknown_classes: float
    """What classes add that occur in the test group's labels, but in no home scene's."""
    unknown_share: float
    """Share of those classes among the test group's labels."""
    classes: pd.DataFrame
    """By class: home_share, away_share (0 to 1), home_recall, away_recall (NaN without labels)."""

    @property
    def gap(self) -> float:
        """Home minus away."""
        return self.home - self.away

    @property
    def share(self) -> float | None:
        """Class mix / gap. None where away is not worse or the parts have not one sign.

        Then parts cancel, and a share of their sum says nothing.
        """
        parts = (self.class_mix, self.appearance, self.unknown_classes)
        if self.gap <= 0 or min(parts) < -1e-9:
            return None
        return max(self.class_mix, 0.0) / self.gap  # Rounding can leave -1e-17.


def mean_confusion(confusions: npt.NDArray[np.int64]) -> Floats:
    """Confusion matrix in which each scene weighs the same: (scenes, 8, 8) -> (8, 8), sums to 1.

    Its trace is the mean of the scenes' accuracies. Scenes without a labelled pixel are left out;
    all zero when there is no other.
    """
    totals = confusions.sum((1, 2))
    labelled = totals > 0
    if not labelled.any():
        return np.zeros((N_CLASSES, N_CLASSES))
    shares: Floats = confusions[labelled] / totals[labelled, None, None]
    return shares.mean(0)


def gap_parts(home: npt.NDArray[np.int64], away: npt.NDArray[np.int64]) -> GapParts | None:
    """Split the gap between a model's home cell and one of its away cells.

    Args:
        home: confusion matrices of the home scenes that it was not trained on, (scenes, 8, 8).
        away: those of the test group's scenes, (scenes, 8, 8).

    Returns:
        The parts; None where either has no labelled pixel or they share no labelled class.
    """
    at_home, elsewhere = mean_confusion(home), mean_confusion(away)
    home_share, away_share = at_home.sum(1), elsewhere.sum(1)
    home_recall, away_recall = recalls(at_home), recalls(elsewhere)
    known = home_share > 0
    common = float(away_share[known].sum())
    if not common:
        return None
    shares = away_share[known] / common
    reweighted = float(shares @ home_recall[known])
    same_classes = float(shares @ np.nan_to_num(away_recall[known]))  # NaN only where share is 0
    at_home_accuracy = float(overall_accuracy(at_home))
    away_accuracy = float(overall_accuracy(elsewhere))
    return GapParts(
        home=at_home_accuracy,
        away=away_accuracy,
        reweighted=reweighted,
        class_mix=at_home_accuracy - reweighted,
        appearance=reweighted - same_classes,
        unknown_classes=same_classes - away_accuracy,
        unknown_share=float(away_share[~known].sum()),
        classes=pd.DataFrame(
            {
                "home_share": home_share,
                "away_share": away_share,
                "home_recall": home_recall,
                "away_recall": away_recall,
            },
            index=pd.Index(CLASSES, name="class"),
        ),
    )


def costly_confusions(confusions: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Which confusions cost most accuracy.

    Args:
        confusions: of the scenes of a cell, (scenes, 8, 8).

    Returns:
        Columns label, prediction (class names), cost (accuracy lost, 0 to 1; all costs sum to
        1 minus the cell's accuracy), share_of_label (of the label's pixels, each scene weighing
        the same), pixels (summed); only confusions that occur, the most costly first.
    """
    mean, summed = mean_confusion(confusions), confusions.sum(0)
    label, prediction = np.nonzero(summed * ~np.eye(N_CLASSES, dtype=bool))
    table = pd.DataFrame(
        {
            "label": np.array(CLASSES)[label],
            "prediction": np.array(CLASSES)[prediction],
            "cost": mean[label, prediction],
            "share_of_label": (mean / np.maximum(mean.sum(1, keepdims=True), 1e-300))[
                label, prediction
            ],
            "pixels": summed[label, prediction],
        }
    )
    return table.sort_values("cost", ascending=False, kind="stable", ignore_index=True)


def in_words(parts: GapParts, train_group: str, test_group: str) -> str:
    """The split of a gap as a sentence or two, in per cent and points of it."""
    said = (
        f"Trained on {train_group}, the model has accuracy {percent(parts.home)} at home and "
        f"{percent(parts.away)} in {test_group}. With the class mix of {test_group}, but recalls "
        f"as at home, it would have {percent(parts.reweighted)}. So of the gap of "
        f"{100 * parts.gap:+.1f} points, class mix alone accounts for {100 * parts.class_mix:+.1f}"
    )
    if parts.share is not None:
        said += f" (a share of {parts.share:.0%})"
    said += f" and change of appearance for {100 * parts.appearance:+.1f}."
    if parts.unknown_share:
        said += (
            f" Classes that no home scene holds cover {parts.unknown_share:.1%} of the labels in "
            f"{test_group} and account for {100 * parts.unknown_classes:+.1f}."
        )
    return said

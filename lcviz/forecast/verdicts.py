"""Was a model trained on landscapes like an image's? Three verdicts, by fixed rules.

`like`: trained on landscapes like this. At most one tenth of the image lies outside the model's
area of applicability, and its landscapes are no farther from the training scenes' than nine in ten
of these are from one another.

`not`: at least half of the image lies outside. Use the fallback, or label some of it.

`partly`: everything else.

The share outside is that of tiles outside by the network's features or, for a simple model, by band
means. Where the study has no landscapes, the share alone decides.
"""

from typing import Final, Literal

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

"""What a raster's tags say of its processing, where somebody kept them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_OFFSETS: Final = re.compile(r"(BOA|RADIO)_ADD_OFFSET")
_BASELINE: Final = re.compile(r"\d{1,2}\.\d{1,2}")
_PRODUCT: Final = re.compile(r"MSI(?:_?L)?(1C|2A)(?:_\d{8}T\d{6}_N(\d{2})(\d{2}))?")
_OFFSET_SINCE: Final = (4, 0)

Tags = Sequence[dict[str, str]]


def tagged_offset(tags: Tags) -> tuple[int | None, str]:
    """Offset that the tags tell of, in DN, and the tag: 1000, 0, or None where they do not agree.

    A tag BOA_ADD_OFFSET or RADIO_ADD_OFFSET holds what is to be added to remove it: -1000. It comes
    before the processing baseline, in a tag of that name or in a product's name (N0400).
    """
    for told in (_add_offsets(tags), _baselines(tags)):
        found = dict(told)
        if len(found) == 1:
            offset, tag = next(iter(found.items()))
            return offset, tag
    return None, ""


def tagged_level(tags: Tags) -> str | None:
    """ "L1C" or "L2A" from the product's type or name; None where the tags do not say."""
    found = {match[1] for _, text in _each(tags) for match in _PRODUCT.finditer(text)}
    found |= {
        match[1]
        for name, text in _each(tags)
        if "PROCESSING_LEVEL" in name and (match := re.search(r"(1C|2A)", text))
    }
    return f"L{found.pop()}" if len(found) == 1 else None


def _each(tags: Tags) -> Iterator[tuple[str, str]]:
    for group in tags:
        for name, text in group.items():
            yield name.upper(), text[:1000].upper()


def _add_offsets(tags: Tags) -> Iterator[tuple[int, str]]:
    for name, text in _each(tags):
        if _OFFSETS.search(name) and (match := re.fullmatch(r"-?(0|1000)(\.0*)?", text.strip())):
            yield int(match[1]), name


def _baselines(tags: Tags) -> Iterator[tuple[int, str]]:
    for name, text in _each(tags):
        if "PROCESSING_BASELINE" in name and _BASELINE.fullmatch(text.strip()):
            major, minor = text.strip().split(".")
            yield 1000 * ((int(major), int(minor)) >= _OFFSET_SINCE), name
        for match in _PRODUCT.finditer(text):
            if match[2]:
                yield 1000 * ((int(match[2]), int(match[3])) >= _OFFSET_SINCE), name

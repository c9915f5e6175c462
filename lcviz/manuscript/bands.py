"""How the bands of the groups differ: the paper's Figure 3, and quartiles."""

from collections.abc import Iterator

from lcviz.distributions.curves import beside_published, group_quartiles
from lcviz.errors import ArtefactMissingError
from lcviz.figures.paper.bands import bands_figure
from lcviz.manuscript.items import Chart, Table, basis
from lcviz.study import Study
from lcviz.study.statistics import read_densities, read_histograms
from lcviz.taxonomy import AXES


def figure_3(study: Study, axis: str) -> Iterator[Chart]:
    """Densities of the ten bands, a curve a group."""
    densities = read_densities(study)
    rows = densities[densities.axis == axis].drop(columns="axis")
    if rows.empty:
        raise ArtefactMissingError(f"No pixel of this study lies in a known {axis}.")
    pixels = {g: int(counts[0].sum()) for g, counts in read_histograms(study).by(axis).items()}
    n = ", ".join(f"{group} {pixels[group]:,}" for group in AXES[axis] if group in pixels)
    name, title = ("figure-3", "Figure 3") if axis == "continent" else (
        f"figure-3-{axis}s", f"Figure 3 across {axis}s",
    )  # fmt: skip
    yield Chart(
        name,
        title,
        f"Distributions of the ten Sentinel-2 bands of each {axis}: Gaussian kernel densities at "
        "Scott's bandwidth of every pixel with data; each panel shows the range that holds 98% "
        f"of each curve. n = pixels: {n}. {basis(study)}",
        bands_figure(rows, axis),
        rows,
    )


def quartiles(study: Study) -> Iterator[Table]:
    """Quartiles of the bands, of the study beside those published, and by group."""
    found = None if study.is_published else read_histograms(study)
    whole = None if found is None else found.counts.sum(axis=0)
    said = "Quartiles of the bands, DN. Published: of the whole of SEN12MS, from the code of Hu, "
    said += "Robinson & Dilkina (arXiv:2008.10351)."
    if whole is not None:
        said += f" Study: n = {int(whole[0].sum()):,} pixels. {basis(study)}"
    yield Table("quartiles", "Quartiles of the bands", said, beside_published(whole))
    for axis in AXES if found is not None else ():
        counts = found.by(axis) if found is not None else {}
        if counts:
            yield Table(
                f"quartiles-{axis}s",
                f"Quartiles of the bands of each {axis}",
                f"Quartiles of the bands, DN, of n = pixels. {basis(study)}",
                group_quartiles(axis, counts),
            )

"""The published study, page by page: what is known is shown, what is not takes one quiet line."""

from collections.abc import Callable

import numpy as np
import pytest
from places import ROOT
from streamlit.testing.v1 import AppTest

from lcviz.data import published, published_landscapes
from lcviz.study import Study

pytest_plugins = ("app_in_process",)
Open = Callable[..., AppTest]
PUBLISHED = ROOT / "studies" / "published"


def text(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.main.markdown, *app.main.caption))


def test_it_opens_under_either_name_of_its_kind(tmp_path) -> None:
    study = Study.open(PUBLISHED)
    assert study.info.kind == "facts"
    assert study.is_published
    older = (PUBLISHED / "study.json").read_text().replace('"facts"', '"published"')
    (tmp_path / "study.json").write_text(older)
    assert Study.open(tmp_path).is_published


@pytest.mark.parametrize(
    "page", ["overview", "world_map", "distributions", "landscapes", "generalization"]
)
def test_what_is_not_known_takes_one_line_at_most(page: str, open_page: Open) -> None:
    app = open_page(page, PUBLISHED)
    assert not app.error and not app.info
    assert "is not there" not in text(app)


@pytest.mark.parametrize("axis", ["continent", "season"])
@pytest.mark.parametrize("view", ["gallery", "histograms", "components", "probability", "transfer"])
def test_every_view_of_the_landscapes_is_alive(view: str, axis: str, open_page: Open) -> None:
    app = open_page("landscapes", PUBLISHED, view=view, axis=axis)
    assert not app.error
    assert not app.info
    assert app.get("plotly_chart")
    said = text(app)
    if view == "components":
        assert "PC1" in said
    if view == "probability" and axis == "continent":
        (entropies,) = [t.value for t in app.dataframe if "Printed by the authors" in t.value]
        assert entropies["Printed by the authors"].round(3).tolist() == [1.264, 1.564, 1.541]
        np.testing.assert_allclose(
            entropies["From these counts"], entropies["Printed by the authors"], atol=0.006
        )
    if view == "transfer" and axis == "continent":
        assert "-0.34 with the Jensen-Shannon distance (p = 0.13)" in said


def test_a_cluster_without_north_america_says_so(open_page: Open) -> None:
    assert "no patch in North America" in text(open_page("landscapes", PUBLISHED, cluster="5"))


def test_table_5_stands_in_its_true_orientation_and_as_printed(open_page: Open) -> None:
    app = open_page("generalization", PUBLISHED, axis="season")
    assert "printed with its axes swapped" in text(app)
    assert app.selectbox(key="choice-table").options == [
        "Table 5 (published)",
        "Table 5, as printed",
    ]
    printed = open_page("generalization", PUBLISHED, axis="season", table="printed")
    assert "are in truth the groups that were tested on" in text(printed)


def test_the_published_confusion_is_shown_with_its_costliest_mistake(open_page: Open) -> None:
    confusion = published_landscapes.north_america_to_africa()
    said = text(open_page("generalization", PUBLISHED))
    assert f"**{np.trace(confusion) / confusion.sum():.1%}** agree with MODIS" in said
    assert "**Barren taken for Herbaceous**, 15.2% of all pixels" in said
    assert f"Table 4 has {published.table_4().mean.loc['North America', 'Africa']:.1%}" in said


@pytest.mark.parametrize("page", ["predict", "transfer"])
def test_a_page_that_needs_models_leads_to_the_study_that_has_some(
    page: str, open_page: Open
) -> None:
    app = open_page(page, PUBLISHED)
    assert not app.error and not app.info
    (link,) = [each.proto for each in app.get("page_link") if "demo study" in each.proto.label]
    assert "study=demo" in link.query_string


def test_where_nothing_can_be_predicted_a_map_is_brought_to_be_checked(open_page: Open) -> None:
    app = open_page("check", PUBLISHED)
    assert not app.error and not app.info
    assert app.main.get("file_uploader")


def test_no_name_of_a_cluster_is_cut(open_page: Open) -> None:
    app = open_page("landscapes", PUBLISHED)
    (table,) = [t.value for t in app.main.table if "Patches" in t.value]
    assert table.Name.tolist() == list(published_landscapes.cluster_names())


def test_what_is_lowest_in_a_published_table_is_not_called_the_worst(open_page: Open) -> None:
    said = text(open_page("generalization", PUBLISHED))
    assert "Lowest in the table" in said
    assert not any(word in said.lower() for word in ("worst", "hardest", "better elsewhere"))

"""What is below a picture keeps its place while the picture is still to come."""

import pytest
from page_at_rest import come_to_rest, open_page
from playwright.sync_api import Page

from lcviz.study import Study

_PLACES = """() => [...document.querySelectorAll("a, button, figcaption, img")].map(element => {
    const {x, y, width, height} = element.getBoundingClientRect();
    return [element.tagName, x, y, width, height].join(" ");
})"""
_TAKE_PICTURES_AWAY = """() => {
    const pictures = [...document.images].filter(image => image.src.startsWith("data:"));
    for (const image of pictures) { image.removeAttribute("src"); image.alt = ""; }
    return pictures.length;
}"""


@pytest.mark.parametrize("path", ["landscapes?view=gallery&cluster=3", "world_map?scene={scene}"])
def test_a_picture_that_is_still_to_come_moves_nothing(
    page: Page, app: str, study_path, path: str
) -> None:
    study = Study.open(study_path)
    scene = next(each for each in study.scenes().scene_id if study.browsable(each))
    open_page(page, f"{app}/{path.format(scene=scene)}")
    with_pictures = page.evaluate(_PLACES)
    assert page.evaluate(_TAKE_PICTURES_AWAY) > 2
    come_to_rest(page)
    assert page.evaluate(_PLACES) == with_pictures

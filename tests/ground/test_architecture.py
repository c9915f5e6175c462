"""The picture in docs/architecture.md, held against the imports of the code."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from places import ROOT

PICTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TOPS = {"app": "app", "pages": "pages", "precompute": "stages"}


def floors() -> dict[str, int]:
    """Room -> its floor, as drawn."""
    rooms = {}
    for floor, drawn in re.findall(r"subgraph floor(\d+)\[.*?\]\n(.*?)\n  end", PICTURE, re.S):
        for line in drawn.splitlines():
            rooms[line.strip().partition("[")[0]] = int(floor)
    return rooms


def arrows() -> set[tuple[str, str]]:
    """Arrows from room to room, as drawn."""
    found = re.findall(r"^  ([a-z._]+) --> ([a-z._]+)$", PICTURE, re.M)
    return {pair for pair in found if not pair[0].startswith("floor")}


def room_of(module: str) -> str:
    """The room a module lives in; modules right in lcviz/ are the ground."""
    top, *parts = module.split(".")
    if top != "lcviz":
        return TOPS[top]
    folder = ROOT / "lcviz"
    rooms = []
    for part in parts:
        folder /= part
        if not folder.is_dir():
            break
        rooms.append(part)
    return ".".join(rooms) or "ground"


def imports() -> Iterator[tuple[str, str]]:
    """Each (module, module it imports) of the project, also inside functions."""
    files = [ROOT / "app.py"]
    for folder in ("pages", "lcviz", "precompute"):
        files += (ROOT / folder).rglob("*.py")
    for file in files:
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
                "lcviz",
                "precompute",
            ):
                for name in node.names:
                    target = f"{node.module}.{name.name}"
                    path = ROOT.joinpath(*target.split("."))
                    is_module = path.is_dir() or path.with_suffix(".py").is_file()
                    yield module, target if is_module else node.module
            elif isinstance(node, ast.Import):
                yield from ((module, n.name) for n in node.names if n.name.startswith("lcviz."))


def test_every_room_is_drawn_and_every_drawn_room_is_there():
    folders = {
        ".".join(folder.relative_to(ROOT / "lcviz").parts)
        for folder in (ROOT / "lcviz").rglob("*")
        if (folder / "__init__.py").is_file()
    }
    assert set(floors()) == folders | {"ground", *TOPS.values()}


def test_imports_go_down_the_picture_or_along_a_drawn_arrow():
    floor, drawn = floors(), arrows()
    wrong = set()
    for module, target in imports():
        here, there = room_of(module), room_of(target)
        if here != there and floor[here] <= floor[there] and (here, there) not in drawn:
            wrong.add(f"{module} imports {target}")
    assert not wrong


def test_drawn_arrows_are_needed_and_make_no_circle():
    used = {(room_of(module), room_of(target)) for module, target in imports()}
    assert arrows() - {("app", "pages")} <= used
    order = TopologicalSorter()
    for here, there in arrows():
        order.add(here, there)
    order.prepare()


def test_only_ui_and_the_pages_know_streamlit():
    for file in Path(ROOT / "lcviz").rglob("*.py"):
        if file.is_relative_to(ROOT / "lcviz" / "ui"):
            continue
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) streamlit", text, re.M), file


def test_the_app_and_the_stages_do_not_know_each_other():
    for module, target in imports():
        if module.startswith("precompute"):
            assert not target.startswith("lcviz.ui"), module
        else:
            assert not target.startswith("precompute"), module


def test_what_the_picture_says_of_files_is_there():
    for name in re.findall(r"`([a-z_/]+\.py)`", PICTURE):
        places = [ROOT / name, ROOT / "lcviz" / name]
        places += (ROOT / "lcviz").glob(f"*/{name}")
        assert any(place.is_file() for place in places), name


def test_no_modules_import_each_other_in_a_circle_be_it_for_types_only():
    order = TopologicalSorter()
    for module, target in imports():
        order.add(module.removesuffix(".__init__"), target)
    order.prepare()  # names a circle that it finds

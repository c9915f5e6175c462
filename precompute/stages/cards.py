"""Write the cards of models: Markdown for people, a STAC Item for catalogues.

Nothing else depends on them, so that they make nothing out of date; one that would say the same
is left as it is.
"""

import json
from pathlib import Path

from lcviz.atomic import write_text
from lcviz.errors import LcvizError
from lcviz.manuscript.mlm import stac_item
from lcviz.manuscript.model_card import model_card
from lcviz.study import Study
from precompute.running.stage import console

CARD, ITEM = "README.md", "stac.json"


def write_cards(study: Study, out: Path | None = None) -> None:
    """Write the cards of all models, beside each; a model that cannot be read is told.

    Args:
        study: with models and their scores.
        out: writes to `<out>/<experiment>/` instead.

    Raises:
        OSError: they cannot be written.
    """
    for name in (*study.experiments(), *study.experiments_without()):
        folder = study.model_file(name).parent if out is None else out / name
        try:
            texts = {
                CARD: model_card(study, name),
                ITEM: json.dumps(stac_item(study, name), indent=1) + "\n",
            }
        except LcvizError as error:
            console.print(f"no card of {name}: {error}", markup=False, soft_wrap=True)
            continue
        for file, text in texts.items():
            _write_changed(folder / file, text)


def _write_changed(file: Path, text: str) -> None:
    if not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != text:
        write_text(file, text)

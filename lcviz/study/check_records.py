"""What checks with labels measured of a study's models: receipts of the forecasts, kept on consent.

`receipts/checks.jsonl` in the study: one JSON object a line, the last of a check counts. See
docs/assessment.md for its keys. Nothing in it tells who labelled, or where a point lies.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from filelock import FileLock, Timeout

from lcviz.atomic import write_text
from lcviz.errors import StudyError
from lcviz.study.study import Study

FILE: Final = "receipts/checks.jsonl"
_PATIENCE_S: Final = 10.0


def read_checks(study: Study) -> list[dict[str, Any]]:
    """All kept checks, a record each; lines that cannot be read are left out."""
    file = study.path / FILE
    if not file.is_file():
        return []
    found: dict[str, dict[str, Any]] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
            found[str(record["check"])] = record
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return list(found.values())


def keep_check(study: Study, record: Mapping[str, Any]) -> None:
    """Keep what a check measured; an older record of the same check is replaced.

    Args:
        study: the study of the models.
        record: JSON-like, with the key `check`.

    Raises:
        StudyError: the study's folder cannot be written.
    """
    file = study.path / FILE
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f"{file.name}.lock"), timeout=_PATIENCE_S):
            kept = [each for each in read_checks(study) if each["check"] != record["check"]]
            lines = [json.dumps(each, ensure_ascii=False) for each in (*kept, dict(record))]
            write_text(file, "\n".join(lines) + "\n")
    except (OSError, Timeout) as error:
        raise StudyError(f"{file} cannot be written ({error}); nothing was kept") from error

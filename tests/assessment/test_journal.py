import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from places import ROOT
from sklearn.metrics import cohen_kappa_score

from lcviz.assessment.agreement import agreements
from lcviz.assessment.journal import Entry, Journal
from lcviz.errors import PointsError

WRITER = """
import sys
from pathlib import Path
from lcviz.assessment.journal import Entry, Journal
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    journal.write(Entry(number, "ann", "Water Bodies"))
    print(number, flush=True)
"""


def test_the_last_word_counts_and_can_be_taken_back(tmp_path: Path):
    journal = Journal(tmp_path / "labels.jsonl")
    assert journal.entries() == ()
    journal.write(Entry(1, "ann", "Barren"))
    journal.write(Entry(2, "ann", "Barren", sure=False, note="Schnee? é"))
    journal.write(Entry(1, "ann", "Water Bodies"))
    journal.write(Entry(3, "ann", "Barren"))
    journal.write(Entry(3, "ann", None))
    table = journal.labels().set_index("sample_id")
    assert table.label.to_dict() == {2: "Barren", 1: "Water Bodies"}
    assert not table.sure[2] and table.note[2] == "Schnee? é"


def test_two_people_who_disagree_leave_the_point_open(tmp_path: Path):
    journal = Journal(tmp_path / "labels.jsonl")
    for person, label in (("ann", "Barren"), ("bo", "Herbaceous")):
        journal.write(Entry(1, person, label))
        journal.write(Entry(2, person, "Barren"))
    table = journal.labels().set_index("sample_id")
    assert table.disagree.to_dict() == {1: True, 2: False}
    assert table.label.isna().to_dict() == {1: True, 2: False}


def test_no_label_is_lost_when_the_writer_is_killed(tmp_path: Path):
    file = tmp_path / "labels.jsonl"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    told = [int(writer.stdout.readline()) for _ in range(30)]
    os.kill(writer.pid, signal.SIGKILL)
    told += [int(line) for line in writer.communicate()[0].split()]
    kept = {entry.sample_id for entry in Journal(file).entries()}
    assert set(told) <= kept
    with file.open("ab") as opened:
        opened.write(b'{"sample_id": 7, "labell')
    start = time.monotonic()
    Journal(file).write(Entry(999_999, "bo", "Barren"))
    assert time.monotonic() - start < 5
    assert {entry.sample_id for entry in Journal(file).entries()} == {*kept, 999_999}


def test_many_write_at_once(tmp_path: Path):
    file = tmp_path / "labels.jsonl"

    def write(person: int) -> None:
        for point in range(40):
            Journal(file).write(Entry(point, f"person {person}", "Barren"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert len(Journal(file).entries()) == 240


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "full").write_text("a file where the folder should be")
    with pytest.raises(PointsError, match="could not be kept"):
        Journal(tmp_path / "full" / "labels.jsonl").write(Entry(1, "ann", "Barren"))


def test_kappa_is_scikit_learns():
    a = list("AABBCABCCCABAB")
    b = list("ABBBCABCAAABBB")
    entries = [Entry(i, "ann", x) for i, x in enumerate(a)]
    entries += [Entry(i, "bo", x) for i, x in enumerate(b)] + [Entry(99, "bo", "A")]
    (found,) = agreements(entries)
    assert (found.points, found.agree) == (14, 10)
    assert found.kappa == pytest.approx(cohen_kappa_score(a, b))
    same = [Entry(i, person, "A") for i in range(3) for person in ("ann", "bo")]
    assert agreements(same)[0].kappa is None

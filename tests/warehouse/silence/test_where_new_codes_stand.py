"""An exception about a new code says in which file and row it stands: its value may not be shown."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from throughline.told.exceptions import tell
from throughline.told.exceptions.places import places

KNOWN = {"status": "finished", "class_code": "AMB"}


@pytest.fixture
def learned(watch: Any) -> Any:
    """Return a practice whose encounters came on the first of 14 nights; the next one is open."""
    watch.begin(1)
    watch.delivery()
    watch.record(**KNOWN)
    watch.notice()
    watch.past(range(2, 15), {})
    watch.begin(15)
    return watch


def file(watch: Any, name: str) -> uuid.UUID:
    """Land a file, and return its id."""
    file_id = uuid.uuid4()
    watch.conn.execute(
        "insert into landing.file (file_id, source, business_date, original_name, received_at, bytes, sha256,"
        " known_seq, status, path) values (%s, 'ehr', %s, %s, %s, 1, md5(random()::text), %s, 'landed', 'x')",
        (file_id, watch.day, name, watch.cut_off, watch.seq),
    )
    return file_id


def where(watch: Any, reason: str = "new_code") -> list[str]:
    """Return where the codes of the open exceptions stand."""
    ids = watch.rows(
        "select exception_id::text from operations.exception where status = 'open' order by about_id"
    )
    return [places(watch.conn, reason, each) for (each,) in ids]


def test_the_first_records_with_a_new_code_are_named(learned: Any) -> None:
    visits = file(learned, "visits_0115.csv")
    for row_no in (9, 7, 8, 12):
        learned.record(class_code="Q7", row_no=row_no, file_id=visits)
    learned.record(class_code="Q7", row_no=6, file_id=visits, retracted_seq=learned.seq)
    learned.record(class_code="AMB", row_no=5, file_id=visits)
    learned.notice()
    said = "row 7 of visits_0115.csv, row 8 of visits_0115.csv, row 9 of visits_0115.csv"
    assert where(learned) == [said]
    assert said in " ".join(tell(learned.conn).split())
    # they stay the ones that brought it
    learned.begin(16)
    learned.record(class_code="Q7", row_no=2, file_id=file(learned, "visits_0116.csv"))
    learned.notice()
    assert where(learned) == [said]
    assert where(learned, "missed_clock") == [""]


def test_a_code_that_is_not_shown_is_found_by_its_place(learned: Any) -> None:
    visits = file(learned, "visits.csv")
    learned.record(class_code="Quill, Bartholomew", row_no=7, file_id=visits)
    learned.record(class_code="Fern, Ada", row_no=8, file_id=visits)
    learned.notice()
    assert sorted(where(learned)) == ["row 7 of visits.csv", "row 8 of visits.csv"]
    assert "Quill" not in tell(learned.conn)


def test_of_very_many_new_codes_three_are_named(learned: Any) -> None:
    visits = file(learned, "visits.csv")
    for number in range(40):
        learned.record(class_code=f"N{number:02}", row_no=number + 2, file_id=visits)
    learned.notice()
    assert where(learned) == ["row 2 of visits.csv, row 3 of visits.csv, row 4 of visits.csv"]

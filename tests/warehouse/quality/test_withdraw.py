"""A delivery that was accepted wrongly is rejected: the next night takes it back, with all that it proved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.warehouse.deliveries import Hand, patient, visit
from throughline import quality
from throughline.proven import invariants
from throughline.quality import decide
from throughline.warehouse import failpoints

WHO = "Ada Okafor"
VISITS = (
    "select source_id, source_version from core.encounter where retracted_seq is null"
    " and not is_deleted order by 1"
)
FACTS = "select source_ref, kind from evidence.fact where retracted_seq is null order by 1, 2"


def later(number: int, of: int, day: int, **more: Any) -> dict[str, Any]:
    """Return a version of a visit that its chart changed on a day of February."""
    meta = {"versionId": str(day), "lastUpdated": f"2026-02-{day:02}T10:00:00Z"}
    return visit(number, of, **{"meta": meta, **more})


def reject(hand: Hand, about_id: object, kind: str = "delivery") -> None:
    from throughline.decisions import Request, record

    record(hand.people, Request("reject", kind, str(about_id), WHO, "another practice's"))


def take_back(hand: Hand) -> int:
    """Take back what was rejected, and state the facts of the night."""
    rows = quality.withdraw(hand.conn, "ehr", hand.seq, hand.landing_root)
    hand.facts("encounter")
    return rows


def sound(hand: Hand) -> None:
    for check in invariants.checks():
        if check.invariant[:2] in {"04", "10"}:
            hand.admin.execute(
                "create temp table if not exists scope_batch as select batch_id from landing.batch"
            )
            found = hand.admin.execute(check.query.encode(), {"seq": None}).fetchall()
            hand.admin.execute("drop table scope_batch")
            assert not [row for row in found if check.name != "delivery_left_halfway"], check.name


def three_nights(hand: Hand) -> Any:
    """Good visits 1 and 2; then a wrong delivery that changes 1 and adds 9; then one that changes 2."""
    hand.take_in("encounter", [later(1, 1, 1), later(2, 2, 1)])
    hand.facts("encounter")
    hand.new_night()
    hand.take_in("encounter", [later(1, 1, 5, status="cancelled"), later(9, 9, 5)])
    hand.facts("encounter")
    wrong = hand.batch
    hand.new_night()
    hand.take_in("encounter", [later(2, 2, 7)])
    hand.facts("encounter")
    return wrong


def test_what_it_replaced_stands_again_and_what_it_brought_is_gone(hand: Hand) -> None:
    wrong = three_nights(hand)
    assert [row[0] for row in hand.rows(VISITS)] == ["e1", "e2", "e9"]
    assert ("encounter/e1", "visit") not in hand.rows(FACTS)
    as_it_was = hand.rows("select * from evidence.fact where known_seq < 4 order by fact_id")
    reject(hand, wrong)
    hand.new_night()
    assert take_back(hand) == 2
    assert [row[0] for row in hand.rows(VISITS)] == ["e1", "e2"]
    assert ("encounter/e1", "visit") in hand.rows(FACTS)
    assert not [ref for ref, _ in hand.rows(FACTS) if ref == "encounter/e9"]
    # earlier nights still read what they read then
    columns = "fact_id, known_seq, kind, source_version"
    then = f"select {columns} from evidence.fact where known_seq < 4 order by fact_id"
    assert len(hand.rows(then)) == len(as_it_was)
    assert hand.rows(
        "select status, rows_rejected, rows_loaded from landing.batch where batch_id = %s", wrong
    ) == [("rejected", 2, 0)]
    sound(hand)


def test_a_version_that_the_wrong_one_superseded_is_read_again(hand: Hand) -> None:
    hand.take_in("encounter", [later(1, 1, 1)])
    hand.new_night()
    hand.take_in("encounter", [later(1, 1, 20, status="cancelled")])
    wrong = hand.batch
    hand.new_night()
    # changed after the first, before the wrong one: it counted as older and was not kept
    assert hand.take_in("encounter", [later(1, 1, 10, status="in-progress")]).superseded == 1
    reject(hand, wrong)
    hand.new_night()
    take_back(hand)
    [(_, version)] = hand.rows(VISITS)
    assert version.startswith("2026-02-10")
    sound(hand)


def test_a_record_that_it_deleted_stands_again(hand: Hand) -> None:
    hand.take_in("encounter", [later(1, 1, 1)])
    hand.facts("encounter")
    hand.new_night()
    hand.take_in("encounter", [later(1, 1, 5, status="entered-in-error")])
    hand.facts("encounter")
    assert hand.rows(FACTS) == []
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows(FACTS) == [("encounter/e1", "visit")]


def test_the_same_version_may_come_again_and_states_its_facts(hand: Hand) -> None:
    hand.take_in("encounter", [later(1, 1, 5), later(2, 2, 5)])
    hand.facts("encounter")
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows(FACTS) == []
    hand.new_night()
    counts = hand.take_in("encounter", [later(1, 1, 5), later(3, 3, 5)])
    assert counts.loaded == 2
    hand.facts("encounter")
    assert hand.rows(FACTS) == [("encounter/e1", "visit"), ("encounter/e3", "visit")]
    sound(hand)


def test_one_file_of_several_is_taken_back_alone(hand: Hand) -> None:
    hand.take_in("encounter", [later(1, 1, 1)], [later(2, 2, 1), later(3, 3, 1)])
    [(file_id,)] = hand.rows("select file_id from landing.batch_file where row_count = 2")
    reject(hand, file_id, "landed_file")
    hand.new_night()
    assert take_back(hand) == 2
    assert [row[0] for row in hand.rows(VISITS)] == ["e1"]
    counts = hand.counts(hand.batch)
    assert (counts.received, counts.loaded, counts.rejected) == (3, 1, 2)
    sound(hand)


def test_its_feed_is_late_again_and_the_next_fetch_begins_before_it(hand: Hand) -> None:
    mark = datetime(2026, 3, 2, 20, tzinfo=UTC)
    hand.take_in("patient", [patient(1)], watermark=mark)
    fresh = "select last_business_date from operations.freshness(99) where feed = 'patient'"
    assert hand.rows(fresh) == [(hand.day,)]
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows(fresh) == []
    # the night before still knows it
    assert len(hand.rows("select 1 from operations.freshness(%s)", hand.seq - 1)) == 1
    assert hand.rows("select * from landing.watermark") == []


def test_what_came_later_is_read_again_and_moves_no_watermark(hand: Hand) -> None:
    """The next fetch must ask for what the rejected delivery should have brought."""
    marks = [datetime(2026, 3, day, 20, tzinfo=UTC) for day in (2, 3, 4)]
    batches = []
    for number, mark in enumerate(marks, 1):
        hand.take_in("patient", [patient(number)], watermark=mark)
        batches.append(hand.batch)
        hand.new_night()
    reject(hand, batches[1])
    hand.new_night()
    take_back(hand)
    assert hand.rows("select watermark from landing.watermark") == [(marks[0],)]
    assert hand.rows("select status from landing.batch order by known_seq") == [
        ("loaded",),
        ("rejected",),
        ("loaded",),
    ]
    sound(hand)


def test_rows_that_were_set_aside_end_with_it(hand: Hand) -> None:
    hand.take_in(
        "encounter",
        [visit(1, 1, **dict[str, Any]({"class": None})), *[visit(n, n) for n in range(2, 9)]],
    )
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows("select status, closed_seq from quality.quarantine") == [
        ("rejected", hand.seq)
    ]
    sound(hand)


def test_a_rerun_takes_nothing_back_twice(hand: Hand) -> None:
    reject(hand, three_nights(hand))
    hand.new_night()
    take_back(hand)
    before = hand.rows(VISITS), hand.rows(FACTS)
    assert take_back(hand) == 0
    assert before == (hand.rows(VISITS), hand.rows(FACTS))
    sound(hand)


def test_a_night_that_is_killed_takes_it_back_when_it_runs_again(hand: Hand) -> None:
    reject(hand, three_nights(hand))
    hand.new_night()

    def die(name: str) -> None:
        if name == "withdraw.before_commit":
            raise KeyboardInterrupt

    failpoints.install(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            quality.withdraw(hand.conn, "ehr", hand.seq, hand.landing_root)
    finally:
        failpoints.install(None)
    hand.conn.rollback()
    assert take_back(hand) == 2


def test_a_delivery_of_tonight_wins_over_what_stands_again(hand: Hand) -> None:
    reject(hand, three_nights(hand))
    hand.new_night()
    take_back(hand)
    hand.take_in("encounter", [later(1, 1, 9, status="in-progress")])
    # loaded again by a retry of the task
    hand.load(hand.batch)
    hand.facts("encounter")
    assert ("encounter/e1", "visit_open") in hand.rows(FACTS)
    assert ("encounter/e1", "visit") not in hand.rows(FACTS)


def test_only_what_is_loaded_can_be_taken_back_and_the_question_says_what_follows(
    hand: Hand,
) -> None:
    from throughline.decisions import Request, preview

    hand.take_in("encounter", [later(1, 1, 1)])
    request = Request("reject", "delivery", str(hand.batch), WHO)
    told = preview(hand.people, request).follows
    assert told[0].startswith("The next night takes back 1 row of ehr/encounter of 2026-03-02")
    reject(hand, hand.batch)
    with pytest.raises(decide.NotKeptBackError):
        preview(hand.people, request)

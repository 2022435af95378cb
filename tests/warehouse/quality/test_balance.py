"""Every row that was received is in exactly one place, whatever gate, load and people do with it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.warehouse.deliveries import Hand, ndjson, patient, visit
from throughline import quality
from throughline.exceptions.resolve import SHORTEST
from throughline.proven import invariants
from throughline.quality import decide as said
from throughline.quality.load import Counts
from throughline.warehouse import derive

WHO = "Ada Okafor"


def adds_up(counts: Counts) -> bool:
    where = asdict(counts)
    received = where.pop("received")
    return bool(received == sum(where.values()))


def sound(hand: Hand, batch: UUID | None = None) -> Counts:
    """Return the counts of a batch after what the invariants say of all batches."""
    counts = hand.counts(batch)
    assert adds_up(counts)
    for check in invariants.checks():
        if check.invariant[:2] in {"04", "10"}:
            hand.admin.execute(
                "create temp table if not exists scope_batch as select batch_id from landing.batch"
            )
            found = hand.admin.execute(check.query.encode(), {"seq": None}).fetchall()
            hand.admin.execute("drop table scope_batch")
            broken = [row for row in found if check.name != "delivery_left_halfway"]
            assert not broken, (check.name, broken)
    return counts


def mixed(bad: int = 2, good: int = 20) -> bytes:
    """Return a delivery: good rows, rows a gate sets aside, one line that nobody can read."""
    rows = [patient(n) for n in range(1, good + 1)]
    rows += [patient(100 + n, birthDate="1700-01-01") for n in range(bad)]
    return ndjson(rows) + b"{ broken\n"


def quarantine_of(hand: Hand, row_no: int) -> str:
    found = hand.rows(
        "select quarantine_id from quality.quarantine where batch_id = %s and row_no = %s and status = 'open'",
        hand.batch,
        row_no,
    )
    return str(found[0][0])


def decide(hand: Hand, quarantine_id: str, action: str) -> UUID | None:
    decision = said.decide_row(hand.people, quarantine_id, action, WHO, "seen")
    hand.conn.commit()
    return decision


def decide_batch(hand: Hand, action: str) -> UUID | None:
    decision = said.decide_batch(hand.people, str(hand.batch), action, WHO, "seen")
    hand.conn.commit()
    return decision


def test_gate_and_load_account_for_every_row(hand: Hand) -> None:
    verdict = hand.judge("patient", mixed())
    assert (verdict.verdict, verdict.rows) == ("quarantine", 20)
    assert sound(hand) == Counts(23, 0, 0, 3, 0, 20)
    assert hand.load(hand.batch) == Counts(23, 20, 0, 3, 0, 0)
    assert sound(hand) == Counts(23, 20, 0, 3, 0, 0)


def test_a_row_with_two_reasons_is_one_row(hand: Hand) -> None:
    rows = [patient(1), patient(2, birthDate="1700-01-01", deceasedDateTime="1650-01-01")]
    assert hand.judge("patient", rows).rows == 1
    assert len(hand.quarantined()) == 2
    assert hand.load(hand.batch) == Counts(2, 1, 0, 1, 0, 0)
    assert decide(hand, quarantine_of(hand, 2), "reject") is not None
    assert sound(hand) == Counts(2, 1, 0, 0, 1, 0)
    assert {status for _, _, status in hand.quarantined()} == {"rejected"}


def test_gate_and_load_again_change_nothing(hand: Hand) -> None:
    hand.take_in("patient", mixed(), watermark=datetime(2026, 3, 2, 20, tzinfo=UTC))
    before = hand.everything()
    first = hand.gate(hand.batch)
    hand.load(hand.batch)
    assert hand.everything() == before
    assert (first.verdict, first.rows) == ("quarantine", 20)


def test_the_whole_extract_again_changes_nothing(hand: Hand) -> None:
    """A night that is run again parses the same bytes, and what a gate set aside stays aside."""
    hand.take_in("patient", [patient(n) for n in range(1, 6)])
    hand.new_night()
    hand.take_in("patient", mixed(), watermark=datetime(2026, 3, 3, 20, tzinfo=UTC))
    before = hand.everything()
    for _ in range(2):
        hand.stage(hand.batch)
        hand.gate(hand.batch)
        hand.load(hand.batch)
        assert hand.everything() == before


def test_a_gate_that_is_asked_again_before_the_load_says_the_same(hand: Hand) -> None:
    first = hand.judge("patient", mixed())
    before = hand.everything()
    assert hand.gate(hand.batch) == first
    hand.stage(hand.batch)
    assert hand.gate(hand.batch) == first
    assert hand.everything() == before


def test_a_released_row_is_pending_and_loaded_by_the_next_night(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    assert quality.released(hand.conn, "ehr") == []
    assert decide(hand, quarantine_of(hand, 21), "release") is not None
    assert sound(hand) == Counts(23, 20, 0, 2, 0, 1)
    seq = hand.new_night()
    assert quality.released(hand.conn, "ehr") == [hand.batch]
    assert hand.load(hand.batch) == Counts(23, 21, 0, 2, 0, 0)
    assert sound(hand) == Counts(23, 21, 0, 2, 0, 0)
    assert quality.released(hand.conn, "ehr") == []
    assert hand.rows("select known_seq from core.patient where source_id = 'p100'") == [(seq,)]
    assert hand.rows("select loaded_seq from landing.batch") == [(seq - 1,)]
    before = hand.everything()
    hand.load(hand.batch)
    assert hand.everything() == before


def test_a_released_row_that_came_again_meanwhile_is_superseded(hand: Hand) -> None:
    hand.take_in("patient", mixed(bad=1))
    batch = hand.batch
    assert decide(hand, quarantine_of(hand, 21), "release") is not None
    hand.new_night()
    hand.take_in("patient", [patient(100, version=2)])
    quality.load(hand.conn, batch, hand.seq)
    assert sound(hand, batch) == Counts(22, 20, 1, 1, 0, 0)
    assert hand.standing("patient")["p100"].endswith("02.000000Z/000002")


def test_released_rows_that_a_crash_took_are_asked_for_again(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    decide(hand, quarantine_of(hand, 21), "release")
    hand.new_night()
    hand.admin.execute("truncate staging.patient")
    with pytest.raises(quality.StagingLost):
        hand.load(hand.batch)
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    assert hand.load(hand.batch) == Counts(23, 21, 0, 2, 0, 0)
    assert len(hand.standing("patient")) == 21
    assert hand.rows("select count(*) from staging.patient") == [(1,)]


def test_a_rejected_row_stays_out(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    one = quarantine_of(hand, 21)
    assert decide(hand, one, "reject") is not None
    assert decide(hand, one, "reject") is None
    assert decide(hand, one, "release") is None
    assert sound(hand) == Counts(23, 20, 0, 2, 1, 0)
    hand.load(hand.batch)
    assert sound(hand) == Counts(23, 20, 0, 2, 1, 0)
    told = hand.rows("select kind, decided_by, about_kind, note from operations.decision")
    assert told == [("reject", WHO, "quarantine", "seen")]


def test_a_line_that_nobody_could_read_cannot_be_released(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    with pytest.raises(ValueError, match="cannot be loaded"):
        said.decide_row(hand.people, quarantine_of(hand, 23), "release", WHO, "")
    hand.conn.rollback()
    assert decide(hand, quarantine_of(hand, 23), "reject") is not None
    assert sound(hand) == Counts(23, 20, 0, 2, 1, 0)


@pytest.mark.parametrize(
    ("action", "who", "why"),
    [("approve", WHO, "must be one of .*reject, release"), ("release", "", "named person")],
)
def test_only_named_persons_release_or_reject(hand: Hand, action: str, who: str, why: str) -> None:
    hand.take_in("patient", mixed())
    with pytest.raises(ValueError, match=why):
        said.decide_row(hand.people, quarantine_of(hand, 21), action, who, "")
    with pytest.raises(ValueError, match=why):
        said.decide_batch(hand.people, str(hand.batch), action, who, "")


def test_a_later_delivery_corrects_a_row(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    first = hand.batch
    seq = hand.new_night()
    assert hand.take_in("patient", [patient(100, version=2)]) == Counts(1, 1, 0, 0, 0, 0)
    assert sound(hand, first) == Counts(23, 20, 0, 3, 0, 0)
    told = hand.rows(
        "select source_id, status, closed_seq from quality.quarantine where batch_id = %s order by row_no",
        first,
    )
    assert told == [("p100", "corrected", seq), ("p101", "open", None), (None, "open", None)]
    assert hand.rows("select source_id from staging.patient") == [("p101",)]


def test_an_older_version_corrects_nothing(hand: Hand) -> None:
    hand.take_in("patient", [patient(1), patient(2, version=3, birthDate=None)])
    hand.new_night()
    first = hand.batch
    hand.take_in("patient", [patient(2, version=2)])
    assert hand.quarantined(first) == [(2, "birth_date missing", "open")]


def test_a_bad_row_corrects_no_other(hand: Hand) -> None:
    hand.take_in("patient", [patient(1), patient(2, birthDate=None)])
    first = hand.batch
    hand.new_night()
    hand.take_in("patient", [patient(2, version=2, birthDate=None)])
    assert hand.quarantined(first) == [(2, "birth_date missing", "open")]


def test_a_correction_that_says_what_stands_counts_too(hand: Hand) -> None:
    """Back to what it was: nothing is loaded, and the bad version in between waits no more."""
    hand.take_in("patient", [patient(1)])
    hand.new_night()
    hand.take_in("patient", [patient(1, version=2, birthDate=None)])
    second = hand.batch
    hand.new_night()
    assert hand.take_in("patient", [patient(1, version=3)]) == Counts(1, 0, 1, 0, 0, 0)
    assert [status for _, _, status in hand.quarantined(second)] == ["corrected"]


def stopped(hand: Hand) -> UUID:
    """Bring a feed to a stop by its volume; one row is impossible and one line garbage."""
    hand.past("patient", patient)
    verdict = hand.judge("patient", mixed(bad=1, good=3))
    assert verdict.verdict == "stop"
    return hand.batch


def test_a_stopped_batch_is_loaded_by_nobody(hand: Hand) -> None:
    stopped(hand)
    assert sound(hand) == Counts(5, 0, 0, 2, 0, 3)
    before = hand.everything()
    hand.load(hand.batch)
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    hand.load(hand.batch)
    assert hand.everything() == before


def test_a_released_batch_is_loaded_without_its_bad_rows(hand: Hand) -> None:
    stopped(hand)
    assert decide_batch(hand, "release") is not None
    seq = hand.new_night()
    assert hand.load(hand.batch) == Counts(5, 3, 0, 2, 0, 0)
    assert sound(hand) == Counts(5, 3, 0, 2, 0, 0)
    assert hand.rows(
        "select status, loaded_seq from landing.batch where batch_id = %s", hand.batch
    ) == [("loaded", seq)]
    assert decide_batch(hand, "reject") is None
    before = hand.everything()
    hand.load(hand.batch)
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    hand.load(hand.batch)
    assert hand.everything() == before


def test_rows_that_stopped_a_batch_are_accepted_with_it(hand: Hand) -> None:
    lacking: dict[str, Any] = {"class": None}
    visits = [visit(number, 1, **(lacking if number < 6 else {})) for number in range(10)]
    assert hand.judge("encounter", visits).verdict == "stop"
    decide_batch(hand, "release")
    assert hand.load(hand.batch) == Counts(10, 10, 0, 0, 0, 0)


def test_a_rejected_batch_keeps_nothing(hand: Hand) -> None:
    stopped(hand)
    assert decide_batch(hand, "reject") is not None
    assert decide_batch(hand, "release") is None
    assert sound(hand) == Counts(5, 0, 0, 0, 5, 0)
    assert {status for _, _, status in hand.quarantined()} == {"rejected"}
    before = hand.everything()
    hand.load(hand.batch)
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    assert hand.everything() == before


def test_a_batch_that_is_not_stopped_needs_no_decision(hand: Hand) -> None:
    hand.judge("patient", mixed())
    assert decide_batch(hand, "release") is None
    assert hand.rows("select count(*) from operations.decision") == [(0,)]


def test_the_watermark_moves_with_the_load(hand: Hand) -> None:
    mark = datetime(2026, 3, 2, 20, tzinfo=UTC)
    hand.judge("patient", mixed(), watermark=mark)
    assert hand.rows("select * from landing.watermark") == []
    hand.load(hand.batch)
    assert hand.rows("select * from landing.watermark") == [("ehr", "patient", hand.seq, mark)]


def test_a_named_person_decides_on_a_row_from_the_command_line(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hand.take_in("patient", mixed())
    monkeypatch.setenv(
        "THROUGHLINE_DSN", hand.admin.info.dsn + f" password={hand.admin.info.password}"
    )
    kept, unreadable = quarantine_of(hand, 21), quarantine_of(hand, 23)

    assert said.main([kept, "--by", WHO, "--action", "release", "--preview"]) == 0
    assert "The next night loads row" in capsys.readouterr().out
    assert hand.rows("select 1 from operations.decision") == []
    assert said.main([kept, "--by", WHO, "--action", "release", "--note", "seen"]) == 0
    assert hand.rows("select status from quality.quarantine where quarantine_id = %s", kept) == [
        ("released",)
    ]
    assert hand.rows("select decided_by, kind, note from operations.decision") == [
        (WHO, "release", "seen")
    ]
    for arguments, why in (
        ([kept, "--by", WHO, "--action", "reject"], "waits for a decision"),
        (["c0ffee", "--by", WHO, "--action", "reject"], "ID=c0ffee: must be the number of a row"),
        ([unreadable, "--by", WHO, "--action", "release"], "cannot be loaded"),
        ([unreadable, "--by", "  ", "--action", "reject"], "belongs to nobody"),
        ([unreadable, "--by", WHO, "--action", "reject"], "reject needs a reason"),
        ([unreadable, "--by", WHO, "--action", "reject", "--note", " "], "reject needs a reason"),
    ):
        assert said.main(arguments) == 2
        assert why in capsys.readouterr().err
    assert len(hand.rows("select 1 from operations.decision")) == 1
    sound(hand)


def opened(hand: Hand) -> str:
    """Put the exception about the batch's rows on record, as reconciling does; returns its number."""
    hand.admin.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team,"
        " opened_seq, opened_at, due_at) values (%s, 'batch', %s, 'rows_set_aside', 'it', %s, now(), now())",
        (derive("exception", "rows_set_aside", "batch", hand.batch), hand.batch, hand.seq),
    )
    return str(derive("exception", "rows_set_aside", "batch", hand.batch))[:SHORTEST]


def test_a_named_person_decides_on_all_rows_of_a_delivery(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hand.take_in("patient", mixed())
    monkeypatch.setenv(
        "THROUGHLINE_DSN", hand.admin.info.dsn + f" password={hand.admin.info.password}"
    )
    number = opened(hand)
    assert said.main([number, "--by", WHO, "--action", "release", "--preview"]) == 0
    told = capsys.readouterr().out
    assert "The next night loads" in told
    assert "that cannot be read stay" in told
    assert said.main([number, "--by", WHO, "--action", "release"]) == 0
    status = "select distinct status from quality.quarantine order by 1"
    assert hand.rows(status) == [("open",), ("released",)]
    assert said.main([number, "--by", WHO, "--action", "release"]) == 2
    assert "none of these rows can be loaded" in capsys.readouterr().err
    assert said.main([number, "--by", WHO, "--action", "reject"]) == 2
    assert "reject needs a reason" in capsys.readouterr().err
    assert said.main([number, "--by", WHO, "--action", "reject", "--note", "no good"]) == 0
    assert hand.rows(status) == [("rejected",), ("released",)]
    assert said.main([number, "--by", WHO, "--action", "reject"]) == 2
    assert said.main([number[:4], "--by", WHO, "--action", "reject"]) == 2
    sound(hand)


def test_a_rejected_row_ends_with_the_night_that_takes_the_decision_up(hand: Hand) -> None:
    hand.take_in("patient", mixed())
    said.decide_row(hand.people, quarantine_of(hand, 21), "reject", WHO, "no good")
    hand.conn.commit()
    closed = "select closed_seq from quality.quarantine where status = 'rejected'"
    assert hand.rows(closed) == [(None,)]
    night = hand.new_night()
    assert hand.rows(closed) == [(night,)]

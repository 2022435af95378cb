"""A night with eleven files in the clearinghouse's outbox that nobody can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

PATIENTS = 100
FILES = {
    b"era.835.pgp": b"-----BEGIN PGP MESSAGE-----\n\nhQEMA1l0bG9\n-----END PGP MESSAGE-----\n",
    b"era.gpg": b"\x85\x01\x0c\x03" + bytes(range(256)) * 4,
    b"era.zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)),
    b"statement.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    b"zeros.835": b"\x00" * 8192,
    b"nothing.x12": b"",
    b"blank.x12": b" \r\n\r\n",
    b"note.txt": b"Dear customer, our offices are closed on Monday.\n",
    b"page.html": b"<html><body>503 Service Unavailable</body></html>\n",
    b"r\xe9mittance.835": bytes(reversed(range(256))) * 8,
    b"line\nfeed.835": b"ST*835*0001~BPR*I*100~",
}


@dataclass
class Morning:
    """What a night printed, its page, and whether it ended well."""

    practice: Practice
    said: str
    page: str


def end_night(practice: Practice) -> Morning:
    ended = practice.run("night")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    page = sorted((practice.world / "pages").glob("20*.html"))[-1].read_text(encoding="utf-8")
    return Morning(practice, ended.stdout, page)


@pytest.fixture(scope="module")
def morning(make_practice: Callable[..., Practice]) -> Morning:
    made = make_practice(PATIENTS, seed=5)
    made.up()
    made.nights(2)
    outbox = made.world / "sandbox" / "sftp" / "practice" / "outbox"
    for name, content in FILES.items():
        (outbox / os.fsdecode(name)).write_bytes(content)
    return end_night(made)


def waiting(practice: Practice) -> list[tuple[str, str, str]]:
    return practice.rows(
        "select detail ->> 'name', owner_team, detail ->> 'why' from operations.exception"
        " where reason = 'file_refused' and status = 'open' order by 1"
    )


def test_each_is_an_exception_with_owner_name_and_reason(morning: Morning) -> None:
    found = waiting(morning.practice)
    assert len(found) == len(FILES) == 11
    assert {owner for _, owner, _ in found} == {"billing"}
    assert {why for _, _, why in found} == {"no_interchange_header", "empty_file"}
    assert {"statement.pdf", "r\\xe9mittance.835", "line\\nfeed.835"} <= {n for n, _, _ in found}


def test_summary_and_page_say_so_first(morning: Morning) -> None:
    for text in (morning.said, morning.page):
        assert "11 files could not be read" in text
        assert "every feed is up to date" not in text
        assert "statement.pdf" in text
    tiles = morning.page.index("11 files could not be read")
    assert tiles < morning.page.index("Not known")
    assert "NOT KNOWN" in morning.said


def test_nothing_that_rests_on_that_source_is_called_missed(morning: Morning) -> None:
    missed = morning.practice.rows(
        "select c.case_id from cases.event as c where c.known_seq = (select max(seq) from"
        " operations.night) and c.to_state = 'missed' and c.stage in ('billed', 'settled')"
    )
    assert missed == []
    ended = morning.practice.run("check")
    assert ended.returncode == 0, ended.stdout


def test_a_person_says_that_they_carry_nothing(morning: Morning) -> None:
    practice = morning.practice
    for (key,) in practice.rows(
        "select exception_id from operations.exception"
        " where reason = 'file_refused' and detail ->> 'name' <> 'zeros.835'"
    ):
        done = practice.run(
            "resolve", ID=key, BY="operator", ACTION="carries_nothing", NOTE="no 835"
        )
        assert done.returncode == 0, done.stdout + done.stderr
    again = end_night(practice)
    assert waiting(practice) == [("zeros.835", "billing", "no_interchange_header")]
    assert "1 file could not be read" in again.said
    for (day,) in practice.rows("select distinct business_date from operations.night order by 1"):
        replayed = practice.run("replay", NIGHT=day)
        assert replayed.returncode == 0, replayed.stdout

"""A list of claims that is opened again: what is kept of it, and what never is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from starlette.testclient import TestClient

from tests.warehouse.clinic import charge
from tests.warehouse.tasks.claims.conftest import AT
from tests.warehouse.tasks.desk import SECOND, Desk, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline.pages import cards
from throughline.tasks import listed

Browser = Callable[[str], TestClient]


def digest_of(told: str) -> str:
    (found,) = re.findall(r"<code>([0-9a-f]{64})</code>", told)
    return str(found)


def test_a_list_that_is_opened_again_says_what_the_warehouse_says_now(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    biller = browser("biller")
    first = biller.get(f"/claims/{batch}").text
    desk.conn.execute("update cases.case_record set expected_code = '99213'")
    desk.conn.commit()
    second = biller.get(f"/claims/{batch}").text
    assert ("expects 99213" in first, "expects 99213" in second) == (False, True)
    assert digest_of(second) == listed.of(desk.conn, batch).digest != digest_of(first)
    desk.conn.execute("update cases.case_record set expected_code = null")
    desk.conn.execute("update tasks.claim set content = jsonb_set(content, '{total}', '\"1.00\"')")
    desk.conn.commit()
    assert biller.get(f"/claims/{batch}").status_code == 409, "a row says otherwise"
    desk.conn.rollback()
    opened = {row.digest for row in desk.rows("select digest from operations.opened")}
    assert opened == {digest_of(first), digest_of(second)}


def test_bytes_that_changed_are_read_anew(browser: Browser, desk: Desk, batch: UUID) -> None:
    biller = browser("biller")
    assert biller.get(f"/claims/{batch}").status_code == 200
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    desk.conn.commit()
    assert biller.get(f"/claims/{batch}").status_code == 409


def test_no_batch_is_shown_with_the_claims_of_another(
    browser: Browser, desk: Desk, outside: Outside, batch: UUID
) -> None:
    biller = browser("biller")
    shown = {batch: biller.get(f"/claims/{batch}").text}
    desk.release(batch, by="biller")
    desk.know(member("p3"), seen("p3"), charge("p3", AT))
    desk.open(SECOND)
    desk.bills("p3")
    desk.plan()
    (other,) = desk.prepare()
    for _ in range(2):
        shown[other] = biller.get(f"/claims/{other}").text
        assert "FAMILY-P3" in shown[other]
        assert "FAMILY-P1" not in shown[other]
    assert "FAMILY-P3" not in shown[batch]
    assert digest_of(shown[other]) != digest_of(shown[batch])


def test_a_process_keeps_the_last_few_lists_alone(desk: Desk, batch: UUID) -> None:
    one = listed.of(desk.conn, batch)
    for number in range(3 * listed.KEPT):
        cards.cards_of(replace(one, digest=str(number)), "")
    assert len(cards._kept) == listed.KEPT
    assert "p1" in cards.cards_of(one, "").lower()

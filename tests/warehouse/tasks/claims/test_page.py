"""The pages of claims to release: what they show to whom, and that showing a list opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.warehouse.tasks.desk import Desk
from tests.warehouse.tasks.outside import Outside
from throughline.pages.forms import Forms
from throughline.practice import permissions
from throughline.tasks import listed
from throughline.tasks.wire import filed

Browser = Callable[[str], TestClient]


def test_the_list_of_batches_names_no_patient(browser: Browser, batch: UUID) -> None:
    told = browser("viewer").get("/claims").text
    assert "1 batch waits for a named person: 2 claims, $400" in told
    assert f'href="/claims/{batch}"' in told
    assert "until Thu 01 Jul 2027" in told
    assert "FAMILY" not in told.upper()


def test_a_batch_is_shown_in_words_and_counts_as_opened(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    told = browser("biller").get(f"/claims/{str(batch)[:8]}")
    assert told.status_code == 200
    digest = listed.of(desk.conn, batch).digest
    for said in ("FAMILY-P1, GIVEN-P1, 200.00", "record MRN-P1", "99214-25", "11 Office", digest):
        assert said in told.text
    (opened,) = desk.rows("select who, door, digest, login from operations.opened")
    assert tuple(opened) == ("biller", "page", digest, "throughline_decider")
    looked = desk.rows("select who, page, about_id, person_id from operations.looked")
    assert {tuple(row) for row in looked} == {
        ("biller", "claims", str(batch), desk.person(who)) for who in ("p1", "p2")
    }


def test_a_page_tells_its_list_once_and_a_decision_tells_it_anew(
    browser: Browser, desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bytes] = []
    real = filed.read

    def read(payload: bytes) -> filed.Filed:
        told.append(payload)
        return real(payload)

    monkeypatch.setattr(filed, "read", read)
    listed.forget()  # of another test's batch with the same bytes
    biller = browser("biller")
    shown = biller.get(f"/claims/{batch}").text
    assert len(told) == 1
    biller.get(f"/claims/{batch}")
    assert len(told) == 1, "what is opened again is not read again"
    assert sent(biller, batch, token_of(shown)).status_code == 303
    assert len(told) == 2, "what is attested is told anew"
    with listed.shown(listed.of(desk.conn, batch)):
        assert listed.of(desk.conn, batch) is listed.of(desk.conn, str(batch))
    assert listed.of(desk.conn, batch) is not listed.of(desk.conn, batch)


def test_who_may_not_see_patients_is_shown_none_and_opens_nothing(
    browser: Browser, desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "permissions", lambda: permissions.Permissions({}))
    told = browser("viewer").get(f"/claims/{batch}")
    assert told.status_code == 403
    assert "FAMILY" not in told.text.upper()
    assert desk.rows("select * from operations.opened") == []
    assert [row.who for row in desk.rows("select who from operations.refused_act")] == ["viewer"]


def test_a_file_that_differs_from_its_claims_is_not_shown(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    desk.conn.commit()
    told = browser("biller").get(f"/claims/{batch}")
    assert (told.status_code, "Nobody can attest this batch" in told.text) == (409, True)
    assert desk.rows("select * from operations.opened") == []
    assert "FAMILY" not in told.text.upper()


def test_a_batch_that_cannot_be_told_is_refused_on_its_page(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    desk.conn.commit()
    biller = browser("biller")
    told = biller.get(f"/claims/{batch}").text
    assert "is thrown away; the next night makes the claims anew" in told
    assert 'value="release"' not in told
    token = token_of(told)
    assert sent(biller, batch, token).status_code == 409, "nobody attests what cannot be told"
    assert sent(biller, batch, token, act="refuse").status_code == 422, "without its reason"
    assert decided(desk) == []
    assert sent(biller, batch, token, act="refuse", note="unreadable").status_code == 303
    assert decided(desk) == [("refuse", "biller", "page", "unreadable", "throughline_decider")]
    assert "It is refused; its" in biller.get(f"/claims/{batch}").text


def test_who_may_not_attest_is_not_offered_to_throw_it_away(
    browser: Browser, desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.conn.execute("update tasks.claim_batch set payload = payload || '\n'")
    desk.conn.commit()
    sees = permissions.Permissions({"see_patients": {permissions.ANY: frozenset({"operator"})}})
    monkeypatch.setattr(permissions, "permissions", lambda: sees)
    told = browser("operator").get(f"/claims/{batch}")
    assert (told.status_code, 'name="act"' in told.text) == (409, False)
    assert "is for those who may attest claims" in told.text


def test_what_was_attested_is_shown_as_it_was(
    browser: Browser, desk: Desk, outside: Outside, batch: UUID
) -> None:
    desk.release(batch, by="biller")
    desk.dispatch()
    desk.conn.execute("update cases.case_record set expected_code = '99213'")
    desk.conn.commit()
    told = browser("biller").get(f"/claims/{batch}").text
    assert "Sent: decided by biller on" in told
    assert "FAMILY-P2" in told
    assert "expects 99213" not in told
    assert "No batch of claims waits" in browser("biller").get("/claims").text


def test_a_batch_that_was_made_anew_says_so_whether_or_not_it_was_attested(
    browser: Browser, desk: Desk, outside: Outside, batch: UUID
) -> None:
    falls = (
        "update cases.case_record set wanted = 'wait',"
        """ wanted_detail = wanted_detail || '{"do_not_bill": "charge_check"}' where person_id = %s"""
    )
    desk.conn.execute(falls, (desk.person("p1"),))
    desk.conn.commit()
    (second,) = desk.prepare()
    told = browser("biller").get(f"/claims/{batch}").text
    assert "It was made anew, as one of its claims fell" in told
    assert "refused" not in told
    desk.release(second, by="biller")
    desk.conn.execute(falls, (desk.person("p2"),))
    desk.conn.commit()
    assert desk.dispatch() == {}
    told = browser("biller").get(f"/claims/{second}").text
    assert "It was not sent: before it went out, a claim fell" in told
    assert "It had been attested by biller on " in told
    assert "Refused" not in told
    assert "FAMILY-P2" in told


@pytest.mark.parametrize("number", ["1234567", "zzzzzzzz", "00000000"])
def test_a_number_of_no_batch_is_told_kindly(browser: Browser, batch: UUID, number: str) -> None:
    told = browser("biller").get(f"/claims/{number}")
    assert told.status_code == 404
    assert "<h1>Not found</h1>" in told.text


# ---- attest or refuse on the page --------------------------------------------------------------


def token_of(told: str) -> str:
    (found,) = re.findall(r'name="token" value="([^"]+)"', told)
    return str(found)


def sent(client: TestClient, batch: UUID, token: str, **said: str) -> Response:
    form = {"token": token, "act": "release", "note": ""} | said
    answer: Response = client.post(f"/claims/{batch}", data=form, follow_redirects=False)
    return answer


def decided(desk: Desk) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in desk.rows("select kind, decided_by, door, note, login from operations.decision")
    ]


def test_a_batch_is_attested_on_its_page_and_sent(
    browser: Browser, desk: Desk, outside: Outside, batch: UUID, answered: list[tuple[object, ...]]
) -> None:
    biller = browser("biller")
    told = biller.get(f"/claims/{batch}").text
    assert "2 claims for 400.00 US dollars are sent to SUNADV, byte for byte as shown." in told
    answer = sent(biller, batch, token_of(told))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/claims/{batch}")
    assert decided(desk) == [("release", "biller", "page", "", "throughline_decider")]
    assert answered == [("biller", batch, "release")]
    after = biller.get(f"/claims/{batch}").text
    assert "Released: decided by biller" in after
    assert "at the latest with the next night" in after
    assert "paused" not in after
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'operator', 'pause_sending', 'sending', 'sending', 'a test')"
    )
    desk.conn.commit()
    waits = biller.get(f"/claims/{batch}").text
    assert "Not sent yet: sending is paused" in waits
    assert "at the latest with the next night" not in waits
    assert decided(desk)[:1] == [("release", "biller", "page", "", "throughline_decider")]
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, decided_at)"
        " values (gen_random_uuid(), 'operator', 'resume_sending', 'sending', 'sending', 'a test',"
        " clock_timestamp() + interval '1 second')"
    )
    desk.conn.commit()
    assert sent(biller, batch, token_of(told)).status_code == 303, "said again"
    assert len([row for row in decided(desk) if row[0] == "release"]) == 1
    assert answered == [("biller", batch, "release")] * 2, "an answer that was lost is given again"
    assert desk.dispatch() == {"accepted": 1}
    assert desk.broken() == []


def test_a_refusal_needs_its_reason(
    browser: Browser, desk: Desk, batch: UUID, answered: list[tuple[object, ...]]
) -> None:
    biller = browser("biller")
    token = token_of(biller.get(f"/claims/{batch}").text)
    answer = sent(biller, batch, token, act="refuse")
    assert (answer.status_code, "refuse needs a reason" in answer.text) == (422, True)
    assert decided(desk) == []
    assert answered == []
    assert sent(biller, batch, token, act="refuse", note="not mine").status_code == 303
    assert answered == [("biller", batch, "refuse")]
    assert decided(desk) == [("refuse", "biller", "page", "not mine", "throughline_decider")]
    told = biller.get(f"/claims/{batch}").text
    assert "It is refused; its claims are exceptions of billing. Decided by biller on " in told
    assert ": not mine" in told


def test_what_changed_after_the_page_was_shown_is_not_attested(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    biller = browser("biller")
    token = token_of(biller.get(f"/claims/{batch}").text)
    desk.conn.execute("update cases.case_record set expected_code = '99213'")
    desk.conn.commit()
    answer = sent(biller, batch, token)
    assert (answer.status_code, "has changed since it was shown" in answer.text) == (409, True)
    assert decided(desk) == []


def test_a_claim_that_its_case_supports_no_more_is_attested_by_nobody(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    desk.conn.execute(
        "update cases.case_record set"
        """ wanted_detail = wanted_detail || '{"do_not_bill": "charge_check"}' where person_id = %s""",
        (desk.person("p1"),),
    )
    desk.conn.commit()
    told = browser("biller").get(f"/claims/{batch}").text
    assert "supports it no more" in told
    assert 'name="act"' not in told


def test_a_form_is_good_for_its_user_its_browser_and_its_batch(
    browser: Browser, desk: Desk, batch: UUID
) -> None:
    biller = browser("biller")
    token = token_of(biller.get(f"/claims/{batch}").text)
    assert sent(biller, batch, "").status_code == 403
    assert sent(biller, batch, token[:-2]).status_code == 403
    assert sent(browser("biller"), batch, token).status_code == 403, "another browser"
    own = dict(biller.cookies)
    other = browser("operator")
    other.cookies.update(own)
    assert sent(other, batch, token).status_code == 403, "another user"
    biller = browser("biller")
    biller.cookies.update(own)
    elsewhere = {"sec-fetch-site": "cross-site"}
    form = {"token": token, "act": "release"}
    assert biller.post(f"/claims/{batch}", data=form, headers=elsewhere).status_code == 403
    assert sent(biller, batch, token, act="assign").status_code == 409
    assert decided(desk) == []


def test_who_may_not_attest_is_offered_nothing_and_refused(
    browser: Browser, desk: Desk, batch: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees = permissions.Permissions({"see_patients": {permissions.ANY: frozenset({"operator"})}})
    monkeypatch.setattr(permissions, "permissions", lambda: sees)
    operator = browser("operator")
    told = operator.get(f"/claims/{batch}").text
    assert "is for others" in told
    digest = listed.of(desk.conn, batch).digest
    secret = Forms("secret", "operator", "s")
    operator.cookies.set("throughline_form", "s")
    answer = sent(operator, batch, secret.token(f"claim_batch|{batch}", digest))
    assert answer.status_code == 403
    assert decided(desk) == []
    assert [row.act for row in desk.rows("select act from operations.refused_act")] == ["release"]

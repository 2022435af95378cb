"""An act on a page over HTTP: who may, with our form, by POST alone, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse


@pytest.fixture
def number(server: postgres.Server) -> str:
    """An open exception about which nothing was decided."""
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        (found,) = conn.execute(
            "select e.exception_id::text from operations.exception as e where e.status = 'open'"
            " and not exists (select from operations.decision as d where d.about_id = e.exception_id::text)"
            " order by 1 limit 1"
        ).fetchone() or ("",)
    return str(found)


def decisions(server: postgres.Server, number: str) -> list[tuple[str, str]]:
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        return conn.execute(
            "select decided_by, kind from operations.decision where about_id = %s order by decided_at",
            (number,),
        ).fetchall()


def token(shown: str) -> str:
    return str(re.findall(r'name="token" value="([^"]+)"', shown)[0])


def test_who_may_decides_with_a_form_and_it_shows_at_once(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    one, form = f"/exception/{number}", f"/exception/{number}/continue"
    operator = browser("operator")
    assert f'href="{form}"' in operator.get(one).text
    shown = operator.get(form)
    assert "the case continues without this stage" in shown.text
    assert decisions(server, number) == []
    said = {"token": token(shown.text), "note": "seen elsewhere"}
    lacking = operator.post(form, data=said | {"note": " "})
    assert lacking.status_code == 422
    assert "needs a reason" in lacking.text
    for bad in ({}, {"token": "x"}, {"token": token(operator.get(f"{one}/retry").text)}):
        assert operator.post(form, data={"note": "why"} | bad).status_code == 403
    assert (
        operator.post(form, data=said, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert browser("biller").post(form, data=said).status_code == 403
    assert decisions(server, number) == []
    operator = browser("operator")
    for _ in range(2):  # the second is a double click
        told = operator.post(form, data=said)
        assert told.status_code == 200
        assert "decided by operator on" in told.text
        assert "counts from tonight" in told.text
        assert f'href="{form}"' not in told.text
    assert decisions(server, number) == [("operator", "continue")]
    assert operator.get(form).status_code == 403


def test_a_viewer_is_shown_no_act_and_no_name(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    viewer = browser("viewer")
    told = viewer.get(f"/exception/{number}")
    assert told.status_code == 200
    assert f"/exception/{number}/" not in told.text
    assert "Family" not in told.text
    assert viewer.get(f"/exception/{number}/retry").status_code == 403
    assert viewer.post(f"/exception/{number}/retry", data={"token": "x"}).status_code == 403
    assert decisions(server, number) == []


def test_a_form_of_what_changed_meanwhile_is_refused_kindly(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    form = f"/exception/{number}/retry"
    said = {"token": token(browser("operator").get(form).text)}
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "update operations.exception set amount = 1 + coalesce(amount, 0) where exception_id = %s",
            (number,),
        )
    told = browser("operator").post(form, data=said)
    assert told.status_code == 409
    assert "nothing was recorded" in told.text
    assert decisions(server, number) == []


def test_names_that_were_shown_are_kept_as_looks(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    assert "Family" in browser("operator").get(f"/exception/{number}").text
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        looks = conn.execute(
            "select distinct who, page from operations.looked where about_id = %s", (number,)
        ).fetchall()
    assert ("operator", "exception") in looks


def test_odd_addresses_get_a_clear_page_and_never_a_500(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    operator = browser("operator")
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        (case,) = conn.execute("select case_id::text from cases.case_record limit 1").fetchone() or ("",)  # fmt: skip
    of_another_kind = [
        f"/case/{number}",
        f"/exception/{case}",
        f"/claims/{case}",
        f"/person/{case}",
        f"/night/{case}",
    ]
    wrong = ["%00", "%0a", "1234567", "x" * 5000, "{" + case + "}", "%e2%80%8b", "00000000", "²"]
    missing = of_another_kind + [
        f"/{page}/{each}"
        for page in ("case", "exception", "claims", "person", "night")
        for each in wrong
        if (page, each) != ("person", "{" + case + "}")
    ]
    told = {path: operator.get(path) for path in missing}
    assert {path[:40] for path, answer in told.items() if answer.status_code != 404} == set()
    lists = [
        f"/exceptions?{key}={value}"
        for key in ("team", "owner", "reason", "due", "mine", "page")
        for value in ("%00", "%ff", "-1", "²", "x" * 3000, "999999999")
    ]
    told |= {path: operator.get(path) for path in lists}
    assert {path[:40] for path in lists if told[path].status_code != 200} == set()
    for path, answer in told.items():
        assert answer.headers["content-type"].startswith("text/html"), path
        assert "<h1>" in answer.text, path
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"], path


def test_who_may_pauses_sending_with_a_form_once_and_resumes_it(
    browser: Callable[..., TestClient], server: postgres.Server
) -> None:
    shown = browser("operator").get("/sending").text
    assert "Sending is not paused" in shown
    said = {"token": token(shown), "act": "pause_sending", "note": "wrong fee schedule"}
    operator = browser("operator")
    for bad in ({"token": "x"}, {"token": ""}):
        assert operator.post("/sending", data=said | bad).status_code == 403
    for bad in ({"note": " "}, {"note": "\u200b"}, {"act": "anything"}):
        assert operator.post("/sending", data=said | bad).status_code == 422
    foreign = operator.post("/sending", data=said, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert browser("biller").post("/sending", data=said).status_code == 403, "another's form"
    viewer = browser("viewer").get("/sending").text
    assert "<form" not in viewer
    assert decisions(server, "sending") == []
    told = browser("operator").post("/sending", data=said)
    assert told.status_code == 200
    assert re.search(
        r"Sending is paused since [A-Z]\w+ \d\d \w+ 20\d\d [:0-9]+, by operator;", told.text
    )
    assert "wrong fee schedule" in told.text
    assert browser("operator").post("/sending", data=said).status_code == 409, "a double click"
    assert decisions(server, "sending") == [("operator", "pause_sending")]
    viewer = browser("viewer").get("/sending").text
    assert "by operator" in viewer
    assert "wrong fee schedule" not in viewer
    biller = browser("biller")
    said = {"token": token(biller.get("/sending").text), "note": "corrected"}
    assert biller.post("/sending", data=said | {"act": "pause_sending"}).status_code == 409
    told = biller.post("/sending", data=said | {"act": "resume_sending"})
    assert "Sending is not paused" in told.text
    assert [who for who, _ in decisions(server, "sending")] == ["operator", "biller"]


def test_a_form_of_another_page_pauses_nothing(browser: Callable[..., TestClient]) -> None:
    viewer = browser("viewer")
    found = token(viewer.get("/search").text)
    said = {"token": found, "act": "pause_sending", "note": "why"}
    assert viewer.post("/sending", data=said).status_code == 403


def test_an_act_that_is_none_is_not_found_and_says_what_to_do(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    for who in ("operator", "viewer"):
        for act in ("nothing", "Retry", "retry_", "%00"):
            form = f"/exception/{number}/{act}"
            for told in (browser(who).get(form), browser(who).post(form, data={"note": "x"})):
                assert told.status_code == 404, (who, act)
                assert "There is no such act" in told.text
    assert browser("viewer").get(f"/exception/{number}/retry").status_code == 403
    assert decisions(server, number) == []


def test_what_was_written_is_shown_again_when_the_login_has_ended(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    form = f"/exception/{number}/retry"
    operator = browser("operator")
    said = {"token": token(operator.get(form).text), "note": "a <b>new</b> number"}
    plugin: Any = operator.app
    plugin.dependency_overrides.pop(get_user)
    for path in (form, "/sending"):
        told = operator.post(path, data=said | {"said": "Ada Long"})
        assert told.status_code == 401, path
        assert "a &lt;b&gt;new&lt;/b&gt; number" in told.text, path
        assert "<b>new</b>" not in told.text
        assert "Ada Long" not in told.text
        assert "Nothing was changed" in told.text
    assert decisions(server, number) == []


def test_what_was_written_is_shown_again_when_the_form_is_refused(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    form = f"/exception/{number}/retry"
    said = {"token": token(browser("operator").get(form).text), "note": "another number"}
    assert "another number" in browser("operator").post(form, data=said | {"token": "x"}).text
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "update operations.exception set amount = 2 + coalesce(amount, 0) where exception_id = %s",
            (number,),
        )
    told = browser("operator").post(form, data=said)
    assert (told.status_code, "another number" in told.text) == (409, True)


def test_of_two_tabs_the_second_is_refused_with_words(
    browser: Callable[..., TestClient], server: postgres.Server, number: str
) -> None:
    """The same person, another act: only what was sent first counts, and the other is not dropped in silence."""
    one = f"/exception/{number}"
    operator = browser("operator")
    said = {
        act: {"token": token(operator.get(f"{one}/{act}").text), "note": f"why {act}"}
        for act in ("acknowledge", "close_case")
    }
    assert operator.post(f"{one}/acknowledge", data=said["acknowledge"]).status_code == 200
    told = operator.post(f"{one}/close_case", data=said["close_case"])
    assert (told.status_code, "nothing was recorded" in told.text) == (409, True)
    assert "why close_case" in told.text
    assert decisions(server, number) == [("operator", "acknowledge")]

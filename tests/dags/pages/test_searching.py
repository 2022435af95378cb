"""A search over HTTP: its hits have an address of their own, which tells nobody what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from httpx import Response
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse
from throughline.pages.finding import typed

Browser = Callable[..., TestClient]


def asked(browser: TestClient, said: str) -> Response:
    """Search by the form; returns the answer to it, before the browser goes on."""
    (token,) = re.findall(r'name="token" value="([^"]+)"', browser.get("/search").text)
    answer: Response = browser.post(
        "/search", data={"said": said, "token": token}, follow_redirects=False
    )
    return answer


def looks(server: postgres.Server) -> int:
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        (count,) = conn.execute("select count(*) from operations.looked").fetchone() or (0,)
    return int(count)


def test_one_goes_back_to_the_hits_and_no_address_or_cookie_says_what_was_typed(
    browser: Browser, server: postgres.Server
) -> None:
    operator, before = browser("operator"), looks(server)
    first, second = asked(operator, "Family1"), asked(operator, "family2")
    assert looks(server) == before
    for answer, said in ((first, "Family1"), (second, "family2")):
        assert answer.status_code == 303
        assert re.fullmatch(r"/search/[\w-]{22}", answer.headers["location"])
        (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert (cookie["path"], cookie["max-age"]) == (answer.headers["location"], "3600")
        assert (cookie["httponly"], cookie["samesite"].lower()) == (True, "strict")
        assert said.lower() not in str(answer.headers).lower()
    # in any order, and again, as the browser does that goes back and forward
    for answer, said in ((first, "Family1"), (second, "family2"), (first, "Family1")):
        told = operator.get(answer.headers["location"])
        assert told.status_code == 200
        assert f'value="{said}"' in told.text
        assert f"Given{said[-1]}" in told.text
        assert told.headers["cache-control"] == "no-store"
        assert " data-answer>" not in told.text
    assert looks(server) > before


def test_the_only_thing_that_fits_is_shown_on_its_own_page(browser: Browser) -> None:
    answer = asked(browser("operator"), "MRN100077")
    assert re.fullmatch(r"/person/[0-9a-f-]{36}", answer.headers["location"])
    assert typed.COOKIE not in answer.headers.get("set-cookie", "")


def test_hits_are_of_who_searched_in_that_browser_at_that_address_for_an_hour(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = browser("operator")
    place = asked(operator, "Family1").headers["location"]
    other = asked(operator, "Family2").headers["location"]
    assert operator.get(place).status_code == 200

    def is_over(told: Response) -> bool:
        assert told.status_code in (200, 410)
        if told.status_code == 410:
            assert "Family" not in told.text
            assert "Search again" in told.text
            assert 'name="token"' in told.text
        return told.status_code == 410

    assert is_over(browser("biller").get(place))
    operator = browser("operator")
    (value,) = (one.value for one in operator.cookies.jar if one.path == place)
    # what one address keeps shows nothing at another
    moved = {"Cookie": f"{typed.COOKIE}={value}"}
    assert is_over(operator.get("/search/" + "x" * 22, headers=moved))
    for made_up in ("", "x", "gAAAAA" + "A" * 90, value[:-4] + "AAAA"):
        assert is_over(
            operator.get("/search/" + "y" * 22, headers={"Cookie": f"{typed.COOKIE}={made_up}"})
        )
    # another API server, or the same one after a restart, has the secret and nothing else
    assert not is_over(operator.get(place))
    with monkeypatch.context() as patched:
        patched.setenv("AIRFLOW__API__SECRET_KEY", "another")
        assert is_over(operator.get(place))
    with monkeypatch.context() as patched:
        patched.setattr(typed, "SECONDS", -1)
        assert is_over(operator.get(place))
    operator.cookies.clear()
    assert is_over(operator.get(place))
    assert is_over(operator.get(other))


def test_one_who_may_see_patients_no_more_finds_none(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = browser("operator")
    place = asked(operator, "Family1").headers["location"]
    monkeypatch.setattr("throughline.pages.visitor.permitted", lambda who, what: False)
    told = operator.get(place)
    assert told.status_code == 200
    assert "Given" not in told.text

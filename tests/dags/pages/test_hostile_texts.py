"""What others typed or sent is told as text, whatever it holds; and no field of a page reaches the SQL behind it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse

EVIL = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}{% raw %}'; drop table core.patient; --"""
INJECTIONS = (
    "' or 1=1 --",
    "x'; drop table core.patient; --",
    "%",
    "_",
    "\\",
    "%s",
    "%(said)s",
    "$1",
    "a' || pg_sleep(3) || '",
    "{7*7}",
    "\u202e",
    "١٢٣٤٥٦٧٨",
)

Browser = Callable[..., TestClient]


@pytest.fixture
def hostile(server: postgres.Server) -> tuple[str, str, str]:
    """Exception, case and person of one patient about whom every free text is hostile."""
    with warehouse.connect(server.dsn()) as conn:
        exception, case, person = conn.execute(
            "select e.exception_id::text, c.case_id::text, c.person_id::text from operations.exception as e"
            " inner join cases.case_record as c on c.case_id = e.case_id where e.status = 'open'"
            " and not exists (select from operations.decision as d where d.about_id = e.exception_id::text)"
            " order by 1 limit 1"
        ).fetchone() or ("", "", "")
        conn.execute(
            "update core.patient as p set family = %s, given = %s, city = %s, phone = %s from identity.link as l"
            " where l.source = p.source and l.source_id = p.source_id and l.person_id = %s",
            (EVIL, EVIL, EVIL, EVIL, person),
        )
        conn.execute(
            "update operations.exception set resolution = %s,"
            " detail = detail || jsonb_build_object('missing', %s::text, 'why', %s::text) where exception_id = %s",
            (EVIL, EVIL, EVIL, exception),
        )
        for about, act in ((exception, "assign"), ("sending", "pause_sending")):
            conn.execute(
                "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, detail)"
                " values (gen_random_uuid(), %s, %s, %s, %s, %s, jsonb_build_object('owner', %s::text))",
                (EVIL, act, "sending" if about == "sending" else "exception", about, EVIL, EVIL),
            )
    return exception, case, person


def test_what_others_wrote_is_text_on_every_page(
    browser: Browser, hostile: tuple[str, str, str]
) -> None:
    exception, case, person = hostile
    paths = ["calls", "exceptions", "sending", "search", "claims", f"exception/{exception}"]
    paths += [f"exception/{exception}/retry", f"case/{case}", f"person/{person}"]
    shown = 0
    for path in paths:
        told = browser("operator").get(f"/{path}")
        assert told.status_code == 200, path
        body = told.text[told.text.index("<main") :]
        assert not re.search(
            r"<(script|img)|onerror=alert\(2\)>(?!&#)", body.replace("&gt;", "")
        ), path
        assert "49" not in re.findall(r"onerror=alert\(2\)&gt;([^%]*)", body), path
        shown += body.count("&lt;script&gt;alert(1)")
        assert "script-src 'sha256-" in told.headers["content-security-policy"], path
    assert shown >= 6, "nothing hostile was shown at all"


def test_what_is_typed_into_a_field_or_a_path_reaches_no_sql(
    browser: Browser, server: postgres.Server, hostile: tuple[str, str, str]
) -> None:
    operator = browser("operator")
    token = re.findall(r'name="token" value="([^"]+)"', operator.get("/search").text)[0]
    exception = hostile[0]
    form = f"/exception/{exception}/assign"
    own = re.findall(r'name="token" value="([^"]+)"', operator.get(form).text)[0]
    before = _counts(server)
    for said in INJECTIONS:
        told = operator.post("/search", data={"said": said, "token": token})
        assert told.status_code == 200, said
        assert "49" not in told.text or "{7*7}" not in said
        for name in ("team", "owner", "reason", "due", "mine", "page"):
            assert operator.get("/exceptions", params={name: said}).status_code == 200, (name, said)
        assert operator.get("/calls", params={"page": said}).status_code == 200, said
        for place in ("exception", "case", "claims", "person", "night"):
            assert operator.get(f"/{place}/{said}").status_code == 404, (place, said)
        assert operator.get(f"/exception/{exception}/{said}").status_code == 404, said
        assert operator.get("/run", params={"dag_id": said, "run_id": said}).status_code == 404
        wrong = operator.post(form, data={"token": own, "owner": said, "note": "x"})
        assert wrong.status_code == 422, said
        money = f"/exception/{exception}/write_off"
        assert operator.post(money, data={"token": own, "amount": said}).status_code == 403, said
        refused = operator.post("/sending", data={"token": said, "act": said})
        assert refused.status_code in (403, 422), said
    assert _counts(server) == before


def _counts(server: postgres.Server) -> tuple[object, ...]:
    with warehouse.connect(server.dsn()) as conn:
        return tuple(
            conn.execute(
                "select (select count(*) from core.patient), (select count(*) from operations.decision),"
                " (select count(*) from operations.exception)"
            ).fetchone()
            or ()
        )

"""The doors through which acts come in, each as one person or another uses it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.core_api.security import get_user
from airflow.sdk.exceptions import AirflowSkipException
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from starlette.testclient import TestClient

from stack import airflow, postgres
from tests.warehouse.tasks.desk import Desk
from tests.warehouse.tasks.doors.things import CALLS, Thing
from throughline import warehouse
from throughline.decisions import NotAllowedError, command_line, logins
from throughline.deployment import pause
from throughline.exceptions import resolve
from throughline.orchestration import decisions as questions
from throughline.pages import access, claims, routes, sending
from throughline.pages.acts import state
from throughline.pages.calls import record, stated
from throughline.pages.forms import COOKIE, Forms
from throughline.pages.one import exception
from throughline.pages.starting import observed
from throughline.quality import decide
from throughline.tasks import attest, listed, observing
from throughline.tasks.observing import __main__ as release

OPTIONS = {
    ("batch", "release"): "Release",
    ("batch", "reject"): "Reject",
    ("claim_batch", "release"): "Attest and release",
    ("claim_batch", "refuse"): "Refuse",
}
"""What a question calls an act."""


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        """Return the id."""
        return self.who


@dataclass
class Doors:
    """The three doors to one warehouse. `shown` is taken before somebody acts, so that it may grow old."""

    desk: Desk
    app: FastAPI
    folder: Path

    def shown(self, door: str, key: tuple[str, str], thing: Thing) -> str:
        """Return the state in which a door shows a thing now: empty where it shows none."""
        conn = self.desk.conn
        if key[0] == "claim_batch":
            digest = attest.show(conn, thing.about_id)
            conn.commit()
            return digest
        if door == "question":
            (row,) = self.desk.rows(
                "select verdict_id::text from quality.verdict where batch_id = %s"
                " order by decided_at desc limit 1",
                thing.about_id,
            )
            return str(row.verdict_id)
        if door == "page" and key[0] == "sending":
            (row,) = self.desk.rows(
                "select (select decision_id::text from operations.sending_pause) as decision_id"
            )
            return row.decision_id or ""
        if door == "page" and key[0] in CALLS:
            (one,) = self.desk.rows(
                "select status from cases.case_record where case_id::text = %s", thing.number
            )
            return str(one.status)
        if door == "page" and key[0] == "stated":
            return thing.about_id
        if door == "page" and key[0] == "held":
            return next((one.number for one in observing.held(conn)), "")
        if door == "page":
            return state(conn, exception(conn, thing.number))
        return ""

    def goes(
        self,
        door: str,
        key: tuple[str, str],
        thing: Thing,
        shown: str,
        who: str,
        note: str,
        by: str = "",
    ) -> None:
        """Let somebody do an act through a door; whether it was done is in the warehouse. Nobody has no name."""
        getattr(self, f"_{door}")(key, thing, shown, who, note, by)

    def _question(
        self, key: tuple[str, str], thing: Thing, shown: str, who: str, note: str, by: str
    ) -> None:
        answer: dict[str, Any] = {
            "chosen_options": [OPTIONS[key]],
            "params_input": {"note": note},
            "responded_by_user": {"id": who, "name": by or who} if who else None,
            "run_id": "a",
        }
        asked = questions.Asked(
            subject="", body="", about_id=thing.about_id, shown=shown, may=[], options=[]
        )
        take = questions.take_claims if key[0] == "claim_batch" else questions.take_batch
        with suppress(NotAllowedError, AirflowSkipException):
            take(asked, answer)

    def _page(
        self, key: tuple[str, str], thing: Thing, shown: str, who: str, note: str, by: str
    ) -> None:
        self.app.dependency_overrides = {get_user: lambda: User(who)} if who else {}
        browser = TestClient(self.app, cookies={COOKIE: "s"})
        kind, act = key
        if kind == "sending":
            about, address = "sending", "/sending"
        elif kind in CALLS:
            about, address = f"case|{thing.number}|call", f"/case/{thing.number}/call"
        elif kind == "stated":
            about, address = f"case|{thing.number}|stated", f"/case/{thing.number}/stated"
        elif kind == "held":
            about, address = f"held|{thing.about_id}", f"/observed/{thing.number}"
        elif kind == "claim_batch":
            about, address = f"claim_batch|{thing.about_id}", f"/claims/{thing.number}"
        else:
            about, address = f"exception|{thing.number}|{act}", f"/exception/{thing.number}/{act}"
        token = Forms("secret", who or "Ada", "s").token(about, shown)
        form = {"token": token, "act": act, "note": note, **thing.said}
        if kind == "stated":
            form["stated"] = thing.about_id
        told = browser.post(address, data=form, follow_redirects=False)
        assert told.status_code < 500, told.text
        if not who:
            assert told.status_code == 401

    def _command_line(
        self, key: tuple[str, str], thing: Thing, shown: str, who: str, note: str, by: str
    ) -> None:
        kind, act = key
        more = [part for name, said in thing.said.items() for part in (f"--{name}", said)]
        if who:
            login = self.folder / f"{who}.json"
            login.write_text(json.dumps({"token": who}))
            login.chmod(0o600)
            more += ["--login", str(login)]
        given = [
            thing.about_id if kind == "stated" else thing.number,
            "--action",
            act,
            "--note",
            note,
            *(["--by", by] if by else []),
            *more,
        ]
        if kind == "sending":
            given[2] = act.removesuffix("_sending")
            assert pause.main(given) in (0, 2)
        elif kind == "held":
            number = next((one.number for one in observing.held(self.desk.conn)), "")
            self.desk.conn.rollback()
            assert release.main([*given, "--list", number]) in (0, 2)
        else:
            of_it = kind in ("exception", "stated") and act != "carries_nothing"
            main = resolve.main if of_it else decide.main
            assert main(given) in (0, 2)


@pytest.fixture
def doors(
    desk: Desk,
    desk_dsn: str,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Doors:
    """Return the doors, each step in its own role. A command's token is the id of whom Airflow says it is."""

    @contextmanager
    def open_warehouse(connection_id: str = "throughline") -> Iterator[warehouse.Connection]:
        database = str(conninfo_to_dict(desk_dsn)["dbname"])
        role = airflow.CONNECTIONS[connection_id]
        with warehouse.connect(warehouse_server.dsn(role, database)) as conn:
            yield conn

    def whose(session: object, url: str, token: str, typed: str) -> logins.User:
        return logins.User(token, f"{token}@clinic.example")

    monkeypatch.setattr(access, "open_warehouse", open_warehouse)
    monkeypatch.setattr(questions, "open_warehouse", open_warehouse)
    monkeypatch.setattr(logins, "_whose", whose)
    monkeypatch.setattr(command_line, "_sandbox_logins", lambda _: {})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "secret")
    decider = warehouse_server.dsn("throughline_decider", "throughline")
    monkeypatch.setenv(
        "THROUGHLINE_DECIDER_DSN",
        make_conninfo(decider, dbname=str(conninfo_to_dict(desk_dsn)["dbname"])),
    )
    app = FastAPI()
    routes.install(app)
    app.include_router(claims.router)
    app.include_router(sending.router)
    app.include_router(record.router)
    app.include_router(stated.router)
    app.include_router(observed.router)
    return Doors(desk, app, tmp_path)


Opens = Callable[[Thing, str], None]


@pytest.fixture
def opens(desk: Desk) -> Opens:
    """Return a function that lets somebody open the list of a batch of claims as it is now."""
    from throughline.decisions import Door

    def of(thing: Thing, who: str) -> None:
        listed.open_for(desk.conn, thing.about_id, who, Door("page"))
        desk.conn.commit()

    return of

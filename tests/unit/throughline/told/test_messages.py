"""Messages about a night: delivered, or lost within seconds and without an error."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace

import pytest

from tests.unit.deployment.mails import mail_server
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer
from throughline.told import messages
from throughline.transports.address import Address


def address(url: str, **more: object) -> Address:
    return Address(name="throughline_check_in", extra={"base_url": url, **more})


def test_a_check_in_follows_the_convention_of_healthchecks() -> None:
    with servers.web(lambda _: Answer(200, b"OK")) as web:
        there = address(web.url("/ping/secret-id"))
        for signal in (messages.START, messages.SUCCESS, messages.FAILURE):
            assert messages.check_in(there, signal)
    assert [one.path for one in web.seen] == [
        "/ping/secret-id/start",
        "/ping/secret-id",
        "/ping/secret-id/fail",
    ]
    assert {(one.method, one.body) for one in web.seen} == {("GET", b"")}


def test_a_check_in_is_tried_again_and_then_lost_without_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with servers.web() as web, caplog.at_level(logging.WARNING):
        web.answers += [Answer(503), Answer(200)]
        assert messages.check_in(address(web.url("/secret-id")), messages.START)
        web.answers += [Answer(404)]
        assert not messages.check_in(address(web.url("/secret-id")), messages.START)
        web.answers += [Answer(503)] * 10
        begun = time.monotonic()
        assert not messages.check_in(address(web.url("/secret-id")), messages.START)
        assert time.monotonic() - begun < messages.BRIEF.total_s
        assert len(web.seen) == 3 + messages.BRIEF.attempts
    assert "throughline_check_in: http_404" in caplog.text
    assert "secret-id" not in caplog.text


def test_a_webhook_gets_the_text() -> None:
    with servers.web() as web:
        web.answers += [Answer(200, b"ok"), Answer(500)]
        assert messages.post(address(web.url("/hook?key=secret")), "Throughline: failed")
        assert not messages.post(address(web.url("/hook")), "Throughline: failed")
        assert json.loads(web.seen[0].body) == {"text": "Throughline: failed"}
        assert web.seen[0].path == "/hook?key=secret"
        assert len(web.seen) == 2


def test_a_mail_goes_to_those_whom_the_connection_names() -> None:
    with mail_server() as (port, told):
        there = Address(
            "throughline_mail",
            "smtp",
            port=port,
            extra={
                "disable_ssl": True,
                "disable_tls": True,
                "to": "lead@example.org, care@example.org",
                "from_email": "nights@example.org",
            },
        )
        link = f"https://airflow.example.org/dags/extract_feeds/runs/{'manual__2026-09-08%3A' * 5}"
        assert messages.mail(there, f"Throughline: extract_feeds of 2026-09-08 failed. {link}")
    assert "Subject: Throughline: extract_feeds of 2026-09-08 failed." in told
    assert link[:60] in "".join(line.removesuffix("=") for line in told)
    assert [one for one in told if one.lower().startswith(("mail from", "rcpt to"))] == [
        "mail FROM:<nights@example.org>",
        "rcpt TO:<lead@example.org>",
        "rcpt TO:<care@example.org>",
    ]
    with mail_server() as (port, told):
        assert messages.mail(replace(there, port=port), "Throughline: one", ["on-call@example.org"])
    assert [one for one in told if one.lower().startswith("rcpt to")] == [
        "rcpt TO:<on-call@example.org>"
    ]
    assert not messages.mail(there, "nobody is there any more")


def test_a_check_in_with_a_text_carries_it() -> None:
    with servers.web() as web:
        web.answers += [Answer(200), Answer(404)]
        assert messages.check_in(address(web.url("/ping")), messages.SUCCESS, "chain 7 abc")
        assert not messages.check_in(address(web.url("/ping")), messages.SUCCESS, "chain 7 abc")
    assert [(one.path, one.body) for one in web.seen] == [("/ping", b"chain 7 abc")] * 2


def test_a_mail_server_that_never_comes_to_an_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(messages, "MAIL_S", 0.3)
    with mail_server(greets_forever=True) as (port, _):
        there = Address(
            "throughline_mail", "smtp", port=port,
            extra={"disable_ssl": True, "disable_tls": True, "to": "lead@example.org"},
        )  # fmt: skip
        assert not messages.mail(there, "Throughline: failed")
    assert "throughline_mail: TakesTooLong" in caplog.text

"""The watch from outside: what it says of each answer, whom it tells, how often, and with which exit code."""

from __future__ import annotations

import os
import shlex
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.unit.deployment.mails import mail_server
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer
from throughline.deployment import watch

ROOT = Path(__file__).resolve().parents[3]


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (200, b"ok", "ok"),
        (503, b"missing", "missing"),
        (503, b"failed", "failed"),
        (503, b"unknown", "unknown"),
        (200, b"missing", "odd"),
        (503, b"ok", "unreachable"),
        (200, b"<html>log in</html>", "odd"),
        (302, b"", "odd"),
        (401, b'{"detail": "Not authenticated"}', "odd"),
        (404, b"not found", "odd"),
        (502, b"<html>Bad Gateway</html>", "unreachable"),
        (503, b"<html>no server is available</html>", "unreachable"),
    ],
)
def test_only_the_words_of_throughline_count(status: int, body: bytes, word: str) -> None:
    with servers.web() as web:
        web.answers.append(Answer(status, body, {"Location": "/auth/login"}))
        web.answers.append(Answer(200, b"ok"))  # what a login page that is followed would end in
        assert watch.ask(web.url("/throughline/health"), 5) == word
        assert len(web.seen) == 1


def test_nobody_who_answers_and_one_who_never_ends_are_unreachable() -> None:
    assert watch.ask(f"http://127.0.0.1:{closed_port()}/", 5) == "unreachable"

    class Drips(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for _ in range(50):
                try:
                    self.request.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.05)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drips) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        begun = time.monotonic()
        assert watch.ask(f"http://127.0.0.1:{server.server_address[1]}/", 0.4) == "unreachable"
        assert time.monotonic() - begun < 1.5
        server.shutdown()


def test_trouble_is_told_by_command_webhook_and_mail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "told by command"
    with servers.web() as web, mail_server() as (port, mails):
        web.answers += [Answer(503, b"missing"), Answer(200)]
        settings = {
            "THROUGHLINE_WATCH_URL": web.url("/throughline/health"),
            "THROUGHLINE_WATCH_COMMAND": f"tee '{kept}'",
            "THROUGHLINE_WATCH_WEBHOOK": web.url("/hook?token=secret"),
            "THROUGHLINE_WATCH_MAIL": "on-call@example.org",
            "THROUGHLINE_WATCH_SMTP": f"smtp://127.0.0.1:{port}",
        }
        assert watch.watch(settings) == 1
        line = capsys.readouterr().out
        assert line == "Throughline: the morning that is due is NOT there\n"
        assert kept.read_text(encoding="utf-8") == line
        assert web.seen[1].path == "/hook?token=secret"
        assert web.seen[1].body == b'{"text": "%s"}' % line.strip().encode()
    assert f"Subject: {line.strip()}" in mails
    assert any("on-call@example.org" in one and one.startswith("rcpt") for one in mails)


def test_a_way_that_fails_is_said_without_its_secrets_and_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    with servers.web() as web:
        web.answers += [Answer(503, b"failed"), Answer(500)]
        settings = {
            "THROUGHLINE_WATCH_URL": web.url("/"),
            "THROUGHLINE_WATCH_COMMAND": "false",
            "THROUGHLINE_WATCH_WEBHOOK": web.url("/hook?token=secret"),
            "THROUGHLINE_WATCH_MAIL": "on-call@example.org",
            "THROUGHLINE_WATCH_SMTP": f"smtp://user:secret@127.0.0.1:{closed_port()}",
            "THROUGHLINE_WATCH_STATE": str(kept),
        }
        assert watch.watch(settings) == 3
    said = capsys.readouterr().err
    assert "command: CalledProcessError" in said
    assert "webhook: HTTPError" in said
    assert "mail: ConnectionRefusedError" in said
    assert "secret" not in said
    assert not kept.exists()  # the next run tries again


def test_a_way_that_never_comes_to_an_end_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "WAY_S", 0.3)
    with servers.web(lambda _: Answer(200)) as web, mail_server(greets_forever=True) as (port, _):
        settings = {
            "THROUGHLINE_WATCH_COMMAND": f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(1)'",
            "THROUGHLINE_WATCH_MAIL": "ops@example.org",
            "THROUGHLINE_WATCH_SMTP": f"smtp://127.0.0.1:{port}",
            "THROUGHLINE_WATCH_WEBHOOK": web.url("/hook"),
        }
        assert watch.tell("Throughline: x", settings) == [
            "command: TakesTooLong",
            "mail: TakesTooLong",
        ]
    assert len(web.seen) == 1


def test_a_trouble_is_told_once_an_hour_and_its_end_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    with servers.web(lambda _: answers.pop(0)) as web:
        settings = {
            "THROUGHLINE_WATCH_URL": web.url("/throughline/health"),
            "THROUGHLINE_WATCH_WEBHOOK": web.url("/hook"),
            "THROUGHLINE_WATCH_STATE": str(tmp_path / "state"),
        }
        bad, well, took = Answer(503, b"missing"), Answer(200, b"ok"), Answer(200)
        for minutes, said, told in (
            (0, well, False),
            (10, bad, True),
            (10, bad, False),
            (40, bad, False),
            (10, bad, True),
            (10, well, True),
            (10, well, False),
            (10, bad, True),
        ):
            clock[0] += minutes * 60
            answers = [said, took]
            assert watch.watch(settings) == (0 if said is well else 1)
            assert (answers == []) is told


def test_one_lost_answer_wakes_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    paused: list[float] = []
    with servers.web() as web:
        web.answers += [Answer(hang=True), Answer(502), Answer(200, b"ok")]
        settings = {
            "THROUGHLINE_WATCH_URL": web.url("/"),
            "THROUGHLINE_WATCH_COMMAND": "false",
        }
        assert watch.watch(settings, paused.append) == 0
    assert paused == [watch.BETWEEN_TRIES_S] * 2
    assert capsys.readouterr().out == "Throughline: the morning is there, or not yet due\n"


def test_it_needs_no_package_and_says_in_words_what_is_wrong() -> None:
    env = {"PATH": os.environ["PATH"], "THROUGHLINE_WATCH_TRIES": "1"}
    command = [sys.executable, "-I", "-S", str(ROOT / "include/throughline/deployment/watch.py")]
    url = f"http://127.0.0.1:{closed_port()}/throughline/health"
    ran = subprocess.run(
        command,
        env=env | {"THROUGHLINE_WATCH_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "Throughline: Airflow is UNREACHABLE\n")
    ran = subprocess.run(
        command,
        env=env | {"THROUGHLINE_WATCH_URL": "file:///etc/passwd"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3
    assert "must begin with http" in ran.stderr

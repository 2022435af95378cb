"""Asks `/throughline/health` whether the morning's page is there, prints one line, and notifies if it is not.

`make watch`, or this file alone with any Python from 3.11 on. It imports only the standard library, so it also runs
on a machine where Throughline is not installed. Run it every few minutes from cron or a systemd timer, preferably on
another machine: a dead Airflow cannot report itself. Exit codes: 0, the morning is there or not yet due; 1, it is
not; 2, nobody answers; 3, a notification failed or a setting is wrong.

Settings are environment variables. Without those of the second group it notifies nobody:

- `THROUGHLINE_WATCH_URL` (`http://localhost:8080/throughline/health`), `THROUGHLINE_WATCH_SECONDS` (10, for each
  try), `THROUGHLINE_WATCH_TRIES` (3), `THROUGHLINE_WATCH_STATE`: a file; with it, a problem that stays is repeated
  once an hour instead of at each run, and its end is reported once.
- `THROUGHLINE_WATCH_COMMAND`: a program with its arguments; it receives the line on standard input.
  `THROUGHLINE_WATCH_WEBHOOK`: a URL to which `{"text": line}` is posted. `THROUGHLINE_WATCH_MAIL`: addresses,
  separated by commas, with `THROUGHLINE_WATCH_SMTP` (`smtp://user:password@host:587`, which uses STARTTLS if there is
  a user, or `smtps://`) and `THROUGHLINE_WATCH_FROM`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import smtplib
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

URL = "http://localhost:8080/throughline/health"
SAYS = {
    "ok": "the morning is there, or not yet due",
    "missing": "the morning that is due is NOT there",
    "failed": "the night FAILED; its page says where",
    "unknown": "nobody knows whether the morning is there: its file cannot be read",
    "unreachable": "Airflow is UNREACHABLE",
    "odd": "something else than Throughline answers",
}
WORDS = ("ok", "missing", "failed", "unknown")
"""What Throughline itself says."""
BETWEEN_TRIES_S = 5.0
TELL_S, WAY_S = 30, 60.0
"""Seconds for one answer of whoever is told, and for all of one way of telling."""
AGAIN_S = 3600
"""A problem that stays is reported again after this many seconds."""
LONGEST = 64
"""Bytes of an answer that are read; it is one word."""

Settings = Mapping[str, str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A login page is no answer."""
        return


def ask(url: str, seconds: float) -> str:
    """Return the word that `/throughline/health` says, `odd` for another answer, `unreachable` for none in time."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("THROUGHLINE_WATCH_URL must begin with http:// or https://")
    said = ["unreachable"]

    def listen() -> None:
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(url, timeout=seconds) as answer:
                said[0] = _word(answer.status, answer.read(LONGEST))
        except urllib.error.HTTPError as error:
            with error:
                said[0] = _word(error.code, error.read(LONGEST))
        except (OSError, ValueError, EOFError) as error:
            if "CERTIFICATE" in str(error):
                said[0] = "odd"
        except Exception:  # noqa: BLE001 - a broken HTTP answer is no answer
            said[0] = "unreachable"

    # A socket's timeout starts again with each byte; join bounds the whole request.
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    listener.join(seconds)
    return "unreachable" if listener.is_alive() else said[0]


def _word(status: int, body: bytes) -> str:
    word = body.decode("ascii", "replace").strip()
    if word in WORDS and (status == 200) is (word == "ok"):
        return word
    # 502 to 504 without our word: a proxy, before an Airflow that is dead
    return "unreachable" if status in (502, 503, 504) else "odd"


def tell(line: str, settings: Settings) -> list[str]:
    """Send the line in each configured way; returns the ways that failed, without addresses or passwords."""
    ways: list[tuple[str, Callable[[str, str, Settings], None]]] = [
        ("COMMAND", _command),
        ("WEBHOOK", _webhook),
        ("MAIL", _mail),
    ]
    failed = []
    for name, way in ways:
        given = settings.get(f"THROUGHLINE_WATCH_{name}", "")
        if not given:
            continue
        why = _why_not(way, given, line, settings)
        if why:
            failed.append(f"{name.lower()}: {why}")
    return failed


def _why_not(
    way: Callable[[str, str, Settings], None], given: str, line: str, settings: Settings
) -> str | None:
    """Send the line in one way; returns the kind of error, or that it takes too long, or None."""
    ended: list[str | None] = []

    def send() -> None:
        try:
            way(given, line, settings)
        except Exception as error:  # noqa: BLE001 - the other ways must still be tried
            ended.append(type(error).__name__)
        else:
            ended.append(None)

    # a server that says a little again and again must not keep the next run of cron's watch from speaking
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    sender.join(WAY_S)
    return ended[0] if ended else "TakesTooLong"


def _command(command: str, line: str, _: Settings) -> None:
    subprocess.run(
        shlex.split(command),
        input=f"{line}\n",
        text=True,
        timeout=TELL_S,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _webhook(url: str, line: str, _: Settings) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("a webhook begins with http:// or https://")
    request = urllib.request.Request(  # noqa: S310 - checked above
        url,
        data=json.dumps({"text": line}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TELL_S):  # noqa: S310
        pass


def _mail(to: str, line: str, settings: Settings) -> None:
    server = urlsplit(settings.get("THROUGHLINE_WATCH_SMTP") or "smtp://localhost:25")
    message = EmailMessage()
    message["Subject"] = line
    message["From"] = settings.get("THROUGHLINE_WATCH_FROM") or "throughline@localhost"
    message["To"] = to
    message.set_content(line)
    host, secure = server.hostname or "localhost", ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=TELL_S, context=secure)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, server.port or 25, timeout=TELL_S)
    ) as smtp:
        if server.username:
            if server.scheme != "smtps":
                smtp.starttls(context=secure)
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def is_news(word: str, state: str, now: float) -> bool:
    """Return whether to report a word: a problem at once and again each hour, its end once.

    Without a state file, every problem is reported at each run, and its end is not.
    """
    before, since = "ok", 0.0
    with contextlib.suppress(OSError, ValueError):
        if state:
            first, second = Path(state).read_text(encoding="utf-8").split()
            before, since = first, float(second)
    if word == before:
        return word != "ok" and not 0 <= now - since < AGAIN_S
    return True


def _keep(word: str, state: str, now: float) -> None:
    draft = Path(f"{state}.draft")
    draft.write_text(f"{word} {now:.0f}\n", encoding="utf-8")
    draft.replace(state)


def watch(settings: Settings, pause: Callable[[float], None] = time.sleep) -> int:
    """Ask, print one line, report it if it is news; returns the exit code."""
    url = settings.get("THROUGHLINE_WATCH_URL") or URL
    seconds = float(settings.get("THROUGHLINE_WATCH_SECONDS") or 10)
    tries = max(1, int(settings.get("THROUGHLINE_WATCH_TRIES") or 3))
    word = ask(url, seconds)
    for _ in range(tries - 1):
        if word not in ("unreachable", "odd"):
            break
        pause(BETWEEN_TRIES_S)
        word = ask(url, seconds)
    line = f"Throughline: {SAYS[word]}"
    print(line, flush=True)
    state, now = settings.get("THROUGHLINE_WATCH_STATE", ""), time.time()
    if is_news(word, state, now):
        failed = tell(line, settings)
        if failed:
            print(f"watch: could not notify by {', '.join(failed)}", file=sys.stderr)
            return 3
        if state:
            try:
                _keep(word, state, now)
            except OSError as error:
                print(f"watch: the state file: {error.strerror}", file=sys.stderr)
    return {"ok": 0, "unreachable": 2}.get(word, 1)


def main() -> int:
    """Watch once, as the environment says; returns the exit code."""
    try:
        return watch(os.environ)
    except ValueError as error:
        print(f"watch: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())

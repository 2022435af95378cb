"""A mail server on loopback that keeps what it is sent."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default


def mails(told: list[str]) -> list[EmailMessage]:
    """The mails among what a mail server was sent, as their reader sees them."""
    found: list[EmailMessage] = []
    lines: list[str] | None = None
    for line in told:
        if lines is None:
            lines = [] if line.upper() == "DATA" else None
        elif line == ".":
            mail = email.message_from_string("\r\n".join(lines), policy=default)
            assert isinstance(mail, EmailMessage)
            found.append(mail)
            lines = None
        else:
            lines.append(
                line.removeprefix(".")
            )  # a line that begins with a dot has one more (RFC 5321, 4.5.2)
    return found


def shown(mail: EmailMessage) -> str:
    """A mail with its headers and its text, decoded."""
    text = mail.get_body(("plain", "html"))
    assert text is not None
    return "\n".join(
        [*(f"{name}: {value}" for name, value in mail.items()), "", text.get_content()]
    )


@contextmanager
def mail_server(*, greets_forever: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Take mails on loopback; gives its port, and what it was sent.

    With `greets_forever`, it says a line every 50 ms and never that it is ready.
    """
    told: list[str] = []
    over = threading.Event()

    class Smtp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while greets_forever and not over.wait(0.05):
                self.wfile.write(b"220-wait\r\n")
            self.wfile.write(b"220 here\r\n")
            data = False
            for raw in self.rfile:
                line = raw.decode().rstrip("\r\n")
                told.append(line)
                if data and line != ".":
                    continue
                data = line.upper() == "DATA"
                if line.upper() == "QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(b"354 go on\r\n" if data else b"250 fine\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1], told
        over.set()
        server.shutdown()

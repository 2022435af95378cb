"""Short messages to those who must know of a night: a check-in, a webhook, a mail.

Every call is bounded in time, returns whether it was delivered, and never raises: a message that is lost must not
fail the night that it is about. Texts hold no patient data, and logs no addresses: those of webhooks and check-ins
are secrets.
"""

from __future__ import annotations

import json
import logging
import re
import smtplib
import ssl
import threading
from collections.abc import Sequence
from email.message import EmailMessage

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import HttpClient
from throughline.transports.patience import Patience

log = logging.getLogger(__name__)

START, SUCCESS, FAILURE = "/start", "", "/fail"
"""What healthchecks.io and services like it take at the end of a check's address."""
BRIEF = Patience(attempts=3, total_s=20.0, first_wait_s=1.0, longest_wait_s=3.0)
SMTP_S, MAIL_S = 10.0, 30.0
"""Seconds for one answer of a mail server, and for a whole mail: a server may say a little again and again."""
_LINK = re.compile(r"\s*https?://\S+")


def check_in(address: Address, signal: str, text: str = "") -> bool:
    """Call a check-in address with `START`, `SUCCESS` or `FAILURE`; a repeated call means the same.

    With a text it is a POST, whose body such services keep with the call.
    """
    try:
        with HttpClient(address) as client:
            if text:
                outcome = client.write(
                    f"{address.base_url}{signal}",
                    text.encode(),
                    content_type="text/plain",
                    patience=BRIEF,
                )
                return outcome.certainty == "accepted" or _lost(
                    f"{address.name}: {outcome.reason or outcome.status}"
                )
            answer = client.get(f"{address.base_url}{signal}", patience=BRIEF)
    except SourceUnavailable as error:
        return _lost(str(error))
    return answer.status < 300 or _lost(f"{address.name}: http_{answer.status}")


def post(address: Address, text: str) -> bool:
    """Post `{"text": text}` to a webhook, as Slack, Teams, Mattermost and others take it."""
    content = json.dumps({"text": text}).encode()
    with HttpClient(address) as client:
        outcome = client.write(address.base_url, content, patience=BRIEF)
    return outcome.certainty == "accepted" or _lost(
        f"{address.name}: {outcome.reason or outcome.status}"
    )


def mail(address: Address, text: str, to: Sequence[str] = ()) -> bool:
    """Mail a line by an SMTP server, as an Airflow connection of type `smtp` describes it.

    Its extra says `to` (addresses, separated by commas; only used if the argument is empty), `from_email`,
    and like Airflow's own SMTP provider `disable_ssl` and `disable_tls`: TLS from the first byte is the
    default, STARTTLS without it. A mail that takes longer than `MAIL_S` is given up, although it may still arrive.
    """
    delivered: list[bool] = []
    # a socket's timeout starts again with each byte; join bounds all of it
    sender = threading.Thread(
        target=lambda: delivered.append(_mailed(address, text, to)), daemon=True
    )
    sender.start()
    sender.join(MAIL_S)
    return delivered[0] if delivered else _lost(f"{address.name}: TakesTooLong")


def _mailed(address: Address, text: str, to: Sequence[str]) -> bool:
    extra = address.extra
    message = EmailMessage()
    # without the link: too long for a line, it would be folded into something that nobody can read
    message["Subject"] = _LINK.sub("", text.splitlines()[0])
    message["From"] = str(extra.get("from_email") or "throughline@localhost")
    message["To"] = ", ".join(to) or str(extra.get("to") or "")
    message.set_content(text)
    secure = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP(address.host, address.port or 25, timeout=SMTP_S)
            if extra.get("disable_ssl")
            else smtplib.SMTP_SSL(address.host, address.port or 465, timeout=SMTP_S, context=secure)
        ) as server:
            if extra.get("disable_ssl") and not extra.get("disable_tls"):
                server.starttls(context=secure)
            if address.login:
                server.login(address.login, address.password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return _lost(f"{address.name}: {type(error).__name__}")
    return True


def _lost(why: str) -> bool:
    log.warning("a message was not delivered: %s", why)
    return False

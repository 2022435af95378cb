"""The address and credentials of a system: the content of an Airflow connection, without Airflow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


class SourceUnavailable(RuntimeError):
    """A source cannot be read now. The message names the source and the kind of failure, no secrets.

    `body` is its last answer, if there was one; it may hold anything, and is not shown. `said` is what of
    it may be shown: its words about a request that names no patient, else empty.
    """

    def __init__(self, message: str, body: bytes = b"") -> None:
        super().__init__(message)
        self.body = body
        self.said = ""


class NotYet(SourceUnavailable):
    """A source asks us to come back after `wait_s` seconds, longer than anybody should wait in place."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Address:
    """The address of one system, including its secrets, which its `repr` never shows."""

    name: str
    scheme: str = "http"
    host: str = "127.0.0.1"
    port: int | None = None
    path: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """The root of an HTTP interface, without a slash at its end."""
        stated = self.extra.get("base_url")
        if stated:
            return str(stated).rstrip("/")
        port = f":{self.port}" if self.port else ""
        path = self.path.strip("/")
        return f"{self.scheme}://{self.host}{port}{'/' + path if path else ''}"

    @property
    def private_key(self) -> str:
        """The private key in PEM or OpenSSH format: `private_key` of the extra, or what is in its `key_file`.

        Empty if there is neither. Raises `SourceUnavailable` if the file cannot be read.
        """
        text, file = self.extra.get("private_key"), self.extra.get("key_file")
        if text or not file:
            return str(text or "")
        try:
            return Path(str(file)).expanduser().read_text("utf-8")
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            raise SourceUnavailable(f"{self.name}: key_file: {type(error).__name__}") from None

    def with_extra(self, **more: Any) -> Address:
        """Return this address with other values in its extra."""
        return replace(self, extra={**self.extra, **more})

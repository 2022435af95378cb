"""HTTP to systems of record: reads are tried again, and a write says how sure its outcome is."""

from __future__ import annotations

import base64
import email.utils
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import tenacity

from throughline.transports.address import Address, SourceUnavailable

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
ATTEMPTS = 5
LONGEST_WAIT_S = 30.0
# Answers after which the same question may be asked again. Only reads are: a 500 proves nothing
# about a write.
PASSING = frozenset({429, 500, 502, 503, 504})
# What was never on its way: there is no address to send it to.
NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)

# accepted: it was taken. rejected: it was refused and nothing was done. not_sent: it never got
# there. uncertain: it may have been done; look it up before doing it again.
Certainty = Literal["accepted", "rejected", "not_sent", "uncertain"]


@dataclass(frozen=True)
class Outcome:
    """How one write ended. `status` is None when no answer came; `body` is its JSON, if it was any."""

    certainty: Certainty
    status: int | None = None
    body: Any = None
    location: str | None = None
    reason: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether a new attempt cannot do the same thing twice."""
        return self.certainty != "uncertain"


class _Again(Exception):
    def __init__(self, response: httpx.Response | None, reason: str) -> None:
        super().__init__(reason)
        self.response = response
        self.reason = reason


def retry_after(response: httpx.Response | None) -> float | None:
    """Return the seconds that a `Retry-After` asks for: a number or a date; None without one."""
    text = response.headers.get("retry-after", "") if response is not None else ""
    if not text:
        return None
    if text.isascii() and text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked = retry_after(error.response) if isinstance(error, _Again) else None
    if asked is not None:
        return min(asked, LONGEST_WAIT_S)
    return min(0.25 * 2.0 ** (state.attempt_number - 1), LONGEST_WAIT_S)


def judge(response: httpx.Response) -> Outcome:
    """Say what the answer to a write proves.

    A 4xx was refused before anything was done; a 5xx may have come after it was done. 408 and 425
    leave it open, and so does 412: to a conditional create it says that there is one already, or
    more (FHIR R4, 3.1.0.8.1). 429 was turned away at the door.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    status = response.status_code
    location = response.headers.get("location")
    if 200 <= status < 300:
        return Outcome("accepted", status, body, location)
    if status == 429:
        return Outcome("not_sent", status, body, location, "too_many_requests")
    if status in (408, 412, 425) or (status >= 500 and status not in (501, 505)):
        return Outcome("uncertain", status, body, location, f"http_{status}")
    return Outcome("rejected", status, body, location, f"http_{status}")


class HttpClient:
    """A client of one HTTP interface. Use it as a context manager, or call `close`.

    `authorize` gives the headers of each request (a bearer token, say); without it the address's
    login and password go as Basic, a password alone as a bearer token.
    """

    def __init__(
        self,
        address: Address,
        *,
        authorize: Callable[[], Mapping[str, str]] | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address
        self._authorize = authorize or self._basic
        self._sleep = sleep
        self._client = httpx.Client(timeout=TIMEOUT, transport=transport, follow_redirects=False)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _basic(self) -> Mapping[str, str]:
        login, password = self.address.login, self.address.password
        if login and password:
            both = base64.b64encode(f"{login}:{password}".encode()).decode()
            return {"Authorization": f"Basic {both}"}
        return {"Authorization": f"Bearer {password}"} if password else {}

    def url(self, path: str) -> str:
        """Return the whole address of a path; one that is whole already stays."""
        if path.startswith(("http://", "https://")):
            return path
        return f"{self.address.base_url}/{path.lstrip('/')}"

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> httpx.Response:
        """Ask, again while that may help, and return the answer whatever its status.

        Raises `SourceUnavailable` when no answer came or it stayed 429, 500, 502, 503 or 504.
        """

        def ask() -> httpx.Response:
            try:
                response = self._client.request(
                    method,
                    self.url(path),
                    params=params or None,
                    headers={**self._authorize(), **(headers or {})},
                )
            except NO_ADDRESS as error:
                raise SourceUnavailable(f"{self.address.name}: {type(error).__name__}") from None
            except httpx.RequestError as error:
                raise _Again(None, type(error).__name__) from None
            if response.status_code in PASSING:
                raise _Again(response, f"http_{response.status_code}")
            return response

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(_Again),
                stop=tenacity.stop_after_attempt(ATTEMPTS),
                wait=_wait,
                sleep=self._sleep,
                reraise=True,
            )(ask)
        except _Again as error:
            raise SourceUnavailable(f"{self.address.name}: {error.reason}") from None

    def stream(
        self, path: str, headers: Mapping[str, str] | None = None, *, authorized: bool = True
    ) -> Any:
        """Open a streamed answer (a context manager of `httpx`); the caller tries again itself."""
        ours = self._authorize() if authorized else {}
        return self._client.stream("GET", self.url(path), headers={**ours, **(headers or {})})

    def write(
        self,
        path: str,
        content: bytes,
        *,
        idempotency_key: str | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Outcome:
        """Send bytes once, and say how sure it is what became of them.

        Only what certainly never arrived, or was turned away with 429, is sent again.
        """
        sent = {"Content-Type": content_type, **(headers or {})}
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key

        def attempt() -> Outcome:
            try:
                response = self._client.request(
                    method,
                    self.url(path),
                    content=content,
                    headers={**self._authorize(), **sent},
                )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise _Again(None, type(error).__name__) from None
            except NO_ADDRESS as error:
                return Outcome("not_sent", reason=type(error).__name__)
            except httpx.RequestError as error:
                return Outcome("uncertain", reason=type(error).__name__)
            if response.status_code == 429:
                raise _Again(response, "too_many_requests")
            return judge(response)

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(_Again),
                stop=tenacity.stop_after_attempt(ATTEMPTS),
                wait=_wait,
                sleep=self._sleep,
                reraise=True,
            )(attempt)
        except _Again as error:
            status = error.response.status_code if error.response is not None else None
            return Outcome("not_sent", status, reason=error.reason)
        except SourceUnavailable as error:
            # no token, so that nothing was sent
            return Outcome("not_sent", reason=str(error))

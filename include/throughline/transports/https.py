"""HTTP to systems of record: reads are retried, and a write reports how certain its outcome is.

A client is safe to use from several threads; each gets its own session. Waiting, renewing a token
(401) and the deadline are handled in one loop, `patience.keep_asking`. What urllib3 retries by itself,
and what a missing answer proves, is in `session`; where a redirected read goes on, in `redirects`.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.answers import Answer as Answer
from throughline.transports.answers import Certainty as Certainty
from throughline.transports.answers import Outcome as Outcome
from throughline.transports.answers import judge as judge
from throughline.transports.patience import (
    REAL,
    Again,
    Clock,
    NotLetIn,
    Patience,
    Result,
    keep_asking,
    retry_after,
)
from throughline.transports.redirects import MOST_HOPS, is_downgrade, is_same_origin, next_url
from throughline.transports.session import Incoming, NoAnswer, Session, opened

CONNECT_S = 10.0
# Timeout between two reads of an answer.
READ_S = 30.0
PATIENCE = Patience()
DOWNLOADING = Patience(attempts=6, first_wait_s=0.3, total_s=3600.0)
# Answers after which a read may be retried. Writes are not: a 500 proves nothing about a write.
PASSING = frozenset({429, 500, 502, 503, 504})
MOST_BODY = 1 << 28  # bytes of an answer that is kept in memory
MOST_FILE = 1 << 37  # bytes of a download whose size nobody has told
BUSY_S = 300.0  # the wait after 429 for minutes without saying how long
# Answers about a file whose address has expired: signed addresses answer 400 or 403 (S3, GCS, Azure).
GONE = frozenset({400, 403, 404, 410})


class FileGone(SourceUnavailable):
    """A file is not, or no longer, at its address."""


class HttpClient:
    """A client of one HTTP interface. Use it as a context manager, or call `close`.

    `authorize` returns headers for each request, such as a bearer token. Without it, the address's
    login and password are sent as Basic, and a password alone as a bearer token. `renew` is called
    after a 401, and returns whether `authorize` will now give a different token.
    """

    def __init__(
        self,
        address: Address,
        *,
        authorize: Callable[[], Mapping[str, str]] | None = None,
        renew: Callable[[], bool] | None = None,
        clock: Clock = REAL,
    ) -> None:
        self.address = address
        self._authorize = authorize or self._basic
        self._renew = renew or (lambda: False)
        self._clock = clock
        self._mine = threading.local()
        self._sessions: list[Session] = []

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._sessions:
            self._sessions.pop().close()
        self._mine = threading.local()

    def _session(self) -> Session:
        session: Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = Session()
            self._sessions.append(session)
        return session

    def _basic(self) -> Mapping[str, str]:
        login, password = self.address.login, self.address.password
        if login and password:
            both = base64.b64encode(f"{login}:{password}".encode()).decode()
            return {"Authorization": f"Basic {both}"}
        return {"Authorization": f"Bearer {password}"} if password else {}

    def url(self, path: str) -> str:
        """Return the absolute URL of a path; an absolute URL is returned unchanged."""
        if path.startswith(("http://", "https://")):
            return path
        return f"{self.address.base_url}/{path.lstrip('/')}"

    @contextmanager
    def _opened(
        self,
        method: str,
        path: str,
        time_is_up: float,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | Mapping[str, str] | None = None,
        authorized: bool = True,
        follow: bool = False,
    ) -> Iterator[Incoming]:
        """Send one request; returns the answer with its body still unread. Raises `NoAnswer`.

        With `follow`, a redirected read goes on at its new address, with our credentials only if that
        has the origin of the first. An address without TLS is not asked on behalf of one with it.
        """
        first = url = self.url(path)
        for _ in range(MOST_HOPS):
            if is_downgrade(self.address.base_url, url):
                raise NoAnswer("AddressWithoutTls", was_sent=False, may_pass=False)
            ours = self._authorize() if authorized and is_same_origin(first, url) else {}
            left = max(time_is_up - self._clock.now(), 0.001)
            with opened(
                self._session(),
                method,
                url,
                params=params,
                data=data,
                headers={**ours, **headers},
                timeout=(min(CONNECT_S, left), min(READ_S, left)),
                time_is_up=time_is_up,
                now=self._clock.now,
            ) as incoming:
                there = next_url(url, incoming.status, incoming.headers) if follow else None
                if there is None:
                    yield incoming
                    return
            url, params = there, None
        raise NoAnswer("TooManyRedirects", may_pass=False)

    def _ask(self, *request: Any, **more: Any) -> Answer:
        """Send one request and read its answer. Raises `NoAnswer`, or `NotLetIn` after a 401."""
        with self._opened(*request, **more) as incoming:
            body = bytearray()
            for chunk in incoming.chunks():
                body += chunk
                if len(body) > MOST_BODY:
                    raise NoAnswer("AnswerWithoutEnd", may_pass=False)
            answer = Answer(incoming.status, incoming.headers, bytes(body), incoming.tries)
        if answer.status == 401:
            raise NotLetIn("http_401", answer=answer)
        return answer

    def _repeatable(self, *request: Any, **more: Any) -> Answer:
        """Make one attempt of a repeatable request. Raises `Again` if a retry may help."""
        try:
            answer = self._ask(*request, **more)
        except NoAnswer as error:
            if error.may_pass:
                raise Again(error.reason, tries=error.tries) from None
            raise self._unavailable(error.reason) from None
        if answer.status in PASSING:
            asked = retry_after(answer.headers)
            raise Again(f"http_{answer.status}", asked, answer, answer.tries)
        return answer

    def _unavailable(self, reason: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self.address.name}: {reason}")

    def _gave_up(self, again: Again, patience: Patience) -> SourceUnavailable:
        asked, is_busy = again.asked_s or 0.0, again.reason == "http_429"
        problem = f"{self.address.name}: {again.reason}"
        if patience.defers and (is_busy or asked > patience.longest_wait_s):
            return NotYet(problem, asked or BUSY_S)
        return SourceUnavailable(problem, getattr(again.answer, "body", b""))

    def _asked(
        self,
        ask: Callable[[float], Result],
        patience: Patience,
        renew: Callable[[], bool] = lambda: False,
    ) -> Result:
        try:
            return keep_asking(ask, patience, self._clock, renew)
        except Again as again:
            answer: Result | None = again.answer if isinstance(again, NotLetIn) else None
            if answer is None:
                raise self._gave_up(again, patience) from None
            return answer

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        *,
        patience: Patience | None = None,
        follow: bool = False,
    ) -> Answer:
        """Send a GET, retry while that may help, and return the answer, whatever its status.

        `follow` follows redirects. Raises `SourceUnavailable` if no answer came, if it stayed 429, 500,
        502, 503 or 504, or if time ran out; and `NotYet` if `patience` defers a longer wait.
        """

        def ask(time_is_up: float) -> Answer:
            return self._repeatable(
                method, path, time_is_up, headers or {}, params=params, follow=follow
            )

        return self._asked(ask, patience or PATIENCE, self._renew)

    def post_form(
        self,
        path: str,
        form: Callable[[], Mapping[str, str]],
        headers: Mapping[str, str] | None = None,
        *,
        patience: Patience = PATIENCE,
    ) -> Answer:
        """Post a form that may be repeated, with a new `form` each time: a token request, for example.

        Raises `SourceUnavailable` as `get` does.
        """

        def ask(time_is_up: float) -> Answer:
            return self._repeatable("POST", path, time_is_up, headers or {}, data=form())

        return self._asked(ask, patience)

    def write(
        self,
        path: str,
        content: bytes,
        *,
        idempotency_key: str | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        patience: Patience | None = None,
    ) -> Outcome:
        """Send bytes once, and return how certain the outcome is.

        It retries only what certainly never arrived, or was turned away with 429 or 401.
        """
        sent = {"Content-Type": content_type, **(headers or {})}
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key

        def attempt(time_is_up: float) -> Outcome:
            try:
                answer = self._ask(method, path, time_is_up, sent, data=content)
            except NoAnswer as error:
                if error.was_sent:
                    return Outcome("uncertain", reason=error.reason)
                if error.may_pass:
                    raise Again(error.reason) from None
                return Outcome("not_sent", reason=error.reason)
            if answer.status == 429:
                raise Again("too_many_requests", retry_after(answer.headers), answer)
            return judge(answer)

        try:
            return keep_asking(attempt, patience or PATIENCE, self._clock, self._renew)
        except NotLetIn as again:
            return judge(again.answer)
        except Again as again:
            status = again.answer.status if again.answer is not None else None
            return Outcome("not_sent", status, reason=again.reason)
        except SourceUnavailable as error:
            # no token, so that nothing was sent
            return Outcome("not_sent", reason=str(error))

    def download(
        self,
        path: str,
        target: Path,
        *,
        accept: str = "*/*",
        authorized: bool = True,
        as_stored: bool = False,
        patience: Patience | None = None,
        follow: bool = False,
        most: int = MOST_FILE,
    ) -> int:
        """Fetch a file, resuming after a broken connection; returns its bytes.

        Content encoding is decoded unless `as_stored`. If `authorized` is False, neither login nor
        token is sent, because another server may hold the file. `follow` follows redirects. More than
        `most` bytes are not read to their end: a file that grows while it is read has none. Raises
        `SourceUnavailable`: `FileGone` if the file is not, or no longer, at this address; and `NotYet`
        if `patience` defers a longer wait.
        """
        target.unlink(missing_ok=True)
        tag = ""

        def fetch(time_is_up: float) -> int:
            nonlocal tag
            have = target.stat().st_size if target.exists() else 0
            headers = {"Accept": accept}
            if as_stored or have:
                headers["Accept-Encoding"] = "identity"
            if have:
                headers["Range"] = f"bytes={have}-"
                if tag:
                    headers["If-Range"] = tag
            try:
                with self._opened(
                    "GET", path, time_is_up, headers, authorized=authorized, follow=follow
                ) as incoming:
                    status = incoming.status
                    if status in (200, 206):
                        goes_on = status == 206 and have > 0
                        if goes_on and not _begins_at(incoming.headers, have):
                            target.unlink()
                            raise Again("other_range")
                        # a server that cannot resume, or whose file has changed, sends all of it again
                        strong = incoming.headers.get("ETag", "")
                        tag = "" if strong.startswith("W/") else strong
                        with target.open("ab" if goes_on else "wb") as out:
                            for chunk in incoming.chunks(unpacked=not as_stored):
                                out.write(chunk)
                                if out.tell() > most:
                                    break
                        return target.stat().st_size
                    asked, tries = retry_after(incoming.headers), incoming.tries
            except NoAnswer as error:
                if error.may_pass:
                    raise Again(error.reason, tries=error.tries) from None
                raise self._unavailable(error.reason) from None
            if status == 401 and authorized:
                raise NotLetIn("http_401")
            if status == 416 and have:
                target.unlink()
            elif status in GONE:
                raise FileGone(f"{self.address.name}: http_{status}")
            elif status < 500 and status != 429:
                raise self._unavailable(f"http_{status}")
            raise Again(f"http_{status}", asked, tries=tries)

        return self._asked(fetch, patience or DOWNLOADING, self._renew)


def _begins_at(headers: Mapping[str, str], offset: int) -> bool:
    """Return whether a partial answer is the requested part, if the server says which part it is."""
    stated = headers.get("Content-Range", "")
    return not stated or stated.replace("bytes ", "").startswith(f"{offset}-")

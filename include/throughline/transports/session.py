"""Sessions of `requests` as systems of record need them, and what a failed call proves.

A session takes proxies and authorities (CA bundles) from the environment and nothing else: no
login from a `.netrc`. It follows no redirect, so that what is meant for one host never goes to
another. Reads of a moment's trouble are repeated at once by urllib3; a write never is.
"""

from __future__ import annotations

import http.client
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.retry import Retry
from urllib3.util.ssl_match_hostname import CertificateError

CHUNK = 1 << 16
READS = frozenset({"GET", "HEAD"})
# One short repeat, at once: it helps where a kept connection was closed by the other side, or one
# of several gateways is down. 429 and 503 ask for a pause, which is not for urllib3 to take.
REPEATS = 1
REPEATED = frozenset({500, 502, 504})
_READ = Retry(
    total=REPEATS,
    other=0,
    allowed_methods=READS,
    status_forcelist=REPEATED,
    respect_retry_after_header=False,
    raise_on_status=False,
)
# Neither: urllib3 repeats a failed connection of any method, whatever `allowed_methods` says.
_WRITE = Retry(0, read=False)


class NoAnswer(Exception):
    """No answer came, or not all of it.

    `was_sent` is False only where it is certain that the receiver got no part of the request.
    `may_pass` is False where asking again cannot help. `tries` is how often it was asked.
    """

    def __init__(
        self, reason: str, *, was_sent: bool = True, may_pass: bool = True, tries: int = 1
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.was_sent = was_sent
        self.may_pass = may_pass
        self.tries = tries


class HandshakeFailed(SSLError):
    """The TLS connection was not established, so no part of the request was sent.

    urllib3 raises the same `SSLError`, or a read timeout, for this and for a connection that
    breaks after the request.
    """


class _Head:
    """Reads the head of an answer and remembers the last line of it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        self.last = self.stream.readline(limit)
        return self.last

    def close(self) -> None:
        self.stream.close()


class _Response(http.client.HTTPResponse):
    """An answer whose head is whole: to http.client the end of a connection ends a head as well.

    A cut answer to a write would count as its acceptance, and a cut answer to a read as an empty one.
    """

    def begin(self) -> None:
        stream = self.fp
        head: Any = _Head(stream)
        self.fp = head
        try:
            super().begin()
        finally:
            self.fp = stream if self.fp is head else self.fp
        if not head.last:
            raise http.client.IncompleteRead(b"")


class _Plain(HTTPConnection):
    response_class = _Response


class _Tls(HTTPSConnection):
    response_class = _Response
    _is_tunnelling = False

    def _tunnel(self) -> None:
        self._is_tunnelling = True
        super()._tunnel()
        self._is_tunnelling = False

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, SSLError, CertificateError) as error:
            if self._is_tunnelling:
                raise
            raise HandshakeFailed(type(error).__name__) from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """For one thread: which repeats are allowed depends on the method of the request under way."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def check(self, request: requests.PreparedRequest, settings: Mapping[str, Any]) -> None:
        """Raise what is wrong with address, proxy or authorities, before anything is sent."""
        verify, cert, proxies = settings["verify"], settings["cert"], settings["proxies"]
        pool = self.get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        check: Any = self.cert_verify  # the stubs give it no types
        check(pool, request.url or "", verify, cert)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **settings: Any
    ) -> requests.Response:
        self.max_retries = _READ if request.method in READS else _WRITE
        return super().send(request, *args, **settings)


class _StatedOnly(AuthBase):
    """The login is what the caller states, or stands in the URL. Being there keeps `.netrc` out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        login, password = get_auth_from_url(request.url or "")
        if (login or password) and "Authorization" not in request.headers:
            signed: requests.PreparedRequest = HTTPBasicAuth(login, password)(request)
            return signed
        return request


class Session(requests.Session):
    """A session for one thread: see the head of this module."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _StatedOnly()
        self.mount("http://", _Adapter())
        self.mount("https://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow none, and do not look at its address, which may be none: requests would."""
        return

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return proxies and authorities; `SSL_CERT_FILE` and `SSL_CERT_DIR` name some, too."""
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if settings["verify"] is True:
            named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
            settings["verify"] = named or True
        return settings


class Incoming:
    """An answer whose body is still on its way. `headers` do not mind the case of a name.

    `tries` is how often it was asked for until it came.
    """

    def __init__(
        self, response: requests.Response, time_is_up: float, now: Callable[[], float]
    ) -> None:
        self._raw = response.raw
        self._time_is_up = time_is_up
        self._now = now
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        repeats = response.raw.retries
        self.tries = 1 + (len(repeats.history) if repeats else 0)

    def chunks(self, *, unpacked: bool = True) -> Iterator[bytes]:
        """Give the body as it comes in, unpacked if it was packed for its way and that is wanted.

        Raises `NoAnswer` when it breaks off, or is not done when time is up.
        """
        while True:
            try:
                # what is there, and not so many bytes: those could take for ever to come
                chunk = self._raw.read1(CHUNK, decode_content=unpacked)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _judged(error) from None
            if not chunk:
                return
            yield chunk
            if self._now() > self._time_is_up:
                raise NoAnswer("TimeIsUp")


@contextmanager
def opened(
    session: Session,
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    data: bytes | Mapping[str, str] | None = None,
    headers: Mapping[str, str],
    timeout: tuple[float, float],
    time_is_up: float,
    now: Callable[[], float],
) -> Iterator[Incoming]:
    """Send a request and give its answer, body still to be read; `timeout` is to connect, to read.

    Raises `NoAnswer`.
    """
    try:
        for name, value in headers.items():
            f"{name}: {value}".encode("latin-1")
        asked = requests.Request(method, url, params=params, data=data, headers=dict(headers))
        prepared = session.prepare_request(asked)
        settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
        adapter = session.get_adapter(prepared.url or "")
        if isinstance(adapter, _Adapter):
            adapter.check(prepared, settings)
    except (OSError, ValueError) as error:  # requests.RequestException is an OSError
        raise NoAnswer(type(error).__name__, was_sent=False, may_pass=False) from None
    try:
        response = session.send(prepared, timeout=timeout, allow_redirects=False, **settings)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        judged = _judged(error)
        if method in READS and judged.reason != HANDSHAKE:
            judged.tries += REPEATS
        raise judged from None
    with response:
        yield Incoming(response, time_is_up, now)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and those that it names as its cause, outermost first."""
    while error is not None:
        yield error
        inner = [
            getattr(error, "original_error", None),
            getattr(error, "reason", None),
            *error.args,
        ]
        error = next((one for one in inner if isinstance(one, BaseException)), None)


HANDSHAKE = "HandshakeFailed"
# What is certain: nothing of the request has left. All else may have been done.
_NOT_SENT: tuple[tuple[type[BaseException], str], ...] = (
    (HandshakeFailed, HANDSHAKE),
    (NewConnectionError, "ConnectError"),
    (ConnectTimeoutError, "ConnectTimeout"),
)
# The words stand in the warehouse, beside transmissions; they name what happened to the connection.
_MAYBE_SENT: tuple[tuple[type[BaseException], str], ...] = (
    (ProxyError, "ProxyError"),
    (ReadTimeoutError, "ReadTimeout"),
    (DecodeError, "DecodingError"),
    (http.client.HTTPException, "RemoteProtocolError"),
    (SSLError, "ReadError"),
    (OSError, "ReadError"),
    (ProtocolError, "RemoteProtocolError"),
)


def _judged(error: BaseException) -> NoAnswer:
    # requests' own errors are OSErrors, whatever they stand for
    causes = [one for one in _causes(error) if not isinstance(one, requests.RequestException)]
    for kinds, was_sent in ((_NOT_SENT, False), (_MAYBE_SENT, True)):
        for kind, word in kinds:
            if any(isinstance(one, kind) for one in causes):
                return NoAnswer(word, was_sent=was_sent)
    return NoAnswer(type(error).__name__)


class _Silent(logging.Filter):
    """Lets nothing through."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


# urllib3 logs whole addresses, and a search names the patient or the effect that it is about.
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Silent())

"""Sessions of `requests` for systems of record, and what a failed call proves.

A session takes proxies and CA bundles from the environment but nothing else: no login from `.netrc`.
It follows no redirects, so data for one host never goes to another. urllib3 repeats a read at once
after a brief failure; it never repeats a write.
"""

from __future__ import annotations

import http.client
import logging
import os
import threading
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
# One immediate retry: it helps if the server closed an idle connection, or if one of several gateways
# is down. 429 and 503 need a wait, which `patience` handles instead of urllib3.
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
# No retries for writes: urllib3 retries failed connections for all methods, despite `allowed_methods`.
_WRITE = Retry(0, read=False)


class NoAnswer(Exception):
    """No answer came, or only part of one.

    `was_sent` is False only if the receiver certainly got no part of the request. `may_pass` is False
    if a retry cannot help. `tries` is the number of attempts made.
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


_limit = threading.local()
"""Of each thread's request: `is_up` returns whether its time is up."""


class _Head:
    """Reads the head of an answer and remembers its last line."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        """Return a line; one that comes byte by byte ends with the time of the request."""
        line = bytearray()
        while not line.endswith(b"\n") and (limit < 0 or len(line) < limit):
            arrived = self.stream.peek(1)
            if not arrived:
                break
            if _limit.is_up():
                raise TimeoutError
            end = arrived.find(b"\n") + 1 or len(arrived)
            line += self.stream.read(min(end, limit - len(line)) if limit >= 0 else end)
        self.last = bytes(line)
        return self.last

    def close(self) -> None:
        self.stream.close()


class _Response(http.client.HTTPResponse):
    """An answer with a complete head; http.client also accepts a head that a closed connection cut.

    A cut answer to a write would count as acceptance, and a cut answer to a read as an empty answer.
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
    """For one thread only: the allowed retries depend on the method of the current request."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def check(self, request: requests.PreparedRequest, settings: Mapping[str, Any]) -> None:
        """Raise any error in URL, proxy or CA bundle before anything is sent."""
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
    """Uses only the login that the caller gives or the URL contains. Setting it disables `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        login, password = get_auth_from_url(request.url or "")
        if (login or password) and "Authorization" not in request.headers:
            signed: requests.PreparedRequest = HTTPBasicAuth(login, password)(request)
            return signed
        return request


class Session(requests.Session):
    """A session for one thread: see the module's docstring."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _StatedOnly()
        self.mount("http://", _Adapter())
        self.mount("https://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirects, and do not parse the target, which requests would do even if it is invalid."""
        return

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return proxies and CA bundles, including those in `SSL_CERT_FILE` and `SSL_CERT_DIR`."""
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if settings["verify"] is True:
            named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
            settings["verify"] = named or True
        return settings


class Incoming:
    """An answer with its body still unread. `headers` is case-insensitive.

    `tries` is the number of attempts it took.
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
        """Yield the body as it arrives, with its content encoding decoded if wanted.

        Raises `NoAnswer` if it breaks off, or is not complete by the deadline.
        """
        while True:
            try:
                # read what has arrived instead of waiting for a full chunk, which may never come
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
    """Send a request and yield its answer with the body unread; `timeout` is (connect, read).

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
    _limit.is_up = lambda: now() > time_is_up
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
    """Yield an error and its causes, outermost first."""
    while error is not None:
        yield error
        inner = [
            getattr(error, "original_error", None),
            getattr(error, "reason", None),
            *error.args,
        ]
        error = next((one for one in inner if isinstance(one, BaseException)), None)


HANDSHAKE = "HandshakeFailed"
# In these cases no part of the request has left. In all others it may have been processed.
_NOT_SENT: tuple[tuple[type[BaseException], str], ...] = (
    (HandshakeFailed, HANDSHAKE),
    (NewConnectionError, "ConnectError"),
    (ConnectTimeoutError, "ConnectTimeout"),
)
# These words are stored in the warehouse with transmissions; they say what happened to the connection.
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
    # all errors of requests are OSErrors, whatever their cause
    causes = [one for one in _causes(error) if not isinstance(one, requests.RequestException)]
    for kinds, was_sent in ((_NOT_SENT, False), (_MAYBE_SENT, True)):
        for kind, word in kinds:
            if any(isinstance(one, kind) for one in causes):
                return NoAnswer(word, was_sent=was_sent)
    return NoAnswer(type(error).__name__)


class _Silent(logging.Filter):
    """Blocks all log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


# urllib3 logs full URLs, and a search URL contains a patient's or an effect's identifier.
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Silent())

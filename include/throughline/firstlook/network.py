"""Whether a host is reached at all, and if not, at which step: its name, its port, its certificate."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies

from throughline.firstlook.found import Look, Stop

SECONDS = 10.0
PORTS = {"http": 80, "https": 443}


def reach_url(look: Look, url: str, what: str, write: str) -> None:
    """Try each step to the server of an address. Raises `Stop` with the first that fails; `write` is what sets it."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        port, parts = None, urlsplit("")
    if parts.scheme not in PORTS or not parts.hostname or port is None:
        look.bad(f"{what} is no address of a web server: it must begin with https://", write)
        raise Stop
    proxy = get_environ_proxies(url).get(parts.scheme)
    if proxy:
        look.note(f"{parts.hostname} is asked through the proxy {urlsplit(proxy).hostname}")
        return
    reach(look, parts.hostname, port, write, tls=parts.scheme == "https")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        look.bad(f"{what} is without TLS: logins and records would be readable on the way", write)


def reach(look: Look, host: str, port: int, write: str, *, tls: bool = False) -> None:
    """Resolve a host, connect to its port and, with `tls`, check its certificate. Raises `Stop`."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        look.bad(f"the name {host} is not known (DNS)", f"{write}, or ask for a VPN")
        raise Stop from None
    try:
        opened = socket.create_connection((host, port), timeout=SECONDS)
    except TimeoutError:
        look.bad(
            f"{host}:{port} does not answer within {SECONDS:.0f} s: a firewall?",
            "ask both sides to open it for this machine's address, or set HTTPS_PROXY",
        )
        raise Stop from None
    except ConnectionRefusedError:
        look.bad(f"{host}:{port} refuses: nobody listens there", write)
        raise Stop from None
    except OSError as error:
        look.bad(f"{host}:{port} is not reached: {error.strerror or type(error).__name__}", write)
        raise Stop from None
    with opened:
        if tls:
            _secured(look, opened, host, write)
    look.good(f"{host}:{port} is reached" + (", and its certificate is valid" if tls else ""))


def _secured(look: Look, opened: socket.socket, host: str, write: str) -> None:
    own = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    folder = own if own and Path(own).is_dir() else None
    folder = folder or (None if own else os.environ.get("SSL_CERT_DIR"))
    try:
        context = ssl.create_default_context(
            cafile=None if folder else own or DEFAULT_CA_BUNDLE_PATH, capath=folder
        )
        with context.wrap_socket(opened, server_hostname=host):
            return
    except ssl.SSLCertVerificationError as error:
        look.bad(
            f"the certificate of {host} is not accepted: {error.verify_message}",
            "if your own certificate authority has signed it, set REQUESTS_CA_BUNDLE to its file;"
            f" if the name is wrong, {write}",
        )
    except (OSError, ssl.SSLError) as error:
        look.bad(
            f"{host} does not speak TLS there: {getattr(error, 'reason', None) or type(error).__name__}",
            write,
        )
    raise Stop

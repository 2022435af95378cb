"""A server on a raw socket, plain or TLS, that breaks off at a given point."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from throughline.transports.address import Address

OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Connection:
    """One connection of a client, and what it sent."""

    socket: socket.socket
    received: bytes = b""

    def more(self) -> bool:
        """Receive what comes next; False at the end."""
        data = self.socket.recv(1 << 16)
        self.received += data
        return bool(data)

    def head(self) -> None:
        """Receive until the head of the request is there."""
        while b"\r\n\r\n" not in self.received and self.more():
            pass

    def request(self) -> None:
        """Receive the whole request."""
        self.head()
        head, _, body = self.received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)
        while len(body) < length and self.more():
            body = self.received.partition(b"\r\n\r\n")[2]

    def next_request(self) -> bool:
        """Receive a whole request, which may come in several pieces; False if no more comes."""
        self.received = b""
        self.request()
        return bool(self.received)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)


Act = Callable[[Connection], object]


@dataclass
class Rough:
    """The server: `act` is what it does with a connection before it drops it."""

    act: Act
    context: ssl.SSLContext | None = None
    connections: list[Connection] = field(default_factory=list)
    failed_handshakes: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._meet, args=(accepted,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _meet(self, accepted: socket.socket) -> None:
        accepted.settimeout(10)
        try:
            if self.context is not None:
                accepted = self.context.wrap_socket(accepted, server_side=True)
        except OSError:
            self.failed_handshakes += 1
            accepted.close()
            return
        connection = Connection(accepted)
        self.connections.append(connection)
        with accepted, contextlib.suppress(OSError):
            self.act(connection)

    def met(self) -> int:
        """How many connections there were, when all of them are over."""
        for thread in self._threads:
            thread.join(10)
        return len(self.connections) + self.failed_handshakes

    @property
    def scheme(self) -> str:
        """As in a URL."""
        return "http" if self.context is None else "https"

    def address(self, **more: Any) -> Address:
        """The server's address."""
        return Address("rough", scheme=self.scheme, port=self.port, **more)

    def close(self) -> None:
        """Stop listening, and wait for what is under way."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for thread in self._threads:
            thread.join(10)


@contextmanager
def rough(act: Act, context: ssl.SSLContext | None = None) -> Iterator[Rough]:
    """Run such a server."""
    server = Rough(act, context)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def full() -> Iterator[int]:
    """A port whose listener accepts no more connections, so new ones get no answer at all."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        try:
            yield port
        finally:
            for one in waiting:
                one.close()


def nowhere() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Authority:
    """Signs certificates; `pem` is the file by which a client knows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
        own = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = folder / "authority.pem"
        self.pem.write_bytes(
            own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def context(self, host: str = "127.0.0.1", asks_for_client: bool = False) -> ssl.SSLContext:
        """What a server of that name needs to speak TLS."""
        key = ec.generate_private_key(ec.SECP256R1())
        name: x509.GeneralName = x509.DNSName(host)
        if host[0].isdigit():
            name = x509.IPAddress(IPv4Address(host))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        signed = self._builder(subject, key.public_key()).add_extension(
            x509.SubjectAlternativeName([name]), critical=False
        )
        file = self._folder / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if asks_for_client:
            context.load_verify_locations(self.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

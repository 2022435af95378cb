"""A server that wants TLS is backed up over it, and only if its certificate is the one that was asked for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stack import postgres
from throughline.deployment import archive, tls
from throughline.deployment.archive import ArchiveError

BOUND = b"SCRAM-SHA-256-PLUS\0"


def certificate(folder: Path) -> Path:
    """Write a certificate of `localhost` that vouches for itself, and its key beside it; returns it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.throwaway() as running:
        yield running


async def offer(there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say what a server says over TLS: it offers a login that is bound to the connection, too."""
    kind, length, way = [await there.readexactly(n) for n in (1, 4, 4)]
    assert (kind, way) == (tls.AUTHENTICATION, tls.SASL)
    longer = int.from_bytes(length, "big") + len(BOUND)
    writer.write(kind + longer.to_bytes(4, "big") + way + BOUND)
    await tls.pump(there, writer)


@pytest.fixture
def wanted(
    server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a server that takes connections over TLS alone; its certificate is `tls/certificate.pem`."""
    # who can log in so does, and the server behind has no TLS
    monkeypatch.setenv("PGCHANNELBINDING", "disable")
    to = server.dsn(postgres.SUPERUSER, "postgres")
    behind = conninfo_to_dict(to)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(certificate(tmp_path / "tls"), tmp_path / "tls" / "key.pem")

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(8) == tls.REQUEST
        writer.write(b"S")
        await writer.start_tls(own)
        there, there_to = await asyncio.open_connection(
            str(behind["host"]), int(behind["port"] or 0)
        )
        async with tls.closing(there_to):
            await asyncio.gather(tls.pump(reader, there_to), offer(there, writer))

    with tls.served(lambda taken: asyncio.start_server(taken, "127.0.0.1", 0), take) as front:
        yield make_conninfo(to, host="localhost", port=front.sockets[0].getsockname()[1])


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_elsewhere_is_dumped_over_tls(
    wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("PGSSLMODE", mode)
    monkeypatch.setenv("PGSSLROOTCERT", str(tmp_path / "tls" / "certificate.pem"))
    dump = tmp_path / "a.dump"
    archive.run("pg_dump", wanted, "--format=custom", f"--file={dump}")
    assert dump.read_bytes()[:5] == b"PGDMP"


def test_who_has_another_certificate_gets_nothing(
    wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = certificate(tmp_path / "other")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(other))
    monkeypatch.setattr(tls, "is_used", lambda _: True)
    with pytest.raises(ArchiveError, match="connection to server"):
        archive.run("pg_dump", wanted, "--format=custom", f"--file={tmp_path / 'a.dump'}")


def test_a_server_that_wants_no_tls_is_dumped_as_it_is(
    server: postgres.Server, tmp_path: Path
) -> None:
    dump = tmp_path / "a.dump"
    dsn = server.dsn(postgres.SUPERUSER, "postgres")
    assert not tls.is_used(dsn)
    archive.run("pg_dump", dsn, "--format=custom", f"--file={dump}")
    assert dump.read_bytes()[:5] == b"PGDMP"

"""Connections to SFTP servers: who we are, whom we trust, and how long we wait."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import paramiko

from throughline.transports.address import Address, SourceUnavailable

TIMEOUT_S = 20.0
# After this long without an answer, the server counts as gone.
SILENCE_S = 60.0


def session(client: paramiko.SSHClient, address: Address) -> paramiko.SFTPClient:
    """Start SFTP on a connection; disconnects if the server does not answer."""
    watch = threading.Timer(SILENCE_S, client.close)
    watch.daemon = True
    watch.start()
    try:
        transport = client.get_transport()
        if transport is None:
            raise paramiko.SSHException
        channel = transport.open_session(timeout=TIMEOUT_S)
        channel.settimeout(SILENCE_S)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
    finally:
        watch.cancel()


def connected(
    address: Address, attempts: int, sleep: Callable[[float], None]
) -> paramiko.SSHClient:
    """Return a connection to the server of an address. Raises `SourceUnavailable`."""
    for attempt in range(1, attempts + 1):
        client = paramiko.SSHClient()
        _trust(client, address)
        try:
            client.connect(
                address.host,
                port=address.port or 22,
                username=address.login,
                password=address.password or None,
                timeout=TIMEOUT_S,
                banner_timeout=TIMEOUT_S,
                auth_timeout=TIMEOUT_S,
                allow_agent=False,
                look_for_keys=False,
                **_key(address),
            )
            return client
        except (OSError, EOFError, paramiko.SSHException) as error:
            client.close()
            certain = isinstance(
                error, paramiko.AuthenticationException | paramiko.BadHostKeyException
            )
            if certain or attempt == attempts:
                raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
            sleep(0.5 * 2 ** (attempt - 1))
    raise SourceUnavailable(f"{address.name}: no attempt was made")


def _key(address: Address) -> dict[str, Any]:
    """Return the private key of the address, if there is one; `private_key_passphrase` of its extra opens it."""
    text = address.private_key
    if not text:
        return {}
    import io

    passphrase = address.extra.get("private_key_passphrase")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key = kind.from_private_key(
                io.StringIO(text), password=str(passphrase) if passphrase else None
            )
        except paramiko.PasswordRequiredException:
            raise SourceUnavailable(
                f"{address.name}: the private key needs its private_key_passphrase"
            ) from None
        except (paramiko.SSHException, ValueError):
            continue
        return {"pkey": key}
    raise SourceUnavailable(
        f"{address.name}: the private key has an unknown type, or another passphrase"
    )


def _trust(client: paramiko.SSHClient, address: Address) -> None:
    if str(address.extra.get("no_host_key_check", "false")).lower() in ("true", "1", "yes"):
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        return
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    key = stated_key(address)
    if key is None:
        client.load_system_host_keys()
        return
    port = address.port or 22
    host = address.host if port == 22 else f"[{address.host}]:{port}"
    client.get_host_keys().add(host, key.get_name(), key)


def stated_key(address: Address) -> paramiko.PKey | None:
    """Return the host key that an address states, if it does. Raises `SourceUnavailable` if it is none."""
    stated = str(address.extra.get("host_key", "")).split()
    if not stated:
        return None
    encoded = stated[1] if len(stated) > 1 else stated[0]
    try:
        raw = base64.b64decode(encoded)
        length = int.from_bytes(raw[:4], "big")
        kind = raw[4 : 4 + length].decode("ascii")
        return paramiko.PKey.from_type_string(kind, raw)
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        raise SourceUnavailable(f"{address.name}: host_key: {type(error).__name__}") from None

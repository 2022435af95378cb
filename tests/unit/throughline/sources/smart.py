"""SMART backend services of a test: a key, the address of a server that wants tokens, and tokens."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.unit.throughline.sources.servers import Answer, Web
from throughline.transports.address import Address

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem(key: PrivateKey) -> str:
    """A private key as an Airflow connection has it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


KEY = ec.generate_private_key(ec.SECP384R1())
PEM = pem(KEY)


def smart(web: Web, **more: Any) -> Address:
    """The address of a server that wants tokens."""
    return web.address(
        extra={"token_url": web.url("/token"), "client_id": "us", "private_key": PEM, **more}
    )


def token(name: str = "t1", seconds: int = 300) -> Answer:
    """A token."""
    return Answer(200, json.dumps({"access_token": name, "expires_in": seconds}).encode())

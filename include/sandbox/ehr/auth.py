"""SMART backend services: a signed assertion for a short-lived access token (HL7 SMART App Launch 2.2)."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import JSONResponse

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM = "ES384"
CLIENT = "throughline"
LIFETIME = 300
"""Seconds that an access token is good for: SMART recommends at most five minutes."""
SCOPE = "system/*.rs system/Task.cruds system/CommunicationRequest.cruds system/Communication.rs"


class Authority:
    """Who may use the EHR: one registered client with its public key. Keys live in ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._private = folder / "client-key.pem"
        secret = folder / "token-secret"
        if not self._private.exists():
            key = ec.generate_private_key(ec.SECP384R1())
            self._write(
                self._private,
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ),
            )
            self._write(secret, secrets.token_hex(32).encode())
        loaded = serialization.load_pem_private_key(self._private.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._public = loaded.public_key()
        self._secret = secret.read_text()
        self._seen: dict[str, float] = {}

    @staticmethod
    def _write(file: Path, content: bytes) -> None:
        file.touch(mode=0o600)
        file.write_bytes(content)

    @property
    def private_key(self) -> str:
        """The client's private key, as PEM: it goes into the client's connection, the server needs the public one."""
        return self._private.read_text()

    async def token(self, request: Request) -> JSONResponse:
        """The token endpoint."""
        form = await request.form()
        if (
            form.get("grant_type") != "client_credentials"
            or form.get("client_assertion_type") != ASSERTION
        ):
            return self._refuse(
                "invalid_request", "client_credentials with a JWT assertion is what works here"
            )
        try:
            claims = jwt.decode(
                str(form.get("client_assertion", "")),
                self._public,
                algorithms=[ALGORITHM],
                leeway=5,
                options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            return self._refuse("invalid_client", type(error).__name__)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims["iss"] != CLIENT or claims["sub"] != CLIENT:
            return self._refuse("invalid_client", "unknown client")
        if not any(str(a).rstrip("/") == str(request.url).rstrip("/") for a in audience):
            return self._refuse("invalid_client", "the audience is another server")
        now = time.time()
        if claims["exp"] > now + LIFETIME + 10:
            return self._refuse("invalid_client", "the assertion lives longer than five minutes")
        self._seen = {jti: until for jti, until in self._seen.items() if until > now}
        if claims["jti"] in self._seen:
            return self._refuse("invalid_client", "the assertion was used before")
        self._seen[claims["jti"]] = float(claims["exp"])
        token = jwt.encode({"sub": CLIENT, "exp": int(now) + LIFETIME}, self._secret, "HS256")
        answer = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": LIFETIME,
            "scope": str(form.get("scope") or SCOPE),
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    @staticmethod
    def _refuse(error: str, why: str) -> JSONResponse:
        return JSONResponse({"error": error, "error_description": why}, 400)

    def allows(self, request: Request) -> bool:
        """Whether a request carries a good access token."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return False
        try:
            jwt.decode(token, self._secret, algorithms=["HS256"])
        except jwt.PyJWTError:
            return False
        return True

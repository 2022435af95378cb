"""SMART backend services: a signed assertion for a short-lived access token (SMART App Launch 2.2).

A server that knows its clients by a secret is asked with that (RFC 6749, 4.4).
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Answer, HttpClient
from throughline.transports.patience import REAL, Clock, Patience

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# SMART: an assertion lives five minutes at most.
ASSERTION_LIFETIME_S = 240
# A token is renewed this long before it expires, so that it cannot expire in transit.
MARGIN_S = 30.0
PATIENCE = Patience(attempts=4, longest_wait_s=10.0)
READS = "system/*.rs"
WRITES = "system/CommunicationRequest.crs system/Task.crs"
"""The scopes (SMART App Launch 2.2) to read what a server has, and to send it work and look up what was sent."""
LONGEST = 300
"""How many characters of a server's words are kept."""


def algorithm_of(pem: str) -> str:
    """Return the signing algorithm for a private key: ES384 or RS384, the two that SMART requires."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise SourceUnavailable(f"the private key cannot be read: {type(error).__name__}") from None
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS384"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return "ES384"
    raise SourceUnavailable("the private key is neither RSA nor on curve P-384")


def oauth_words(body: bytes) -> str:
    """Return what a server says of a token that it does not give (RFC 6749, 5.2), as one line; empty if nothing."""
    try:
        answer = json.loads(body)
        said = [str(answer[key]) for key in ("error", "error_description") if answer.get(key)]
    except (ValueError, AttributeError, TypeError, KeyError):
        return ""
    line = "".join(each for each in " ".join(": ".join(said).split()) if each.isprintable())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def scope_of(address: Address, without: str = READS) -> str:
    """Return the scopes that are asked for: `scope` of the extra, or else those given here."""
    return str(address.extra.get("scope") or without)


class BackendService:
    """Provides the headers of authorised requests, and renews the token before it expires.

    Threads share it: one requests the token while the others wait.
    """

    def __init__(
        self,
        address: Address,
        clock: Clock = REAL,
        patience: Patience | None = None,
        scope: str = READS,
    ) -> None:
        self._address, self._scope = address, scope
        self._patience = patience or PATIENCE
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        self.granted = ""
        """The scopes that the server gave with the last token, if it said them."""

    def __call__(self) -> Mapping[str, str]:
        """Return the headers of a request. Raises `SourceUnavailable` if the server gives no token."""
        if not self._address.extra.get("token_url"):
            return {}
        with self._lock:
            if time.monotonic() >= self._until:
                self._renew()
            return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> bool:
        """Drop a token that the server no longer accepts; returns False if there is none."""
        self._until = 0.0
        return bool(self._address.extra.get("token_url"))

    def _ask(self, url: str) -> Answer:
        """Request a token, and retry while that may help, with a new assertion each time."""
        about = replace(self._address, name=f"{self._address.name}: token")
        with HttpClient(about, authorize=self._login, clock=self._clock) as client:
            return client.post_form(
                url,
                lambda: self._form(url),
                {"Accept": "application/json"},
                patience=self._patience,
            )

    def _form(self, url: str) -> dict[str, str]:
        """Return the form of a token request; a server accepts an assertion (`jti`) only once."""
        address, extra = self._address, self._address.extra
        form = {"grant_type": "client_credentials", "scope": scope_of(address, self._scope)}
        if extra.get("client_secret"):
            return form
        pem = address.private_key or address.password
        client_id = str(extra.get("client_id") or address.login)
        algorithm = str(extra.get("algorithm") or algorithm_of(pem))
        now = int(time.time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": url,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + ASSERTION_LIFETIME_S,
        }
        headers = {"kid": str(extra["key_id"])} if extra.get("key_id") else None
        try:
            assertion = jwt.encode(claims, pem, algorithm=algorithm, headers=headers)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise SourceUnavailable(
                f"{address.name}: no assertion: {type(error).__name__}"
            ) from None
        return {**form, "client_assertion_type": ASSERTION, "client_assertion": assertion}

    def _login(self) -> Mapping[str, str]:
        """Return the header of a client with a secret (RFC 6749, 2.3.1), which some servers want instead of a key."""
        secret = self._address.extra.get("client_secret")
        if not secret:
            return {}
        name = str(self._address.extra.get("client_id") or self._address.login)
        both = f"{quote(name, safe='')}:{quote(str(secret), safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}

    def _renew(self) -> None:
        response = self._ask(str(self._address.extra["token_url"]))
        try:
            answer = response.json()
            token, seconds = answer["access_token"], float(answer.get("expires_in", 300))
        except (ValueError, KeyError, TypeError):
            refused = SourceUnavailable(
                f"{self._address.name}: token: http_{response.status}", response.body
            )
            refused.said = oauth_words(response.body)
            raise refused from None
        self._token, self.granted = str(token), str(answer.get("scope") or "")
        self._until = time.monotonic() + max(1.0, seconds - MARGIN_S)

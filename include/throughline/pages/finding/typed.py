"""What was typed into the search, kept in the browser that typed it, so that its hits have an address of their own.

A name must stand in no address, and going *back* to hits must ask nobody to send a form again. So the answer to the
form sends the browser on to a random address, and leaves what was typed in a cookie of that address alone: encrypted,
with who typed it, for an hour. Nothing is kept on the server, so that any of several API servers shows the hits, before
and after a restart; one with another secret does not, and says so. Another user, browser or address has no cookie
that fits.
"""

from __future__ import annotations

import base64
import json
import secrets

from airflow.configuration import conf
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Request, Response

from throughline.pages.forms import RefusedForm, is_secure, root_of
from throughline.pages.visitor import Visitor

COOKIE = "throughline_search"
SECONDS = 3600
"""How long the hits of a search can be gone back to."""
REFERENCE_BYTES = 16


def keep(response: Response, request: Request, who: Visitor, said: str, reference: str) -> Response:
    """Let the browser keep what was typed, for the address of its hits."""
    told = json.dumps([who.who, reference, said], ensure_ascii=False).encode()
    response.set_cookie(
        COOKIE, _box().encrypt(told).decode(), max_age=SECONDS, path=f"{root_of(request)}/search/{reference}",
        httponly=True, samesite="strict", secure=is_secure(request),
    )  # fmt: skip
    return response


def kept(request: Request, who: Visitor, reference: str) -> str | None:
    """Return what this user typed in this browser for the hits at an address; None if that is over, or never was."""
    try:
        told = json.loads(_box().decrypt(request.cookies.get(COOKIE, "").encode(), ttl=SECONDS))
    except (InvalidToken, ValueError):
        return None
    owner, of, said = told
    return str(said) if (owner, of) == (who.who, reference) else None


def new_reference() -> str:
    """Return a random address for the hits of a search."""
    return secrets.token_urlsafe(REFERENCE_BYTES)


def _box() -> Fernet:
    """Return what encrypts with a key of its own, made from the secret that Airflow's API servers share."""
    secret = str(conf.get("api", "secret_key", fallback=""))
    if not secret:
        raise RefusedForm("this server has no secret to keep a search with")
    key = HKDF(SHA256(), 32, salt=None, info=b"throughline.pages.finding").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))

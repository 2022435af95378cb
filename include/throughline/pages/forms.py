"""The token of a form: it proves that we made the form, for this user and browser, about this thing as it was shown.

Airflow knows a user by a cookie, which a browser also sends with a form of another site. So each form carries a
token, signed with Airflow's secret and bound to the user and to a random cookie of this browser: the signed double
submit of OWASP's Cross-Site Request Forgery Prevention Cheat Sheet (read 2026-11-29). `SameSite` on the cookie is a
second line.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from airflow.configuration import conf
from fastapi import Request, Response
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from throughline.pages.visitor import Visitor

COOKIE = "throughline_form"
SALT = "throughline.pages.forms"
SECONDS = 8 * 3600
"""How long a form may stay open: a working day, as long as a login."""


class RefusedForm(PermissionError):
    """The form was not made by us for this user and browser, or is too old; the message says which."""


@dataclass(frozen=True)
class Forms:
    """Makes and checks the tokens of one user in one browser. `session` is the browser's random cookie."""

    secret: str
    who: str
    session: str

    def token(self, about: str, shown: str = "") -> str:
        """Return the token of a form about a thing; `shown` names the state in which it is shown."""
        return self._signer().dumps([self.who, self.session, about, shown])

    def check(self, token: str, about: str) -> str:
        """Return the state in which the thing was shown. Raises `RefusedForm`."""
        try:
            said = self._signer().loads(token, max_age=SECONDS)
        except SignatureExpired:
            raise RefusedForm("this form is too old") from None
        except BadData:
            raise RefusedForm("this form was not made here") from None
        if (
            not isinstance(said, list)
            or len(said) != 4
            or not all(isinstance(s, str) for s in said)
        ):
            raise RefusedForm("this form was not made here")
        if not _same(said[:3], (self.who, self.session, about)):
            raise RefusedForm("this form was made for another user, browser or page")
        return str(said[3])

    def _signer(self) -> URLSafeTimedSerializer:
        if not self.secret or not self.session:
            raise RefusedForm("this browser keeps no cookie of ours")
        return URLSafeTimedSerializer(self.secret, salt=SALT)


def new_session() -> str:
    """Return a random value for the cookie of a browser."""
    return secrets.token_urlsafe(32)


def _same(said: Sequence[str], expected: Sequence[str]) -> bool:
    """Compare in constant time, whatever differs."""
    equal = [
        hmac.compare_digest(one.encode(), other.encode())
        for one, other in zip(said, expected, strict=True)
    ]
    return all(equal)


def session_of(request: Request) -> str:
    """Return the random value that this browser keeps for its forms; empty if it has none yet."""
    return request.cookies.get(COOKIE, "")


def forms_of(request: Request, who: Visitor, session: str = "") -> Forms:
    """Return what makes and checks the tokens of this user in this browser."""
    secret = str(conf.get("api", "secret_key", fallback=""))
    return Forms(secret, who.who, session or session_of(request))


def with_session(response: Response, request: Request, session: str) -> Response:
    """Give the browser its random value, if it is new."""
    if session != session_of(request):
        response.set_cookie(
            COOKIE, session, path=root_of(request) or "/", httponly=True, samesite="strict",
            secure=is_secure(request),
        )  # fmt: skip
    return response


def is_secure(request: Request) -> bool:
    """Return whether browsers reach these pages by HTTPS alone."""
    return request.url.scheme == "https" or bool(conf.get("api", "ssl_cert", fallback=""))


def own_form(request: Request) -> None:
    """Refuse a form that a browser says another site sent, whatever its token. Raises `RefusedForm`."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedForm("this form was sent by another site")


def root_of(request: Request) -> str:
    """Return the address of the plugin on its host, without a slash at the end."""
    return str(request.scope.get("root_path", "")).rstrip("/")

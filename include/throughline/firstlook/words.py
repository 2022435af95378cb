"""What an answer of a web server means, in words."""

from __future__ import annotations

from throughline.sources.fhir.bulk.errors import words
from throughline.transports.https import Answer

MEANT = {
    400: "does not understand the request",
    401: "does not accept the login",
    403: "does not allow it",
    404: "has nothing at this address",
    405: "does not offer this",
    406: "does not offer FHIR JSON",
    410: "has it no more",
    422: "refuses the request",
    429: "is asked too often",
    501: "does not offer this",
}


def meant(status: int, said: str = "") -> str:
    """Return what a status says, with the server's own words."""
    told = MEANT.get(status, "fails" if status >= 500 else "answers")
    return f"{told} ({status})" + (f": {said}" if said else "")


def said_of(answer: Answer) -> str:
    """Return an answer's status in words, with what it says: only of what names no patient."""
    return meant(answer.status, words(answer.body))


def is_page(body: bytes) -> bool:
    """Return whether a page for people came instead of data: of a proxy, a login or another server."""
    begin = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return begin.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))

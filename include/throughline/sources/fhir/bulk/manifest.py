"""The manifest of an export: which files it has, and the pages that a server splits it into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

from throughline.sources.fhir.ndjson import FEED_OF_TYPE
from throughline.transports.https import Answer

LISTS = ("output", "deleted", "error")


class UnreadableManifest(ValueError):
    """A manifest, or a page of it, is not one."""


@dataclass(frozen=True)
class ManifestFile:
    """One file of a manifest; `count` is its number of lines, or None if the server does not say."""

    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Manifest:
    """The manifest of an export, which is complete up to `transaction_time`.

    If files need no token, none is sent: another server may hold them and reject it.
    """

    transaction_time: str
    needs_token: bool = True
    output: list[ManifestFile] = field(default_factory=list)
    deleted: list[ManifestFile] = field(default_factory=list)
    error: list[ManifestFile] = field(default_factory=list)

    def with_page(self, page: Manifest) -> Manifest:
        """Return this manifest with the files of its next page.

        A page states the same as the first about time and token. Raises `UnreadableManifest` if it
        does not, because it belongs to another export.
        """
        if (page.transaction_time, page.needs_token) != (self.transaction_time, self.needs_token):
            raise UnreadableManifest("a page of the manifest contradicts the first")
        return replace(
            self,
            output=self.output + page.output,
            deleted=self.deleted + page.deleted,
            error=self.error + page.error,
        )


_TYPES = {name.lower(): name for name in FEED_OF_TYPE}


def _type(said: Any) -> str:
    """Return a type as FHIR writes it: one in other letters would be left out in silence."""
    return _TYPES.get(str(said).lower(), str(said))


def _count(said: Any) -> int | None:
    """Return a number of lines, also of a server that writes numbers as text, or None."""
    text = "" if isinstance(said, bool) else str(said).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def parse(answer: Answer, url: str) -> tuple[Manifest, str | None]:
    """Return the manifest in an answer from `url`, and the address of its next page, if there is one.

    Addresses are made absolute. Raises `UnreadableManifest`, also for files whose type is not stated,
    because they would be left out in silence.
    """

    def files(raw: Any) -> list[ManifestFile]:
        return [
            ManifestFile(
                _type(entry.get("type", "")),
                urljoin(url, entry["url"]) if entry["url"] else "",
                _count(entry.get("count")),
            )
            for entry in raw or []
        ]

    try:
        body = answer.json()
        found = Manifest(
            str(body["transactionTime"]),
            str(body.get("requiresAccessToken")).lower() not in ("false", "0"),
            *(files(body.get(name)) for name in LISTS),
        )
        links = body.get("link") or []
        links = [links] if isinstance(links, dict) else links
        following = [link for link in links if link.get("relation", link.get("rel")) == "next"]
        next_page = urljoin(url, str(following[0]["url"])) if following else None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnreadableManifest("the manifest cannot be read") from None
    if any(not file.type for file in found.output):
        raise UnreadableManifest("the manifest does not say which types its files hold")
    return found, next_page

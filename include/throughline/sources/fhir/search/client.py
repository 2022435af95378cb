"""A client that searches a FHIR server: what it can be asked, pages of matches, and deletions."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import msgspec

from throughline.sources.fhir.bulk.client import MOST_PAGES, patience_of
from throughline.sources.fhir.client import ServerClient
from throughline.sources.fhir.search.capability import Capability, capability
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Answer
from throughline.transports.patience import REAL, Clock
from throughline.transports.redirects import is_same_origin

FHIR_JSON = "application/fhir+json"
PAGE = 200
"""How many matches of a page are asked for; a server may send fewer."""


class NotSearchable(SourceUnavailable):
    """The server does not offer this search."""


class Ignored(NotSearchable):
    """The server does not use the parameter that the search is about, and would give everything."""


class _Mode(msgspec.Struct):
    mode: str = "match"


class _Change(msgspec.Struct):
    method: str = ""
    url: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    search: _Mode | None = None
    request: _Change | None = None


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    link: list[_Link] = []
    entry: list[_Entry] = []


class _Issue(msgspec.Struct):
    severity: str = ""


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""
    issue: list[_Issue] = []


_BUNDLE = msgspec.json.Decoder(_Bundle)
_RESOURCE = msgspec.json.Decoder(_Resource)


@dataclass
class Found:
    """What one search has found; `is_complete` is False if the server reports an error among it."""

    matches: list[bytes] = field(default_factory=list)
    is_complete: bool = True


class Searcher(ServerClient):
    """A client of one server's searches; counts its `requests`. Use it as a context manager."""

    def __init__(self, address: Address, *, clock: Clock = REAL) -> None:
        self._patience = patience_of(address)
        super().__init__(address, clock=clock, patience=self._patience)
        self.requests = 0

    def _get(self, path: str, params: Mapping[str, Any]) -> Answer:
        self.requests += 1
        headers = {"Accept": FHIR_JSON, "Prefer": "handling=strict"}
        answer = self._http.get(path, params, headers, patience=self._patience, follow=True)
        if answer.status == 200:
            return answer
        reason = f"{self._name}: search: http_{answer.status}"
        if answer.status in (400, 404, 405, 406, 410, 422, 501):
            raise NotSearchable(reason, answer.body)
        raise SourceUnavailable(reason, answer.body)

    def capability(self) -> Capability:
        """Return what the server says it can be asked. Raises `SourceUnavailable`."""
        answer = self._get("metadata", {})
        return capability(answer.body, self._name, _time_of(answer))

    def search(self, kind: str, params: Mapping[str, Any], must_use: str = "") -> Iterator[Found]:
        """Yield the pages of a search: matches of the type as they came, without what is included.

        With `must_use`, the server has to say that it used this parameter: one that it ignores would
        give everything. Raises `NotSearchable`, `NotYet` and `SourceUnavailable`.
        """
        for number, bundle in enumerate(self._pages(kind, {"_count": PAGE, **params})):
            if must_use and number == 0 and not _used(bundle, must_use):
                raise Ignored(f"{self._name}: search: {must_use} was ignored")
            found = Found()
            for entry in bundle.entry:
                if not len(memoryview(entry.resource)):
                    continue
                head = _RESOURCE.decode(entry.resource)
                if head.resource_type == "OperationOutcome":
                    severe = any(issue.severity in ("error", "fatal") for issue in head.issue)
                    found.is_complete = found.is_complete and not severe
                elif head.resource_type == kind and (entry.search or _Mode()).mode != "include":
                    found.matches.append(msgspec.json.format(bytes(entry.resource), indent=-1))
            yield found

    def deleted(self, kind: str, since: str) -> list[str]:
        """Return the ids of a type that were deleted since, and not created again.

        Raises `NotSearchable`, `NotYet` and `SourceUnavailable`.
        """
        newest: dict[str, bool] = {}
        for bundle in self._pages(f"{kind}/_history", {"_count": PAGE, "_since": since}):
            for entry in bundle.entry:
                change = entry.request or _Change()
                url = change.url or entry.full_url
                parts = urlsplit(url).path.partition("/_history")[0].split("/")
                # a history lists the newest change first (FHIR R4, 3.1.0.10)
                newest.setdefault(parts[-1], change.method == "DELETE")
        return [one for one, is_gone in newest.items() if is_gone and one]

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[_Bundle]:
        url, seen = f"{self._http.address.base_url}/{path}", set[str]()
        more: Mapping[str, Any] = params
        while True:
            answer = self._get(url, more)
            try:
                bundle = _BUNDLE.decode(answer.body)
                if bundle.resource_type != "Bundle":
                    raise ValueError(bundle.resource_type)
                yield bundle
            except (msgspec.DecodeError, ValueError):
                raise SourceUnavailable(f"{self._name}: search: no Bundle came") from None
            following = [link.url for link in bundle.link if link.relation == "next"]
            if not following:
                return
            url, more = self._next(url, following[0]), {}
            if url in seen or len(seen) > MOST_PAGES:
                raise SourceUnavailable(f"{self._name}: search: the pages have no end")
            seen.add(url)

    def _next(self, url: str, link: str) -> str:
        """Return the address of the next page, at the server that we know.

        Behind a proxy, a server often names itself wrongly: without TLS, with a port too many, or by
        an inner name. Our token is not for another host, and a page left out would be lost in silence.
        """
        base = self._http.address.base_url
        there = urljoin(url, link)
        if is_same_origin(base, there):
            return there
        parts, own = urlsplit(there), urlsplit(base)
        if link and (parts.path == own.path or parts.path.startswith(f"{own.path}/")):
            return f"{own.scheme}://{own.netloc}{parts.path}?{parts.query}"
        raise SourceUnavailable(f"{self._name}: search: the next page is at another server")


def _used(bundle: _Bundle, param: str) -> bool:
    """Return whether the `self` link names a parameter; without that link, whether nobody can tell."""
    own = next((link.url for link in bundle.link if link.relation == "self"), None)
    if own is None:
        return True
    names = {
        name.partition(":")[0] for name in parse_qs(urlsplit(own).query, keep_blank_values=True)
    }
    return param in names


def _time_of(answer: Answer) -> datetime:
    """Return the server's time, by the header of an answer, or ours."""
    try:
        at = email.utils.parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)

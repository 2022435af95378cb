"""A FHIR server that is searched: it has what it is given, and offers what it is told to."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.throughline.sources.servers import Answer, Seen, Web

NOW = "Fri, 04 Sep 2026 05:00:00 GMT"


class Searched:
    """Resources with `meta.lastUpdated`, and search parameters by type; deletions as (type, id, time).

    `answers` go before what it would say by itself, by the start of the path. `rename` changes the
    link to the next page; `ignored` parameters are taken and not used.
    """

    def __init__(self, web: Web) -> None:
        self.web = web
        web.respond = self
        self.resources: list[dict[str, Any]] = []
        self.deleted: list[tuple[str, str, str]] = []
        self.params: dict[str, list[str]] = {}
        self.interactions: dict[str, list[str]] = {}
        self.answers: dict[str, deque[Answer]] = {}
        self.ignored: set[str] = set()
        self.extra: list[dict[str, Any]] = []
        self.size = 100
        self.rename: Callable[[str], str] = str
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        path, query = parts.path.strip("/"), parse_qs(parts.query)
        self.asked.append((path, query))
        for start, queue in self.answers.items():
            if path.startswith(start) and queue:
                return queue.popleft()
        if path == "metadata":
            return self._json(self._statement())
        kind, _, rest = path.partition("/")
        if rest == "_history":
            return self._json(self._history(kind))
        return self._search(kind, query, parts.query)

    def _json(self, body: dict[str, Any]) -> Answer:
        return Answer(200, json.dumps(body, indent=2).encode(), {"Date": NOW})

    def _statement(self) -> dict[str, Any]:
        resource = [
            {
                "type": kind,
                "interaction": [
                    {"code": code} for code in self.interactions.get(kind, ["search-type"])
                ],
                "searchParam": [{"name": name, "type": "token"} for name in params],
            }
            for kind, params in self.params.items()
        ]
        return {
            "resourceType": "CapabilityStatement",
            "rest": [{"mode": "client"}, {"mode": "server", "resource": resource}],
        }

    def _search(self, kind: str, query: dict[str, list[str]], text: str) -> Answer:
        for name in query:
            if name not in ("_count", "page") and name not in self.params.get(kind, []):
                return Answer(400, b'{"resourceType": "OperationOutcome"}')
        found = [one for one in self.resources if one["resourceType"] == kind]
        used = {name: values for name, values in query.items() if name not in self.ignored}
        for bound in used.get("_lastUpdated", []):
            at = bound[2:]
            found = [
                one
                for one in found
                if (one["meta"]["lastUpdated"] >= at) == (bound[:2] == "ge")
                or one["meta"]["lastUpdated"] == at
            ]
        if "patient" in used:
            [wanted] = used["patient"]
            found = [one for one in found if one["for"]["reference"] == f"Patient/{wanted}"]
        page = int(query.get("page", ["0"])[0])
        entry: list[dict[str, Any]] = [
            {"resource": one, "search": {"mode": "match"}}
            for one in found[page * self.size : (page + 1) * self.size]
        ]
        kept = "&".join(p for p in text.split("&") if p.partition("=")[0] not in self.ignored)
        link = [{"relation": "self", "url": self.web.url(f"/{kind}?{kept}")}]
        if len(found) > (page + 1) * self.size:
            text = "&".join(p for p in text.split("&") if not p.startswith("page="))
            url = self.rename(self.web.url(f"/{kind}?{text}&page={page + 1}"))
            link.append({"relation": "next", "url": url})
        return self._json(
            {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": len(found),
                "link": link,
                "entry": entry + self.extra,
            }
        )

    def _history(self, kind: str) -> dict[str, Any]:
        changes = [
            (one["meta"]["lastUpdated"], "PUT", one["id"])
            for one in self.resources
            if one["resourceType"] == kind
        ]
        changes += [(at, "DELETE", one) for of, one, at in self.deleted if of == kind]
        entry = [
            {"fullUrl": self.web.url(f"/{kind}/{one}"), "request": {"method": method, "url": f"{kind}/{one}"}}
            for _, method, one in sorted(changes, reverse=True)
        ]  # fmt: skip
        return {"resourceType": "Bundle", "type": "history", "entry": entry}


def task(number: str, at: str, patient: str = "p1") -> dict[str, Any]:
    """A task of a patient, last updated at a time."""
    return {
        "resourceType": "Task",
        "id": number,
        "meta": {"lastUpdated": at},
        "status": "requested",
        "for": {"reference": f"Patient/{patient}"},
    }

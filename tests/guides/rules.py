"""Takes from a clone of a guide the rules that it addresses to clients.

A rule is a sentence with SHALL or SHOULD whose subject is a client, or something that a client makes: a
request, a query, an exchange. What it says to servers is left out. A rule that two versions share is
listed once.
"""

from __future__ import annotations

import hashlib
import html
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KEYWORD = re.compile(r"\b(SHALL NOT|SHOULD NOT|SHALL|SHOULD|MUST NOT|MUST)\b")
CLIENTS = re.compile(
    r"\b(clients?|implementers|requests?|exchanges|query|parameters"
    r"|authentication JWT|each JWK|backend services?|this time|this identifier)\b",
    re.I,
)
SERVERS = re.compile(r"\b(servers?|providers?|responses?|files|manifest|url)\b", re.I)
# What only a server can do, said in the passive voice.
BY_SERVERS = re.compile(
    r" (be (populated|returned|set|used as a point)|respond|reflect|filter|require)"
)
PAGE = "input/pagecontent/export.md"
PAGES = (PAGE,)
"""The pages of a guide that state rules, by their paths in its repository."""


@dataclass(frozen=True)
class Rule:
    """One rule; `about` is the heading or the item of a list under which it stands."""

    versions: tuple[str, ...]
    keyword: str
    about: str
    text: str

    @property
    def key(self) -> str:
        """A short name that stays while the rule does."""
        return hashlib.sha256(f"{self.about}|{self.text}".encode()).hexdigest()[:8]


def of(
    clone: Path,
    revisions: dict[str, str],
    pages: tuple[str, ...] = PAGES,
    *,
    is_wrapped: bool = False,
) -> list[Rule]:
    """Return the rules of several versions, by version and revision, in the order of the guide.

    The sentences of a wrapped guide go on from line to line.
    """
    found: dict[tuple[str, str], Rule] = {}
    for version, revision in revisions.items():
        texts = [_page(clone, revision, page) for page in pages]
        texts = [_unwrapped(text) for text in texts] if is_wrapped else texts
        sentences = (each for text in texts for each in _sentences(text))
        for about, text in sentences:
            keyword = _addressed(text)
            if keyword is not None:
                before = found.get((about, text))
                versions = (*(before.versions if before else ()), version)
                found[about, text] = Rule(tuple(dict.fromkeys(versions)), keyword, about, text)
    return list(found.values())


def _page(clone: Path, revision: str, page: str) -> str:
    command = ["git", "-C", str(clone), "show", f"{revision}:{page}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _unwrapped(page: str) -> str:
    """Join the lines of each paragraph and of each item of a list."""
    whole: list[str] = []
    for line in page.splitlines():
        begins = not line.strip() or re.match(r"\s*(#|[-*] |\d+\. |<t|</t|<p|```|\{|\|)", line)
        if whole and not begins and whole[-1].strip() and not whole[-1].startswith(("#", "```")):
            whole[-1] += f" {line.strip()}"
        else:
            whole.append(line)
    return "\n".join(whole)


def _sentences(page: str) -> Iterator[tuple[str, str]]:
    """Yield each sentence of a page as plain text, with what it is about."""
    page = re.sub(r"```.*?```", "", page, flags=re.S)
    page = re.sub(
        r"<br\s*/?>|</(td|p|li|h\d|code)>", lambda m: "" if "code" in m[0] else "\n", page
    )
    page = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", html.unescape(re.sub(r"<[^>]+>", "", page)))
    about = ""
    for line in (line.strip() for line in page.splitlines()):
        if line.startswith("#"):
            about = line.strip("# ")
        elif item := re.fullmatch(r"- `([\w-]+)` \([^)]*\)", line):
            about = item[1]
        elif re.fullmatch(r"_?[a-zA-Z]+", line) and len(line) < 30 and line.startswith("_"):
            about = line
        else:
            for text in re.split(r"(?<=[.;])\s+(?=[A-Z`])", line.lstrip("-* ")):
                yield about, text.replace("`", "").strip()


def _addressed(text: str) -> str | None:
    """Return the keyword of a rule for clients: its subject stands before it, and no server between."""
    for match in KEYWORD.finditer(text):
        start = max(text.rfind(mark, 0, match.start()) for mark in (",", ";", " and the ", " but "))
        subject = text[max(start, 0) : match.start()]
        if not CLIENTS.search(subject):
            subject = text[: match.start()]
        if BY_SERVERS.match(text[match.end() :]):
            continue
        if text.startswith("All exchanges"):
            return match[1]
        last_client = max((m.start() for m in CLIENTS.finditer(subject)), default=-1)
        last_server = max((m.start() for m in SERVERS.finditer(subject)), default=-1)
        if last_client > last_server:
            return match[1]
    return None

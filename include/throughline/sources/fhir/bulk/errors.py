"""What a server says it could not export: OperationOutcome resources, in files or in a refusal."""

from __future__ import annotations

import re

import orjson

from throughline.sources.fhir.ndjson import FEED_OF_TYPE

SEVERE = ("error", "fatal")


# Codes of `issue-type` for what may pass; a server that failed for good may still say `exception`.
PASSING = frozenset({"transient", "throttled", "lock-error", "timeout"})


def is_final(body: bytes) -> bool:
    """Return whether an OperationOutcome reports a failure that does not pass."""
    try:
        issues = orjson.loads(body).get("issue", [])
        codes = [issue.get("code") for issue in issues if issue.get("severity") in SEVERE]
    except (ValueError, AttributeError, TypeError):
        return False
    return bool(codes) and not PASSING & set(codes)


def named_in(line: bytes, *, is_refusal: bool = False) -> set[str] | None:
    """Return the feeds that the errors of an OperationOutcome name in their expression or at the start
    of their text; in a refusal, also by a type in quotes. None if one of them names none.
    """
    try:
        named: set[str] = set()
        for issue in orjson.loads(line).get("issue", []):
            if issue.get("severity") not in SEVERE:
                continue
            words = [str(e).partition(".")[0] for e in issue.get("expression", [])]
            text = str(issue.get("diagnostics", "") or (issue.get("details") or {}).get("text", ""))
            first = re.split(r"[^A-Za-z]", text, maxsplit=1)[0]
            quoted = re.findall(r"[\"'`]([A-Za-z]+)[\"'`]", text)
            known = {w for w in [first, *(quoted if is_refusal else [])] if w in FEED_OF_TYPE}
            if not words and not known:
                return None
            named |= {FEED_OF_TYPE[word] for word in [*words, *known] if word in FEED_OF_TYPE}
    except (ValueError, AttributeError, TypeError):
        return None
    return named


LONGEST = 300
"""How many characters of a server's words are kept."""


def words(body: bytes) -> str:
    """Return what the errors of an OperationOutcome say, as one line; empty if it is none or says nothing.

    Only for answers to what names no patient: a server may repeat what it was asked.
    """
    try:
        said = [
            str(issue.get("diagnostics") or (issue.get("details") or {}).get("text") or "")
            for issue in orjson.loads(body).get("issue", [])
            if issue.get("severity") in SEVERE
        ]
    except (ValueError, AttributeError, TypeError):
        return ""
    line = " ".join(" ".join(filter(None, said)).split())
    line = "".join(each for each in line if each.isprintable())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"

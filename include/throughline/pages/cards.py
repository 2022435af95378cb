"""The claims of a batch as HTML, one card for each.

A batch may have 500, with some thirty values each: a template, which looks up and escapes each value by itself, took a
third of the page's time for them. Here as there, everything that a record says is escaped. The cards of a list that is
opened again are kept by its digest, which is over all that they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from markupsafe import Markup

from throughline.programs.kept import Kept
from throughline.tasks import claim_words as k
from throughline.tasks.listed import KEPT, KEPT_SECONDS, Listed
from throughline.told import times, words

Claim = Mapping[str, Any]
_kept: Kept[tuple[str, str], Markup] = Kept(KEPT, KEPT_SECONDS)


def cards_of(listed: Listed, root: str) -> Markup:
    """Return the cards of a list's claims, as `cards` does; those of the last few lists are kept."""
    return _kept.get((listed.digest, root), lambda: cards(listed.claims, root))


def forget() -> None:
    """Forget the cards that are kept."""
    _kept.forget()


def cards(claims: Iterable[Claim], root: str) -> Markup:
    """Return the cards of claims, numbered from 1. `root` is the address of the plugin on its host."""
    return Markup("".join(_card(number, one, root) for number, one in enumerate(claims, 1)))  # noqa: S704 - escaped


def _card(number: int, claim: Any, root: str) -> str:
    who, days = claim["patient"], claim["service_on"]
    meta = [f"born {times.days(who['birth_date'])}", f"member {who['member']}"]
    if who.get("record"):
        meta.append(f"record {who['record']}")
    meta.append(k.address(claim))
    told = f"{times.days(', '.join(days))} at {k.place(claim)}, by {k.practitioner(claim)}"
    lines = "".join(_line(line, days) for line in claim["lines"])
    cases = "".join(_case(case, root) for case in claim["cases"])
    return (
        f'<li class="card">\n<h3>{number}. {escape(k.name(who))}, {escape(claim["charge"])}</h3>\n'
        f'<p class="meta">{_spans(meta)}</p>\n<p>{escape(told)}</p>\n<ul class="lines">\n{lines}</ul>\n'
        f'<p class="small">Claim <code>{escape(claim["number"])}</code>, {escape(k.kind(claim))}</p>\n{cases}</li>\n'
    )


def _line(line: Any, days: list[str]) -> str:
    on = "" if days == [line["service_on"]] else _spans([f"on {times.days(line['service_on'])}"])
    return (
        f"<li><b>{escape(k.code(line))}</b>{_spans([k.count(line['units'], 'unit')])}"
        f'<span class="sum">{escape(line["charge"])}</span>'
        f"{_spans(['for ' + (', '.join(line['diagnoses']) or 'no diagnosis')])}{on}</li>\n"
    )


def _case(case: Any, root: str) -> str:
    said = [k.proof(one) for one in case["proofs"]]
    said += [f"asked: {k.question(one)}" for one in case["asked"]]
    # what a person wrote stays as it was written
    said = [times.days(one) for one in said]
    said += [
        f"decided: {k.decision({**one, 'on': times.days(one['on'])})}" for one in case["decided"]
    ]
    listed = "".join(f"<li>{escape(one)}</li>\n" for one in said)
    number = escape(case["case"])
    return (
        f'<p>{escape(words.title(case["workflow"]))}, <a href="{escape(root)}/case/{number}">'
        f"case <code>{number}</code></a>,"
        f" since {escape(times.days(case['began']))}: <b>{escape(k.expects(case))}</b></p>\n"
        f'<ul class="small">\n{listed}</ul>\n'
    )


def _spans(texts: Iterable[str]) -> str:
    return "".join(f"<span>{escape(text)}</span>" for text in texts)

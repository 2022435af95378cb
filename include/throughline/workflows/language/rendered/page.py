"""The page as a whole: its parts in the order in which an owner reads them, as HTML and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from throughline.workflows.language.expanded import Workflow
from throughline.workflows.language.rendered import (
    as_html,
    as_markdown,
    ends,
    facts,
    money,
    opening,
    reading,
    stages,
)
from throughline.workflows.language.rendered.phrases import Phrases, spaced
from throughline.workflows.language.rendered.picture import about, picture
from throughline.workflows.language.rendered.times import Telling
from throughline.workflows.language.rendered.told import (
    Block,
    Fields,
    Items,
    Page,
    Picture,
    Section,
    Told,
    told,
)


def html(workflow: Workflow, phrases: Phrases) -> str:
    """Return the page of a workflow as a whole document in HTML, with everything it needs inside it."""
    return as_html.document(page(workflow, phrases))


def markdown(workflow: Workflow, phrases: Phrases) -> str:
    """Return the page of a workflow as Markdown (GitHub's, for its tables)."""
    return as_markdown.text(page(workflow, phrases))


def page(workflow: Workflow, phrases: Phrases) -> Page:
    """Return the page of a workflow: everything that its definition says."""
    telling = Telling(workflow, phrases)
    return Page(workflow.title or spaced(workflow.workflow), tuple(_blocks(telling)))


def _blocks(telling: Telling) -> Iterator[Block]:
    workflow = telling.workflow
    yield _signed(telling)
    yield _section("In short", [Picture(picture(telling), about(telling))])
    yield _section("What opens a case", _listed(opening.opens(telling)))
    yield _section("For whom", opening.for_whom(telling))
    yield _section("Stages", [stages.overview(telling), stages.asked(), *stages.each(telling)])
    yield _section("How a case ends early", ends.ends(telling))
    yield _section("What may be billed", money.bills(telling))
    yield _section("Standing rules for every case", ends.standing(telling))
    yield _section("How to read this page", _listed(reading.rules(telling)))
    yield _section("What the names mean", _names(telling))
    used = {**workflow.facts, **workflow.standing["facts"]}
    sets = facts.value_sets(used, telling)
    if sets.rows:
        line = Told("Sets of codes, pinned with this version by their checksums.")
        yield _section("Value sets", [line, sets])


def _signed(telling: Telling) -> Block:
    workflow = telling.workflow
    return Fields(
        (
            ("Workflow", told(f"{spaced(workflow.workflow)}, version {workflow.version}")),
            ("Owner, who signs", told(stages.owner({}, telling))),
            ("Source", told(workflow.source or "None stated.")),
            ("SHA-256", told(workflow.sha256)),
            ("Signed by, on", told("")),
        )
    )


def _names(telling: Telling) -> Iterator[Block]:
    workflow = telling.workflow
    yield facts.names(workflow.facts, telling)
    links = facts.linked_by(telling)
    if links.rows:
        yield Section("Links", (links,))
    if workflow.standing["facts"]:
        yield Section(
            "Names of the standing rules", (facts.names(workflow.standing["facts"], telling),)
        )


def _section(title: str, blocks: Iterable[Block]) -> Section:
    return Section(title, tuple(blocks))


def _listed(said: Iterable[Told]) -> Iterator[Block]:
    yield Items(tuple(said))

"""Makes the HTML of a page: one layout, everything escaped, one style, one small script for Airflow's frame."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from throughline.pages import case, people
from throughline.pages.story import clocks
from throughline.pages.visitor import Visitor
from throughline.programs.commands import as_here, in_clone
from throughline.tasks import claim_words, late
from throughline.told import exceptions, times, words

PLACES = (
    ("", "This morning"),
    ("calls", "Calls"),
    ("work", "Work"),
    ("exceptions", "Exceptions"),
    ("claims", "Claims"),
    ("sending", "Sending"),
    ("observed", "Observed"),
    ("nights", "Nights"),
    ("decisions", "Decisions"),
    ("readiness", "What can be known"),
    ("drafts", "Drafts"),
    ("search", "Search"),
)
"""The navigation of the pages: path below the plugin's address, and name."""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the environment of the templates; a value that is not given is an error."""
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader("throughline.pages"), PackageLoader("throughline.told")]
        ),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["days"] = times.days
    made.globals.update(
        here=as_here,
        in_clone=in_clone,
        w=words,
        x=exceptions,
        c=case,
        late_by=clocks,
        late_feed=late.said,
        t=times,
        k=claim_words,
        telephone=people.telephone,
        people=people,
    )
    return made


@lru_cache(maxsize=1)
def script() -> str:
    """Return the script of the pages as it stands in them: the browser may run this one, by its hash."""
    loader = environment().loader
    assert loader is not None
    return loader.get_source(environment(), "pages.js")[0]


def render(
    template: str, visitor: Visitor | None, root: str, place: str = "", **values: object
) -> str:
    """Return a page as HTML.

    `root` is the address of the plugin without a slash at its end, `place` the path of the navigation's
    entry that the page belongs to. Without a visitor, a page says nothing but its own message.
    """
    return environment().get_template(template).render(
        visitor=visitor, root=root, airflow=root.removesuffix("/throughline"), place=place,
        places=PLACES, script=script(), **values,
    )  # fmt: skip

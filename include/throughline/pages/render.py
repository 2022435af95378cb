"""Makes the HTML of a page: one layout, everything escaped, no script, one style."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from throughline.pages import case, people
from throughline.pages.visitor import Visitor
from throughline.tasks import claim_words
from throughline.told import exceptions, words

PLACES = (
    ("", "This morning"),
    ("exceptions", "Exceptions"),
    ("claims", "Claims"),
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
    made.globals.update(w=words, x=exceptions, c=case, k=claim_words, telephone=people.telephone)
    return made


def render(template: str, visitor: Visitor, root: str, place: str = "", **values: object) -> str:
    """Return a page as HTML.

    `root` is the address of the plugin without a slash at its end, `place` the path of the navigation's
    entry that the page belongs to.
    """
    return environment().get_template(template).render(
        visitor=visitor, root=root, airflow=root.removesuffix("/throughline"), place=place,
        places=PLACES, **values,
    )  # fmt: skip

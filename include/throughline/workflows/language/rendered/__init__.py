"""The page of a workflow that its owner signs: everything that the definition says, in sentences.

Read in this order: `told` (what a page is made of), `phrases` (the words for kinds, codes and links), `times` (moments
and windows), `sentences` (conditions), `facts` (what the names mean), `opening`, `stages`, `money`, `ends`, `picture`,
`page` (all of it), `as_html` and `as_markdown`.
"""

from throughline.workflows.language.rendered.as_html import fragment
from throughline.workflows.language.rendered.page import html, markdown
from throughline.workflows.language.rendered.phrases import Phrases, phrases_for, phrases_of

__all__ = ["Phrases", "fragment", "html", "markdown", "phrases_for", "phrases_of"]

"""What is refused in a workflow beyond its structure. Each module yields its problems; none stops at the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from throughline.workflows.language.checks import (
    between,
    money,
    names,
    order,
    proofs,
    windows,
    words,
)
from throughline.workflows.language.expanded import Workflow
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem


def problems(
    workflow: Workflow, written: Any, known: Known, others: Iterable[Workflow] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with an expanded workflow; `written` is its file, `others` the workflows beside it."""
    yield from names.problems(workflow, written, known)
    yield from words.problems(workflow, known)
    yield from words.bill_codes(workflow)
    yield from windows.problems(workflow)
    yield from order.problems(workflow)
    yield from proofs.problems(workflow, known)
    yield from money.problems(workflow, known)
    yield from between.problems(workflow, others)


def of_facts(workflow: Workflow, written: Any, known: Known) -> Iterator[Problem]:
    """Yield what is wrong with the facts of a file that is no workflow: the standard stages, the standing rules."""
    yield from names.unused(written)
    yield from words.of_facts(workflow, known)


__all__ = ["of_facts", "problems"]

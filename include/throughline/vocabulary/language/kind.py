"""What is told of a kind of fact, of a detail, of a link and of a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from throughline.vocabulary.value_sets.systems import canonical, is_known

NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Codes:
    """What `codes` may say of a kind: words of a closed list, codes of some code systems, or entries of another list.

    `systems` are addresses of code systems. `of` names a list of the practice (`visit_type`), the loaded workflows
    (`workflow`), or says in plain words whose codes they are; then any text is let be here.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    of: str = ""

    @property
    def is_closed(self) -> bool:
        """Return whether the words are all that there is."""
        return bool(self.words) and not self.systems and not self.of

    def may_be_of(self, system: str) -> bool:
        """Tell whether a code can be of a code system, by any name of it.

        What is coded in some systems may be coded in one that is not known here, too: a laboratory's own.
        """
        if self.of or canonical(system) in self.systems:
            return True
        return bool(self.systems) and not is_known(system)


def systems(*names: str) -> tuple[str, ...]:
    """Return the addresses of code systems by their short names."""
    return tuple(canonical(name) for name in names)


@dataclass(frozen=True)
class Detail:
    """A word of `where`: what it holds, and the keys of a fact's detail that say it.

    `holds` is `number`, `flag`, `word`, `code`, `text` or `day`. `keys` are those that `sql/evidence` writes; empty
    means its own name. `words` are all that it can be, if that is a closed list.
    """

    holds: str
    meaning: str
    words: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """A link, usable in `same`, `once_per` and `distinct`.

    `keys` are the identifiers and details of a fact that carry it, as `sql/evidence` writes them; without one, no feed
    carries it. `across` says that its ids are compared without their namespace (rule 14).
    """

    meaning: str
    keys: tuple[str, ...] = ()
    across: bool = False


@dataclass(frozen=True)
class Kind:
    """What a definition may say of a kind of fact.

    `worked_out` are details, and `linked_by` slots, that no record carries itself: they follow from other records, each
    with how. `carried` says that a feed carries the kind; if none does, `standard` names the record that would.
    """

    meaning: str
    lasts: bool = False
    details: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    codes: Codes | None = None
    status: tuple[str, ...] = ()
    times: tuple[str, ...] = ("occurred",)
    worked_out: Mapping[str, str] = field(default_factory=dict)
    linked_by: Mapping[str, str] = field(default_factory=dict)
    carried: bool = True
    standard: str = ""

    @property
    def where(self) -> frozenset[str]:
        """Return every word that `where` may use."""
        return frozenset({*self.details, *self.worked_out})

    @property
    def links(self) -> frozenset[str]:
        """Return every slot that a fact of it can have; `record` is one of every kind."""
        return frozenset({*self.slots, *self.linked_by, "record"})


@dataclass(frozen=True)
class Meaning(Kind):
    """A meaning: like a kind, but worked out. `made_of` are the kinds of fact that it is worked out from.

    `needs` are those without which it is never there: of each group at least one has to be carried.
    """

    made_of: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()

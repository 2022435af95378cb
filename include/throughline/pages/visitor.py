"""Who looks at a page: the user whom Airflow knows, with teams and permissions."""

from __future__ import annotations

from dataclasses import dataclass

from throughline.practice import permissions, teams

LONGEST = 512
"""Characters of an id that are kept of who looks or decides, as many as FAB keeps of a user name."""


@dataclass(frozen=True)
class Visitor:
    """A logged-in user. `who` is the id of Airflow's auth manager, `teams` those that list it."""

    who: str
    teams: tuple[str, ...] = ()

    def may(self, what: str) -> bool:
        """Return whether the definitions allow the user something."""
        return permitted(self.who, what)

    @property
    def sees_patients(self) -> bool:
        """Whether pages may show names, telephone numbers and record numbers to the user."""
        return self.may("see_patients")


def permitted(who: str, what: str) -> bool:
    """Return whether a user has a permission; without a billing provider, for one at least."""
    return permissions.may(who, what)


def visitor(who: str) -> Visitor:
    """Return the visitor with this id of Airflow's auth manager. Raises `PermissionError` for what is no id."""
    if not who.strip() or len(who) > LONGEST or not who.isprintable():
        raise PermissionError("a page needs a user")
    return Visitor(who, tuple(name for name, team in teams().items() if who in team.members))

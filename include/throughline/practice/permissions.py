"""Who may do what, as the practice says in `permissions.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from throughline.practice import teams
from throughline.vocabulary import layers, nearest, read
from throughline.vocabulary.words import PERMISSION

ANY = "any"
"""Every billing provider."""

PERMISSIONS = tuple(PERMISSION.words)

SHIPPED = frozenset({"admin", "operator", "biller", "viewer"})
"""The logins of the sandbox, which the definitions of this tree name until a practice names its own people."""

NEEDS_LOGIN = frozenset({"attest_claims", "write_off", "decide_identity", "accept_chain"})
"""What a command does only for somebody who logs in to Airflow: a login of the operating system is not enough."""


@dataclass(frozen=True)
class Permissions:
    """Who may do what: permission to billing NPI, or `any`, to user ids of Airflow's auth manager.

    `four_eyes`: who changed what a claim says does not attest it. `needs_login`: what a command does only
    for somebody who logs in to Airflow.
    """

    who: Mapping[str, Mapping[str, frozenset[str]]]
    four_eyes: bool = False
    needs_login: frozenset[str] = NEEDS_LOGIN


@lru_cache(maxsize=1)
def permissions() -> Permissions:
    """Return this deployment's permissions; cached per process, validated when a night opens."""
    raw = read(layers().file("permissions.yaml")).data
    return Permissions(
        {
            what: {
                npi: frozenset(user for name in names for user in _users(name))
                for npi, names in (of if isinstance(of, dict) else {ANY: of}).items()
            }
            for what, of in raw["may"].items()
        },
        four_eyes=raw["four_eyes"],
    )


def who_may(what: str, *, billing_npi: str | None = None) -> frozenset[str]:
    """Return the user ids that have a permission; without an NPI, for one billing provider at least.

    Raises `ValueError` if there is no such permission.
    """
    if what not in PERMISSIONS:
        raise ValueError(f"{what} is not a permission: the nearest is {nearest(what, PERMISSIONS)}")
    of = permissions().who.get(what, {})
    chosen = of.values() if billing_npi is None else (of.get(ANY, ()), of.get(billing_npi, ()))
    return frozenset(user for users in chosen for user in users)


def may(who: str, what: str, *, billing_npi: str | None = None) -> bool:
    """Return whether a person, a user id of Airflow's auth manager, has a permission.

    A claim is attested for its billing provider, `billing_npi`; without it, for one at least. Raises
    `ValueError` if there is no such permission.
    """
    return who in who_may(what, billing_npi=billing_npi)


def person_of(system_user: str) -> str | None:
    """Return the member of a team whose login of the operating system this is; None if it belongs to nobody."""
    return next(
        (
            member
            for team in teams().values()
            for login, member in team.system_users
            if login == system_user
        ),
        None,
    )


def npi_of(who: str) -> str | None:
    """Return the NPI of a member of a team who is a practitioner, as `teams.yaml` says; None if it says none."""
    return next(
        (npi for team in teams().values() for member, npi in team.npis if member == who), None
    )


def teams_asked(what: str) -> dict[str, str]:
    """Return the team that is asked to do something: the first that has the permission, by billing NPI or `any`.

    A provider for whom only single persons have it is left out.
    """
    said = read(layers().file("permissions.yaml")).data["may"].get(what) or {}
    of = said if isinstance(said, dict) else {ANY: said}
    found = {str(npi): [name for name in names if name in teams()] for npi, names in of.items()}
    return {npi: named[0] for npi, named in found.items() if named}


def shipped_logins() -> frozenset[str]:
    """Return the sandbox's logins that still have a permission: a practice replaces them by its people."""
    return SHIPPED & {
        user for of in permissions().who.values() for users in of.values() for user in users
    }


def _users(name: str) -> tuple[str, ...]:
    """Return the members of a team, or the one person of that id."""
    team = teams().get(name)
    return (name,) if team is None else team.members

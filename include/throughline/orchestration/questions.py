"""What a run of a release DAG asks, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict


class Asked(TypedDict):
    """A question: its text, what it is about, the state of it that is shown, and who may answer."""

    subject: str
    body: str
    about_id: str
    shown: str
    may: list[str]


class Taken(TypedDict):
    """An answer that was recorded: the act, and what it is about."""

    act: str
    about_id: str


@dataclass(frozen=True)
class Run:
    """A run of a DAG that asks: its id, its parameters, and who started it or the night that did."""

    run_id: str
    conf: Mapping[str, Any]
    started_by: str

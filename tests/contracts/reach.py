"""Who reads whom: a step reads its own tables, its neighbour's, and what the steps before it publish.

What reaches further stands in `FURTHER` with its reason. The list may only shrink: an entry that no file needs any
more fails, and so does a read that is not on it.
"""

from __future__ import annotations

NEIGHBOURS: dict[str, set[str]] = {
    "identity": {"core", "identity"},
    "evidence": {"core", "evidence", "identity"},
    "cases": {"evidence", "identity", "cases", "tasks"},
    "tasks": {"cases", "identity", "tasks"},
}
"""By folder of `sql/`: the schemas whose tables it may read, beside `operations` (nights, decisions, exceptions).

`cases` reads the log of tasks, which is an input of the state. `proven` and `told` look at everything by their nature.
"""

FURTHER: dict[tuple[str, str], str] = {
    (
        "cases",
        "core.practitioner",
    ): "who may bill a visit is said of the practitioner, and no fact repeats it",
    ("tasks", "core.charge_item"): "a claim says the clinician's charge, column by column",
    ("tasks", "core.coverage"): "a claim and an inquiry name the member as the coverage does",
    (
        "tasks",
        "core.encounter",
    ): "a claim names place, practitioner and billing provider of the encounter",
    ("tasks", "core.location"): "a claim names the place of service of the location",
    ("tasks", "core.organization"): "a claim names the billing provider",
    ("tasks", "core.patient"): "what is sent names the patient as the receiver's own record does",
    (
        "tasks",
        "core.practitioner",
    ): "a claim names the rendering practitioner, a booking the patient's own",
    ("tasks", "evidence.fact"): "what forbids a contact or a claim is asked again when it is sent",
}
"""By folder and table: why a step reads past its neighbour."""


def further(folder: str, reads: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return what a file of a folder reads past its neighbour, by folder and table."""
    allowed = NEIGHBOURS.get(folder)
    if allowed is None:
        return set()
    return {
        (folder, name)
        for name in reads
        if "." in name and name.partition(".")[0] not in allowed | {"operations"}
    }

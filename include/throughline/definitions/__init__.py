"""Checks all definitions of a practice at once, before anything is started: files, words, and one file against another.

Imports neither Airflow nor what reads or writes a wire format, so that it answers within two seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from throughline.definitions import readiness
from throughline.practice import said_now
from throughline.sources import systems
from throughline.sources.checks import instead, with_line
from throughline.sources.definitions import file_of
from throughline.sources.source import SourceDefinition
from throughline.vocabulary import OURS, DefinitionError, Layers, layers, read, vocabulary
from throughline.vocabulary.files import faults, strangers
from throughline.vocabulary.numbers import is_npi
from throughline.vocabulary.value_sets import faults as of_value_sets
from throughline.workflows.definitions import Workflow, examine

__all__ = ["Checked", "check", "examined"]


PAYS = ("coverage", "eligibility_response")
"""Feeds whose payer decides what a case may do: payers.yaml has to know it."""


@dataclass(frozen=True)
class Checked:
    """What all files say together, and what is wrong with them: `file:line: place: what, and what to write`."""

    folder: Layers
    workflows: list[Workflow] = field(default_factory=list)
    sources: list[SourceDefinition] = field(default_factory=list)
    faults: tuple[str, ...] = ()


def check() -> Checked:
    """Return the definitions of this deployment. Raises `DefinitionError` with every fault, one a line."""
    found = examined()
    if found.faults:
        raise DefinitionError("\n".join(found.faults))
    return found


def examined() -> Checked:
    """Return the definitions of this deployment, with every fault. Raises nothing."""
    try:
        folder = layers()
    except DefinitionError as error:
        return Checked(Layers(OURS), faults=(str(error),))
    words = vocabulary(folder)
    wrong = [] if folder.own is None else list(strangers(folder.own))
    wrong += [*faults(folder, words), *of_value_sets(folder)]
    sources, of_sources = systems.examine()
    workflows, of_workflows = examine(folder, words)
    wrong += [
        *of_sources,
        *_not_there(sources, folder),
        *of_workflows,
        *_numbers_of_ours(workflows),
    ]
    if not wrong:
        wrong += [*_by_hand(workflows, folder), *readiness.unproven(workflows, sources, said_now())]
    return Checked(folder, workflows, sources, tuple(dict.fromkeys(wrong)))


def _by_hand(workflows: list[Workflow], folder: Layers) -> Iterator[str]:
    """Yield stages that are recorded by hand, as the practice says, and that no workflow has."""
    document = read(folder.file("practice.yaml"))
    stages = {
        one.workflow: [each["stage"] for each in one.definition["stages"]] for one in workflows
    }
    for workflow, said in (document.data.get("by_hand") or {}).items():
        if workflow not in stages:
            told = f"there is no workflow {workflow!r}; {instead(workflow, stages)}"
            yield f"{document.at(('by_hand', workflow))}: {told}"
            continue
        for number, stage in enumerate(said):
            if stage not in stages[workflow]:
                told = f"{workflow} has no stage {stage!r}; {instead(stage, stages[workflow])}"
                yield f"{document.at(('by_hand', workflow, number))}: {told}"


def _not_there(sources: list[SourceDefinition], folder: Layers) -> Iterator[str]:
    """Yield payers and billing providers that a source serves and that there cannot be."""
    try:
        payers = read(folder.file("payers.yaml")).data["payers"]
    except (DefinitionError, KeyError, TypeError):
        return
    for one in sources:
        document = read(file_of(one.source))
        for number, payer in enumerate(one.serves.get("payers", ())):
            if payer not in payers:
                told = f"serves/payers/{number}: there is no payer {payer!r} in payers.yaml; {instead(payer, payers)}"
                yield with_line(told, document.name, document.lines)
        for told in _payers_of(one, payers):
            yield with_line(told, document.name, document.lines)
        for number, npi in enumerate(one.serves.get("billing_npi", ())):
            if not is_npi(npi):
                told = f"serves/billing_npi/{number}: {npi!r} is no NPI: its check digit does not fit; look it up"
                yield with_line(told, document.name, document.lines)


def _payers_of(one: SourceDefinition, payers: Mapping[str, object]) -> Iterator[str]:
    """Yield the payers that tables give to records by a lookup or a constant, and that there are not."""
    for name, table in one.conventions.get("tables", {}).items():
        for number, record in enumerate(table["records"]):
            said = record["columns"].get("payer_id")
            if record["feed"] not in PAYS or not isinstance(said, Mapping):
                continue
            at = f"conventions/tables/{name}/records/{number}/columns/payer_id"
            given = [("constant", said["constant"])] if "constant" in said else []
            given += [("lookup", each) for each in said.get("lookup", {}).values()]
            for key, payer in given:
                if payer is not None and str(payer) not in payers:
                    known = instead(payer, payers)
                    yield f"{at}/{key}: there is no payer {payer!r} in payers.yaml; {known}; or add it there"


def _numbers_of_ours(workflows: list[Workflow]) -> Iterator[str]:
    """Yield the practice's workflows that go by a version of ours and say something else."""
    ours = {(one.workflow, one.version): one for one in examine(Layers(OURS), vocabulary(OURS))[0]}
    for one in workflows:
        same = ours.get((one.workflow, one.version))
        if same is not None and same.sha256 != one.sha256:
            yield (
                f"{one.document.at(('version',))}: version {one.version} of {one.workflow} is Throughline's and says"
                f" something else; give yours another number, such as {1000 + one.version}: a registered version never"
                " changes, and ours stay below 1000"
            )

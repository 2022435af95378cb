"""Proofs: something could prove each stage, and no fact proves two of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from throughline.vocabulary import Place
from throughline.vocabulary.language import lacking
from throughline.workflows.language.checks.implied import implies
from throughline.workflows.language.expanded import Words, Workflow
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import Condition


def problems(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield stages without a proof, that nothing can prove, or that are proven by what proves another one."""
    for number, stage in enumerate(workflow.stages):
        yield from _provable(workflow, stage, ("stages", number), known)
    yield from _openable(workflow, known)
    yield from _same_proof(workflow)


def proof_of(stage: Words, number: int) -> Condition | None:
    """Return the proof of a stage as a condition; None if it has none, or the trigger proves it."""
    proof = stage.get("proof")
    if not isinstance(proof, Mapping) or not proof:
        return None
    return Condition(proof, ("stages", number, "proof"), "proof", stage.get("stage"))


def _provable(workflow: Workflow, stage: Words, place: Place, known: Known) -> Iterator[Problem]:
    name = stage.get("stage", "this stage")
    if "proof" not in stage:
        told = f"{name} has no proof: write what shows that it happened, or `like` a standard stage"
        if stage:
            yield Problem((*place, "proof"), told)
        return
    condition = proof_of(stage, int(place[1]))
    if condition is None:
        return
    if not _shows(condition):
        told = f"nothing would show that {name} happened: ask for a record (exists, count, sum, latest)"
        yield Problem(condition.place, told)
    elif known.carried is not None and (lacking := _lacking(workflow, condition, known)):
        told = (
            f"no feed of this practice can prove {name}: none brings {', '.join(sorted(lacking))}"
        )
        yield Problem(condition.place, f"{told}; connect one, or prove the stage by what there is")


def _shows(condition: Condition) -> bool:
    """Tell whether a condition that holds names a record that shows it. What could not be read might."""
    if not condition.words:
        return True
    if condition.leaf:
        most = condition.words.get("at_most")
        if condition.leaf == "none":
            return False
        return not (
            condition.leaf in ("count", "sum")
            and "at_least" not in condition.words
            and most is not None
        )
    if "not" in condition.words:
        return False
    parts = [_shows(part) for part in condition.parts()]
    return any(parts) if "all" in condition.words else bool(parts) and all(parts)


def _lacking(workflow: Workflow, condition: Condition, known: Known) -> set[str]:
    """Return the kinds without which a proof can never hold, and that no feed brings; empty if it can hold."""
    if condition.leaf:
        fact = workflow.facts.get(condition.fact or "")
        if fact is None or condition.leaf == "none":
            return set()
        return set(lacking(fact, known.carried or ()))
    found = [_lacking(workflow, part, known) for part in condition.parts()]
    if "all" in condition.words:
        return {kind for each in found for kind in each}
    if found and all(found):
        return {kind for each in found for kind in each}
    return set()


def _openable(workflow: Workflow, known: Known) -> Iterator[Problem]:
    after, each = workflow.opens.get("after"), workflow.opens.get("each")
    key, names = "after", after if isinstance(after, tuple) else (after,)
    if isinstance(each, Mapping):
        key, names = "each", (each.get("from"),)
    facts = [workflow.facts[name] for name in names if name in workflow.facts]
    if known.carried is None or not facts:
        return
    found = [lacking(fact, known.carried) for fact in facts]
    if all(found):
        told = ", ".join(sorted({kind for kinds in found for kind in kinds}))
        yield Problem(
            ("opens", key), f"no feed of this practice can open a case: none brings {told}"
        )


def _same_proof(workflow: Workflow) -> Iterator[Problem]:
    """Yield a stage that is proven by whatever proves an earlier one: nobody would ever be asked for it."""
    found = [(n, s, proof_of(s, n)) for n, s in enumerate(workflow.stages)]
    for number, stage, proof in found:
        for _, other, earlier in found[:number]:
            if proof is None or earlier is None or not implies(workflow, earlier, proof):
                continue
            told = (
                f"whatever proves {other.get('stage')} proves {stage.get('stage')}, too: nobody would ever be asked"
                " for it; ask for another record, or for one after the other (`from: {stage: 1 hours}`)"
            )
            yield Problem(proof.place, told)
            break

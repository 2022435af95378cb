"""Whether one condition surely holds whenever another one does: by what they say, whatever the records are."""

from __future__ import annotations

from typing import Any

from throughline.workflows.language.checks.windows import begins
from throughline.workflows.language.expanded import Words, Workflow, thawed
from throughline.workflows.language.lengths import is_after
from throughline.workflows.language.walk import Condition


def implies(workflow: Workflow, one: Condition, other: Condition) -> bool:
    """Tell whether one condition's holding surely means that another one holds. What cannot be known is not so."""
    if not one.words or not other.words:
        return False
    if "not" in one.words and "not" in other.words:
        (inner,), (of_other,) = one.parts(), other.parts()
        return implies(workflow, of_other, inner)
    if _is_either(one):
        return all(implies(workflow, part, other) for part in one.parts())
    if "all" in other.words:
        return all(implies(workflow, one, part) for part in other.parts())
    if _is_either(other):
        return any(implies(workflow, one, part) for part in other.parts())
    if "all" in one.words:
        return any(implies(workflow, part, other) for part in one.parts())
    if one.leaf and other.leaf:
        return _leaf_implies(workflow, one, other)
    return _of_the_case(workflow, one, other)


def _is_either(condition: Condition) -> bool:
    return "any" in condition.words or "first_of" in condition.words


def _of_the_case(workflow: Workflow, one: Condition, other: Condition) -> bool:
    """`stage` and `age`: the same stage in the same state in a wider window, and a wider span of years."""
    first, second = one.words, other.words
    if "stage" in first and "stage" in second:
        is_same = (first["stage"], first.get("is")) == (second["stage"], second.get("is"))
        return is_same and _holds(_bare(other), _bare(one), None)
    if "age" in first and "age" in second:
        young, old = first["age"], second["age"]
        at = [thawed(each.get("at", each["age"].get("at"))) for each in (first, second)]
        begins_in = "from" not in old or young.get("from", 0) >= old["from"]
        ends_in = "to" not in old or ("to" in young and young["to"] <= old["to"])
        return at[0] == at[1] and begins_in and ends_in
    return bool(thawed(first) == thawed(second))


def _bare(condition: Condition) -> tuple[Any, Any, Any]:
    """Return from, to and at as they are written."""
    words = condition.words
    return words.get("from"), words.get("to"), words.get("at")


def _leaf_implies(workflow: Workflow, one: Condition, other: Condition) -> bool:
    if "none" in (one.leaf, other.leaf):
        # nothing in a wider place means nothing in a narrower one
        return one.leaf == other.leaf and _reaches(workflow, one, other)
    if other.leaf == "exists":
        least = one.words.get("at_least", 1 if one.leaf in ("exists", "latest") else 0)
        return bool(least > 0) and _reaches(workflow, other, one)
    if one.leaf != other.leaf:
        return False
    if other.leaf == "count" and "at_most" not in other.words:
        distinct = [each.words.get("distinct") for each in (one, other)]
        is_counted_so = distinct[1] in (None, distinct[0])
        enough = one.words.get("at_least", 0) >= other.words.get("at_least", 0)
        return bool(is_counted_so and enough) and _reaches(workflow, other, one)
    return _says_more(one.words, other.words) and _is_the_same(workflow, one, other)


def _says_more(one: Words, other: Words) -> bool:
    """Tell whether bounds and codes of one leaf lie within another's."""
    least = "at_least" not in other or one.get("at_least", -1) >= other["at_least"]
    most = "at_most" not in other or ("at_most" in one and one["at_most"] <= other["at_most"])
    codes = set(one.get("is") or ()) <= set(other.get("is") or ())
    return bool(least and most and codes) and one.get("distinct") == other.get("distinct")


def _is_the_same(workflow: Workflow, one: Condition, other: Condition) -> bool:
    """Tell whether two leaves look at the very same records."""
    return _reaches(workflow, one, other) and _reaches(workflow, other, one)


def _reaches(workflow: Workflow, wide: Condition, narrow: Condition) -> bool:
    """Tell whether a leaf looks at every record that another one looks at: its fact, its links and its window."""
    same = thawed(wide.words.get("same"))
    if same is not None and not _links(same) <= _links(thawed(narrow.words.get("same"))):
        return False
    if not _means(workflow, wide.fact, narrow.fact):
        return False
    ends = [
        (begins(each, workflow), each.words.get("to"), each.words.get("at"))
        for each in (wide, narrow)
    ]
    return _holds(ends[0], ends[1], narrow.stage)


def _links(same: Any) -> set[str]:
    """Return the links of `same`, each with what it is shared with."""
    if isinstance(same, list):
        return {link for each in same for link in _links(each)}
    if isinstance(same, dict):
        return {f"{slot} of {stage}" for slot, stage in same.items()}
    return {f"{same} of trigger"} if same else set()


def _holds(wide: tuple[Any, Any, Any], narrow: tuple[Any, Any, Any], stage: str | None) -> bool:
    """Tell whether a window (from, to, at) surely holds another. One from a stage holds what proved that stage."""
    if thawed(wide[2]) != thawed(narrow[2]):
        return False
    start, begun, end, ended = wide[0], narrow[0], wide[1], narrow[1]
    is_at_its_start = start is None or thawed(start) == thawed(begun) or start == stage
    if not is_at_its_start and (begun is None or not is_after(begun, start)):
        return False
    if end is None or thawed(end) == thawed(ended):
        return True
    return ended is not None and is_after(end, ended)


def _means(workflow: Workflow, wide: str | None, narrow: str | None) -> bool:
    """Tell whether a named fact means every record that another one means."""
    if wide == narrow:
        return True
    all_of, some_of = workflow.fact(wide or ""), workflow.fact(narrow or "")
    if all_of is None or some_of is None:
        return False
    kinds = [_listed(each.get("kind", each.get("meaning"))) for each in (all_of, some_of)]
    if not kinds[1] or not kinds[1] <= kinds[0] or ("meaning" in all_of) != ("meaning" in some_of):
        return False
    if all_of.get("time") != some_of.get("time"):
        return False
    if "corrects" in all_of and not _means(workflow, all_of["corrects"], some_of.get("corrects")):
        return False
    if "status" in all_of and not (
        "status" in some_of and set(some_of["status"]) <= set(all_of["status"])
    ):
        return False
    return _codes_within(all_of.get("codes"), some_of.get("codes")) and all(
        _detail_within(wanted, (some_of.get("where") or {}).get(key))
        for key, wanted in (all_of.get("where") or {}).items()
    )


def _codes_within(wide: Any, narrow: Any) -> bool:
    if wide is None or thawed(wide) == thawed(narrow):
        return True
    lists = isinstance(wide, tuple) and isinstance(narrow, tuple)
    return lists and set(narrow) <= set(wide)


def _detail_within(wide: Any, narrow: Any) -> bool:
    if thawed(wide) == thawed(narrow):
        return True
    if narrow is None or hasattr(wide, "keys") or hasattr(narrow, "keys"):
        return False
    return _listed(narrow) <= _listed(wide)


def _listed(words: Any) -> set[Any]:
    return set(words) if isinstance(words, tuple) else {words} if words is not None else set()

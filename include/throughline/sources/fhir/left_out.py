"""Elements of a type that FHIR does not allow, on which little rests: they alone are not used, and counted."""

from __future__ import annotations

from throughline.sources.fhir.values import Contact, Resource


def ranks(resource: Resource) -> str | None:
    """Say that a telephone number or address has a rank that is no whole number (ContactPoint.rank)."""
    telecom: list[Contact] = getattr(resource, "telecom", [])
    for each in telecom:
        if each.rank is not None and type(each.rank) is not int:
            return "telecom_rank_not_used"
    return None


def orders(resource: Resource) -> str | None:
    """Say that a coverage has an order that is no whole number (Coverage.order)."""
    order = getattr(resource, "order", None)
    return None if order is None or type(order) is int else "coverage_order_not_used"

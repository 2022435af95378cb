"""QuestionnaireResponse: its answers by question; those in free text are left out."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from throughline.sources.fhir.resources.clinical.measured import Quantity, number
from throughline.sources.fhir.resources.clinical.told import ids, when
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Backbone,
    Coding,
    Identifier,
    Reference,
    Resource,
    local_day,
    subject,
    target,
)


class Answer(Backbone):
    """QuestionnaireResponse.item.answer; an answer may have further questions."""

    value_boolean: bool | None = None
    value_decimal: float | None = None
    value_integer: int | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    item: list[Item] = []


class Item(Backbone):
    """QuestionnaireResponse.item: a question, or a group of them."""

    link_id: str | None = None
    answer: list[Answer] = []
    item: list[Item] = []


class QuestionnaireResponse(Resource):
    """QuestionnaireResponse; `questionnaire` may have a version after a bar."""

    # of this type alone, the identifier is one and no list (FHIR R4); nothing reads it
    identifier: list[Identifier] = msgspec.field(default_factory=list, name="identifiers")
    status: str | None = None
    questionnaire: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    authored: str | None = None
    author: Reference | None = None
    based_on: list[Reference] = []
    item: list[Item] = []


def _response(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, QuestionnaireResponse)
    q = resource
    at, _, only_day = when(q.authored, settings.zone)
    return subject(q.subject), (
        settings.codes["questionnaire_response.status"](q.status),
        (q.questionnaire or "").partition("|")[0] or None,
        at,
        only_day,
        target(q.encounter, "Encounter"),
        target(q.author),
        ids(q.based_on),
    )


def _answered(items: list[Item]) -> Iterator[tuple[str, Answer]]:
    for item in items:
        for answer in item.answer:
            if item.link_id:
                yield item.link_id, answer
            yield from _answered(answer.item)
        yield from _answered(item.item)


def _answers(resource: Resource, settings: Settings) -> list[tuple[str, Values]]:
    assert isinstance(resource, QuestionnaireResponse)
    rows: list[tuple[str, Values]] = []
    for place, (link_id, a) in enumerate(_answered(resource.item), 1):
        quantity = a.value_quantity or Quantity()
        plain = a.value_decimal if a.value_integer is None else float(a.value_integer)
        value = number(quantity.value if plain is None else plain)
        coding = a.value_coding or Coding()
        code = coding.code if a.value_boolean is None else str(a.value_boolean).lower()
        on = local_day(a.value_date or a.value_date_time, settings.zone)
        if value is None and code is None and on is None:
            continue
        said = (
            resource.id,
            link_id,
            value,
            quantity.code or quantity.unit,
            coding.system,
            code,
            on,
        )
        rows.append((f"{resource.id}#{place}", said))
    return rows


KINDS = (
    Kind(
        "questionnaire_response",
        "QuestionnaireResponse",
        (
            "status",
            "questionnaire",
            "authored_at",
            "day_only",
            "encounter_id",
            "author_id",
            "orders",
        ),
        _response,
        msgspec.json.Decoder(QuestionnaireResponse),
        child_table="questionnaire_answer",
        child_columns=(
            "questionnaire_response_source_id",
            "link_id",
            "value",
            "unit",
            "value_system",
            "value_code",
            "value_on",
        ),
        children=_answers,
    ),
)

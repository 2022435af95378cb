"""The columns that a table can be mapped to are those of the warehouse, with their types."""

from __future__ import annotations

from throughline import warehouse
from throughline.sources import catalogue
from throughline.sources.table import COMMON
from throughline.sources.tabular.columns import BY_READER, COLUMNS, readable

TYPES = {
    "text": ("text",),
    "phone": ("text",),
    "date": ("date",),
    "moment": ("timestamp with time zone",),
    "money": ("numeric",),
    "number": ("integer", "bigint"),
    "flag": ("boolean",),
    "list": ("ARRAY",),
    "ids": ("jsonb",),
}
NOT_OF_A_TABLE = {
    # a table has one code a column, and says a day by its format
    "codings",
    "type_codings",
    "value_codings",
    "interpretation_codings",
    "conclusion_codings",
    "specialty_codings",
    "reason_codings",
    "not_done_value_set",
    "day_only",
    "identifiers",
    "said",
    "trigger_event",
    "adjustments",
    "unbalanced",
    "stated",
    "explained",
    "set_at",
    "set_stated",
    "set_explained",
    "interchange_control_number",
    "group_control_number",
    "transaction_control_number",
    # codes of EB01 and EB04 that nobody knows: a table says in words whether somebody is covered
    "benefit_code",
    "insurance_code",
}
"""What only the envelopes and structures of other standards have."""


def test_every_column_of_a_feed_can_be_mapped_with_its_type(conn: warehouse.Connection) -> None:
    for feed in sorted(readable()):
        for table in catalogue.entry(feed).tables:
            if table.name not in COLUMNS:
                continue
            there = warehouse.columns_of(conn, "staging", table.name)
            own = COLUMNS[table.name]
            named = {*own, *BY_READER.get(table.name, ()), *COMMON}
            assert set(there) - named <= NOT_OF_A_TABLE, table.name
            for name, column in own.items():
                assert there[name] in TYPES[column.type], f"{table.name}.{name}"

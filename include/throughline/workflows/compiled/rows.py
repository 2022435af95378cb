"""The tables of rules (`r_…` of sql/engine/rules.sql), in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from throughline.warehouse.connection import Connection

COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "version": "version_id workflow version activated_at is_for_all period period_days period_fact_id known_number"
        " known_unit"
        " once_per once_number once_unit has_wait due_day_level unless_id population_id has_bills dated_id dated_stage"
        " only_if_id has_unnamed charges_id bills_level",
        "trigger": "version_id position named_fact_id",
        "wait": "version_id position when_id moment_id",
        "named_fact": "named_fact_id said kinds statuses time corrects_id has_codes is_about_cases",
        "fact_code": "named_fact_id system code",
        "fact_detail": "named_fact_id key how negated words above below at_least at_most unit",
        "moment": "moment_id version_id level anchor stage_no named_fact_id period number unit is_clock",
        "soonest": "moment_id position part_id",
        "same": "owner_id slot stage_no is_period",
        "condition": "condition_id version_id stage_no decides level depth op named_fact_id from_id to_id at_id"
        " starts_at_trigger ends_at_trigger clock_stage at_least at_most counts takes_unclear takes_known"
        " is_about_cases of_stage is_word age_from age_to",
        "part": "condition_id position part_id",
        "latest_code": "condition_id system code",
        "stage": "version_id stage_no stage standard is_trigger proof_id met_by_id skips_when_id has_due has_pauses"
        " is_claim task_kind attempts every_number every_unit from_id by_id proof_level skip_level clock_level"
        " late_level time_level",
        "due": "version_id stage_no position when_id moment_id",
        "pause": "version_id stage_no condition_id",
        "otherwise": "version_id stage_no position when_id exception closes wait_id",
        "escalation": "version_id stage_no position number unit told",
        "end": "version_id position reason when_id until_stage status bars level",
        "block": "version_id position when_id tasks exception wait_id",
        "bill": "version_id line position code is_named when_id add_code add_each add_above add_at_most sum_id",
        "excluded": "version_id line position condition_id from_day to_day",
        "own_code": "version_id code",
        "exception": "reason number unit",
        "season": "name first_day last_day",
    }.items()
}
"""The columns of each table, in its order."""


@dataclass
class Rows:
    """Rows by table, each a mapping by column; what is left out is null. One object holds all versions of a night."""

    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in COLUMNS}
    )
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Ids of conditions and moments, which `r_same` tells apart by nothing else."""
    named: dict[str, int] = field(default_factory=dict)
    """Named facts by what they say: all workflows share them."""

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Add a row and return it: what is found out later is filled in. Raises `KeyError` for a strange column."""
        strange = values.keys() - set(COLUMNS[table])
        if strange:
            raise KeyError(f"r_{table} has no {', '.join(sorted(strange))}")
        self.tables[table].append(values)
        return values

    def write(self, conn: Connection) -> None:
        """Copy all rows into the tables that sql/engine/rules.sql made. Does not commit."""
        for name, columns in COLUMNS.items():
            rows = self.tables[name]
            if not rows:
                continue
            with conn.cursor() as cursor:
                said = f"copy r_{name} ({', '.join(columns)}) from stdin"
                with cursor.copy(said.encode()) as copy:
                    for row in rows:
                        copy.write_row([row.get(column) for column in columns])
            conn.execute(f"analyze r_{name}".encode())

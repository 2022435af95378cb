"""The code maps of `include/definitions/`, put where SQL can read them."""

from __future__ import annotations

from pathlib import Path

from throughline.vocabulary import DEFINITIONS, read
from throughline.warehouse import Connection


def code_rows(definitions: Path = DEFINITIONS) -> list[tuple[str, str, str, str]]:
    """Return the rows of `evidence.code_map`: (map, system or '', code, meaning)."""
    codes = read(definitions / "codes.yaml").data
    payers = read(definitions / "payers.yaml").data
    rows = [
        (name, "" if system == "any" else system, str(code), str(value))
        for name, systems in codes.items()
        for system, pairs in systems.items()
        for code, value in pairs.items()
    ]
    rows += [
        ("payer_class_by_type", "", str(code), value)
        for code, value in payers["classes_by_sopt"].items()
    ]
    rows += [
        ("payer_class_by_filing", "", str(code), value)
        for code, value in payers["classes_by_filing"].items()
    ]
    rows += [
        ("payer_class_by_payer", "", payer_id, payer["payer_class"])
        for payer_id, payer in payers["payers"].items()
    ]
    return rows


def register_codes(conn: Connection) -> int:
    """Make `evidence.code_map` what the definitions say; returns how many rows changed.

    Does not commit.
    """
    with conn.cursor() as cursor:
        cursor.execute("create temp table wanted_code (like evidence.code_map) on commit drop")
        with cursor.copy("copy wanted_code (map, system, code, value) from stdin") as copy:
            for row in code_rows():
                copy.write_row(row)
        cursor.execute(
            "delete from evidence.code_map as m where not exists ("
            " select from wanted_code as w"
            " where (w.map, w.system, w.code, w.value) = (m.map, m.system, m.code, m.value))"
        )
        gone = cursor.rowcount
        cursor.execute(
            "insert into evidence.code_map (map, system, code, value)"
            " select map, system, code, value from wanted_code on conflict do nothing"
        )
        new = cursor.rowcount
        cursor.execute("drop table wanted_code")
    return gone + new

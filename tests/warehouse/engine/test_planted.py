"""The list of planted faults fits the engine as it is, and the comparison finds what is planted."""

from __future__ import annotations

import pytest

from stack import postgres
from tests.warehouse.engine.batches import compare
from tests.warehouse.engine.planted import Fault, faults, planted
from throughline import warehouse
from throughline.warehouse import sql


@pytest.mark.parametrize("fault", faults(), ids=str)
def test_each_fault_stands_once_where_it_is_planted(fault: Fault) -> None:
    text = "\n".join(sql.statements(fault.path))
    assert text.count(fault.right) == 1
    assert fault.wrong != fault.right


def test_there_are_forty_and_more() -> None:
    assert len(set(faults())) >= 40


@pytest.mark.nights
def test_a_planted_fault_is_found_and_taken_out_again(warehouse_server: postgres.Server) -> None:
    with warehouse.connect(warehouse_server.dsn()) as conn:
        with planted(next(each for each in faults() if each.file == "conditions/moments")):
            assert compare(conn, 0, 4, 20).differences
        assert not compare(conn, 0, 4, 20).differences

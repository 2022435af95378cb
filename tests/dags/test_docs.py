"""The generated table of DAGs is what the DAGs say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


def test_the_page_of_dags_has_not_drifted(dag_bag: DagBag) -> None:
    from throughline.orchestration import dag_table

    wanted = dag_table.render(dag_bag.dags)
    assert dag_table.TARGET.read_text(encoding="utf-8") == wanted, "run `make docs`"

"""The generated table of DAGs is what the DAGs say."""

from __future__ import annotations


def test_the_page_of_dags_has_not_drifted(dag_bag):
    from throughline.orchestration import dag_table

    assert dag_table.TARGET.read_text(encoding="utf-8") == dag_table.render(dag_bag.dags)

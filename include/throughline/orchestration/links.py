"""Links from a run in Airflow to the pages it wrote, which the operations plugin serves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

PREFIX = "/throughline/"
"""Where `plugins/operations_pages.py` serves the folder of pages."""


def address_of_page(path: str) -> str:
    """Return the address of a page relative to Airflow's host, so it works under any host name."""
    base = str(conf.get("api", "base_url", fallback="/"))
    return urlsplit(base).path.rstrip("/") + PREFIX + path


class DataDocs(BaseOperatorLink):
    """Links a gate to its night's Data Docs; there is no link if nothing of its source failed."""

    name = "Data Docs"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address of the night's Data Docs; Airflow calls this after the task has ended."""
        from throughline.orchestration.addresses import data_docs_root
        from throughline.quality import docs

        seq = ti_key.xcom_pull(task_ids="open_night")
        folder = data_docs_root()
        if seq is None or not docs.pages(folder, seq, operator.task_group.group_id):
            return ""
        return address_of_page(f"{folder.name}/{docs.folder_of(seq)}/{docs.INDEX}")

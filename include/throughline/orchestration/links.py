"""Links from a run in Airflow to the pages that it wrote, which the plugin of the pages serves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

PREFIX = "/throughline/"
"""Where `plugins/operations_pages.py` serves the folder of pages."""


def address_of_page(path: str) -> str:
    """Return the address of a page below the host of Airflow, whatever name a reader knows it by."""
    base = str(conf.get("api", "base_url", fallback="/"))
    return urlsplit(base).path.rstrip("/") + PREFIX + path


class DataDocs(BaseOperatorLink):
    """From a gate to the counts of what failed in its night; none where nothing of its source did."""

    name = "Data Docs"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address of the night's Data Docs; Airflow asks for it when the task has ended."""
        from throughline.orchestration.addresses import data_docs_root
        from throughline.quality import docs

        seq = ti_key.xcom_pull(task_ids="open_night")
        folder = data_docs_root()
        if seq is None or not docs.pages(folder, seq, operator.task_group.group_id):
            return ""
        return address_of_page(f"{folder.name}/{docs.folder_of(seq)}/{docs.INDEX}")

"""One DagBag for the tier; Airflow's home is a temporary folder and no database is asked."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).resolve().parents[2]

# Set before anything imports Airflow, which reads them once.
AIRFLOW_HOME = tempfile.mkdtemp(prefix="throughline-airflow-")
os.environ["AIRFLOW_HOME"] = AIRFLOW_HOME
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "dags")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(ROOT / "plugins")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ.pop("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC", None)


@pytest.fixture(scope="session")
def dag_bag() -> DagBag:
    """All DAGs of the project, parsed once."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(ROOT / "dags"))


@pytest.fixture(scope="session")
def metadata() -> None:
    """Make Airflow's own database: a file in its temporary home."""
    from airflow.utils.db import initdb

    initdb()


def pytest_unconfigure() -> None:
    """Remove the Airflow home of this process."""
    shutil.rmtree(AIRFLOW_HOME, ignore_errors=True)

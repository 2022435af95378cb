"""The PostgreSQL warehouse: connections, migrations, the files of `sql/`, and the ledger of nights."""

from throughline.warehouse.columns import columns_of
from throughline.warehouse.connection import CONNECT_TIMEOUT_S, Connection, connect, settings
from throughline.warehouse.disk import DiskFullError
from throughline.warehouse.ids import derive
from throughline.warehouse.migrations import migrate
from throughline.warehouse.statistics import refresh_statistics
from throughline.warehouse.steps import Step, step

__all__ = [
    "CONNECT_TIMEOUT_S",
    "Connection",
    "DiskFullError",
    "Step",
    "columns_of",
    "connect",
    "derive",
    "migrate",
    "refresh_statistics",
    "settings",
    "step",
]

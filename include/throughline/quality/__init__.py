"""Gates, quarantine, and the loading of what passed."""

from throughline.quality.balance import StagingLost
from throughline.quality.expectations import GateBroken
from throughline.quality.gates import Verdict, gate
from throughline.quality.load import Counts, UnknownBatch, feed_of, load, released
from throughline.quality.refused import kept_decisions, notice_files
from throughline.quality.withdraw import has_rejected, withdraw

__all__ = [
    "Counts",
    "GateBroken",
    "StagingLost",
    "UnknownBatch",
    "Verdict",
    "feed_of",
    "gate",
    "has_rejected",
    "kept_decisions",
    "load",
    "notice_files",
    "released",
    "withdraw",
]

"""Gates and quarantine, and the load of what passed."""

from throughline.quality.decide import decide_batch, decide_row
from throughline.quality.gates import Verdict, gate, warm_up
from throughline.quality.load import Counts, StagingLost, load

__all__ = [
    "Counts", "StagingLost", "Verdict", "decide_batch", "decide_row", "gate", "load", "warm_up",
]
